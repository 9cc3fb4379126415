<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

/** The source tree, whose files every SDK's tests read. */
final class Tree
{
    public static function path(string $path): string
    {
        return dirname(__DIR__, 3) . "/$path";
    }

    /** @return array<array-key, mixed> */
    public static function json(string $path): array
    {
        return json_decode((string) file_get_contents(self::path($path)), true, 512, JSON_THROW_ON_ERROR);
    }
}
