<?php

/**
 * Loads the SDK and the engine once, for all requests:
 *
 *     opcache.preload = /…/vendor/gonfalon/gonfalon/preload.php
 *     ffi.preload = /…/vendor/gonfalon/gonfalon/native/libgonfalon-php.h    ; where opcache.preload_user is set, too
 *
 * With GONFALON_LAST_GOOD in the environment of the master process, and without opcache.preload_user, the snapshot is
 * loaded here as well, and all workers share its memory until it changes.
 */

declare(strict_types=1);

use Gonfalon\Instance;
use Gonfalon\Library;
use Gonfalon\RegularFile;

require __DIR__ . '/autoload.php';

foreach (glob(__DIR__ . '/src/{*,Net/*,Source/*}.php', GLOB_BRACE) as $file) {
    $name = strtr(substr($file, strlen(__DIR__ . '/src/'), -strlen('.php')), '/', '\\');
    class_exists("Gonfalon\\$name") || interface_exists("Gonfalon\\$name");
}
Library::preload();
$lastGood = getenv('GONFALON_LAST_GOOD');
if ($lastGood !== false && $lastGood !== '') {
    try {
        Instance::open(RegularFile::absolute($lastGood));
    } catch (RuntimeException $error) {
        error_log("gonfalon: $lastGood isn't preloaded: {$error->getMessage()}");
    }
}
