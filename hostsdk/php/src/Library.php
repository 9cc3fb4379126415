<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The engine's C library, as PHP's FFI calls it. bin/gonfalon-build makes it; preload.php loads it once for all
 * requests.
 *
 * @internal
 */
final class Library
{
    private const SCOPE = 'GONFALON';

    private static ?\FFI $ffi = null;

    /** The library, opened at the first call of a request. @throws \RuntimeException if it can't be opened */
    public static function ffi(): \FFI
    {
        if (self::$ffi === null) {
            self::$ffi = self::open();
            self::$ffi->gonfalon_shared_begin();
        }
        return self::$ffi;
    }

    /** Loads the library for all requests to come, unless ffi.preload has. Only opcache.preload may call it. */
    public static function preload(): void
    {
        if (ini_get('ffi.preload') === '' || ini_get('ffi.preload') === false) {
            \FFI::load(self::found(self::header(self::path())));
        }
    }

    /** Where the header for ffi.preload is, of a library at a path. */
    public static function header(string $path): string
    {
        return preg_replace('/\.so$/D', '', $path) . '.h';
    }

    /** Where the library is: GONFALON_LIBRARY, or where bin/gonfalon-build puts it. */
    public static function path(): string
    {
        $set = getenv('GONFALON_LIBRARY');
        return $set === false || $set === '' ? dirname(__DIR__) . '/native/libgonfalon-php.so' : $set;
    }

    private static function open(): \FFI
    {
        if (!extension_loaded('ffi')) {
            throw new \RuntimeException("gonfalon needs PHP's extension FFI");
        }
        try {
            return \FFI::scope(self::SCOPE);
        } catch (\FFI\Exception $error) {
            if (str_contains($error->getMessage(), 'restricted')) {
                throw new \RuntimeException(
                    "PHP's FFI is restricted to preloaded files: preload gonfalon as its README says, or set ffi.enable to true",
                    0,
                    $error,
                );
            }
        }
        try {
            return \FFI::cdef(self::declarations(), self::found(self::path()));
        } catch (\FFI\Exception $error) {
            throw new \RuntimeException('the library ' . self::path() . " can't be opened: {$error->getMessage()}", 0, $error);
        }
    }

    private static function found(string $path): string
    {
        $real = realpath($path);
        if ($real === false) {
            throw new \RuntimeException("there is no $path: run vendor/bin/gonfalon-build, or set GONFALON_LIBRARY");
        }
        return $real;
    }

    private static function declarations(): string
    {
        return (string) file_get_contents(dirname(__DIR__) . '/native/declarations.h');
    }
}
