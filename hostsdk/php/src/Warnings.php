<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * PHP's warnings, kept from a program's error handler.
 *
 * @internal
 */
final class Warnings
{
    /**
     * Does something of which PHP may warn. A program's error handler hears of no warning, also one that doesn't look at
     * what `@` says.
     *
     * @template T
     * @param \Closure(): T $do
     * @return T
     */
    public static function without(\Closure $do, ?string &$warning = null): mixed
    {
        set_error_handler(static function (int $level, string $message) use (&$warning): bool {
            $warning = $message;
            return true;
        });
        try {
            return $do();
        } finally {
            restore_error_handler();
        }
    }
}
