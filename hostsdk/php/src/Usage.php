<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * How often flags were evaluated: key → how often, and how often it was on.
 *
 * @internal
 */
final class Usage
{
    /**
     * @param array<array-key, array{int, int}> $into
     * @param array<array-key, array{int, int}> $usage
     * @return array<array-key, array{int, int}>
     */
    public static function merge(array $into, array $usage): array
    {
        foreach ($usage as $key => [$count, $on]) {
            $known = $into[$key] ?? [0, 0];
            $into[$key] = [$known[0] + $count, $known[1] + $on];
        }
        return $into;
    }
}
