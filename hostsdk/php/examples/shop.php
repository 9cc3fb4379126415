<?php

/**
 * A shop whose checkout is behind a flag.
 *
 * Start the control plane with `make run` at the root, build the engine's library with bin/gonfalon-build, and then,
 * with the token that it shows:
 *
 *     GONFALON_TOKEN=gfn_admin_… php -d ffi.enable=1 -S 127.0.0.1:8000 examples/shop.php
 *
 *     curl '127.0.0.1:8000/checkout?user=user:3&group=staff'
 *     curl '127.0.0.1:8000/flags?user=user:3'
 *     curl '127.0.0.1:8000/why/new_checkout?user=user:3'
 */

declare(strict_types=1);

use Gonfalon\Context;
use Gonfalon\Decision;
use Gonfalon\Gonfalon;

require dirname(__DIR__) . '/autoload.php'; // with Composer: vendor/autoload.php

// One client a request. All requests of the host share the file.
$flags = new Gonfalon(
    getenv('GONFALON_ENDPOINT') ?: 'http://127.0.0.1:8080',
    lastGood: getenv('GONFALON_LAST_GOOD') ?: sys_get_temp_dir() . '/shop-flags',
);

$who = new Context(
    $_GET['user'] ?? 'user:3',
    groups: $_GET['group'] ?? null,
    attributes: array_filter(['plan' => $_GET['plan'] ?? null]),
);
$path = (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

header('Content-Type: application/json');
if ($path === '/checkout') {
    // The decision is made here, in memory.
    echo json_encode(['checkout' => $flags->enabled('new_checkout', $who) ? 'new' : 'old', 'state' => $flags->state()->value]), "\n";
} elseif ($path === '/flags') {
    $told = static fn (Decision $d): array => ['key' => $d->key, 'enabled' => $d->enabled, 'variant' => $d->variant, 'reason' => $d->reason];
    echo json_encode(array_map($told, $flags->decideAll($who))), "\n";
} elseif (str_starts_with($path, '/why/')) {
    header('Content-Type: text/plain; charset=utf-8');
    echo $flags->explain(rawurldecode(substr($path, 5)), $who), "\n";
} else {
    http_response_code(404);
}
