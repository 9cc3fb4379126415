<?php

declare(strict_types=1);

require dirname(__DIR__) . '/autoload.php';

spl_autoload_register(static function (string $class): void {
    $path = __DIR__ . '/' . strtr(substr($class, strlen('Gonfalon\\Tests\\')), '\\', '/') . '.php';
    if (str_starts_with($class, 'Gonfalon\\Tests\\') && is_file($path)) {
        require $path;
    }
});
spl_autoload_register(static function (string $class): void { // Debian's php-psr-*
    $path = str_starts_with($class, 'Psr\\') ? stream_resolve_include_path(strtr($class, '\\', '/') . '.php') : false;
    if ($path !== false) {
        require $path;
    }
});
require __DIR__ . '/Uuid.php';
