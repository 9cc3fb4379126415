<?php

/**
 * A worker that runs for long: it follows the control plane's stream, and takes what has come between two jobs.
 *
 *     GONFALON_TOKEN=gfn_admin_… php -d ffi.enable=1 examples/worker.php
 */

declare(strict_types=1);

use Gonfalon\FlagsChanged;
use Gonfalon\Gonfalon;

require dirname(__DIR__) . '/autoload.php'; // with Composer: vendor/autoload.php

$flags = new Gonfalon(getenv('GONFALON_ENDPOINT') ?: 'http://127.0.0.1:8080', stream: true);
$flags->subscribe(static function (object $event): void {
    if ($event instanceof FlagsChanged) {
        echo 'changed: ', implode(' ', $event->flags), "\n";
    }
});
for ($job = 0; $job < (int) ($argv[1] ?? 100); $job++) {
    $flags->tick();
    echo "job $job goes to the ", $flags->enabled('new_checkout', "user:$job") ? 'new' : 'old', " checkout\n";
    usleep(100_000);
}
