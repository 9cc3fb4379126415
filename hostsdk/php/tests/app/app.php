<?php

/** A web request of the tests: makes a client as it is asked to, and answers as JSON what that found. */

declare(strict_types=1);

use Gonfalon\Gonfalon;
use Gonfalon\Pace;

if (!class_exists(Gonfalon::class)) {
    require dirname(__DIR__, 2) . '/autoload.php';
}
$begun = hrtime(true);
$options = json_decode(urldecode($_SERVER['QUERY_STRING']), true);
$flags = new Gonfalon(...['pace' => new Pace(...$options['pace'] ?? [])] + $options);
register_shutdown_function(static function () use ($flags, $begun): void { // also after the client has registered its own
    echo json_encode([
        'a' => $flags->enabled('a'),
        'state' => $flags->state()->value,
        'revision' => $flags->info()?->revision,
        'seconds' => (hrtime(true) - $begun) / 1e9,
        'process' => getmypid(),
    ]);
});
