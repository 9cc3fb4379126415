<?php

/** Prints PHPUnit's totals as every SDK's tests do; reads a JUnit file. */

declare(strict_types=1);

$total = simplexml_load_file($argv[1])->testsuite;
$failed = (int) $total['failures'] + (int) $total['errors'];
echo (int) $total['tests'] - $failed - (int) $total['skipped'], " passed, $failed failed\n";
exit($failed > 0 ? 1 : 0);
