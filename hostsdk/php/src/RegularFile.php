<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A file at a path that a program gives. Only a regular file is opened, read or replaced: a pipe keeps a request
 * waiting, and a device or a folder isn't ours.
 *
 * @internal
 */
final class RegularFile
{
    private const KIND = 0170000;
    private const REGULAR = 0100000;
    private const WORDS = [
        0010000 => 'a pipe', 0020000 => 'a device', 0040000 => 'a folder', 0060000 => 'a device', 0140000 => 'a socket',
    ];

    /** The path from the root on, so that it is no stream of PHP's, and the same in a shutdown function. */
    public static function absolute(string $path): string
    {
        return str_starts_with($path, '/') ? $path : getcwd() . "/$path";
    }

    /** Why there can't be a regular file at a path; null if there is one, or nothing. */
    public static function trouble(string $path): ?string
    {
        if (str_contains($path, "\0")) {
            return 'the path has a NUL byte';
        }
        clearstatcache(true, $path);
        if (!file_exists($path)) { // unlike stat(), it warns of nothing
            return is_link($path) ? 'it is a link to nothing' : null;
        }
        $kind = (fileperms($path) ?: 0) & self::KIND;
        return $kind === self::REGULAR ? null : 'it is ' . (self::WORDS[$kind] ?? 'no file');
    }

    /**
     * Opens a regular file, by a mode of fopen. Null if that can't be.
     *
     * @return resource|null
     */
    public static function open(string $path, string $mode): mixed
    {
        if (self::trouble($path) !== null) {
            return null;
        }
        $file = Warnings::without(static fn (): mixed => fopen($path, "{$mode}n")); // without waiting, if it has become a pipe since
        if ($file === false) {
            return null;
        }
        if (((fstat($file)['mode'] ?? 0) & self::KIND) !== self::REGULAR) {
            fclose($file);
            return null;
        }
        return $file;
    }

    /** The first bytes of a regular file; null if there is none that can be read. */
    public static function read(string $path, int $most): ?string
    {
        $file = is_file($path) ? self::open($path, 'rb') : null;
        if ($file === null) {
            return null;
        }
        $bytes = stream_get_contents($file, $most);
        fclose($file);
        return is_string($bytes) ? $bytes : null;
    }
}
