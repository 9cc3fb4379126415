<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

/** A folder for one test. */
final class Folder
{
    public readonly string $path;

    public function __construct()
    {
        $this->path = sys_get_temp_dir() . '/gonfalon-php-' . bin2hex(random_bytes(6));
        mkdir($this->path);
        chmod($this->path, 0777);
    }

    /** A new folder inside. */
    public function made(): string
    {
        $path = "$this->path/" . bin2hex(random_bytes(4));
        mkdir($path);
        chmod($path, 0777);
        return $path;
    }

    public function __destruct()
    {
        exec('rm -rf ' . escapeshellarg($this->path));
    }
}
