<?php

/** Prints PHPUnit's totals as every SDK's tests do. Reads the JUnit file that it wrote, and the status with which it ended. */

declare(strict_types=1);

[, $file, $status] = $argv;
$written = @simplexml_load_file($file);
$count = static fn (string $name): int => $written === false ? 0 : (int) $written->testsuite[$name];
$failed = $count('failures') + $count('errors');
$passed = $count('tests') - $failed - $count('skipped');
if ($failed === 0 && ($written === false || (int) $status !== 0)) {
    echo "PHPUnit ended with status $status, and no test has failed: it was stopped, it crashed, or a test is risky\n";
    $failed = 1;
}
echo "$passed passed, $failed failed\n";
exit($failed > 0 ? 1 : 0);
