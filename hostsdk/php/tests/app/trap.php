<?php

/** A program of the tests whose engine stops now and then: prints its answers and its figures as JSON. */

declare(strict_types=1);

use Gonfalon\Gonfalon;

require dirname(__DIR__, 2) . '/autoload.php';
error_reporting(E_ALL);
ini_set('error_log', '/dev/null');

$flags = $argv[1] === 'shared' ? new Gonfalon(lastGood: $argv[2]) : new Gonfalon(bootstrap: file_get_contents($argv[2]));
$answers = [];
for ($i = 0; $i < 40; $i++) {
    $answers[] = $flags->enabled('staff', 'user:42', ['staff']);
    $answers[] = $flags->decide('staff', 'user:42', ['staff'])->enabled;
}
echo json_encode([count(array_filter($answers)), $flags->stats()->traps, $flags->stats()->broken]);
