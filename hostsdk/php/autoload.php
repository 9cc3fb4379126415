<?php

/** Loads the package's classes without Composer. */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Gonfalon\\')) {
        $path = __DIR__ . '/src/' . strtr(substr($class, 9), '\\', '/') . '.php';
        if (is_file($path)) {
            require $path;
        }
    }
});
