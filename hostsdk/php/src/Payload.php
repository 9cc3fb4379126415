<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A variant's payload, and what it is as the type that a program asks for: null if it is of another one.
 *
 * @internal
 */
final class Payload
{
    /** The value of canonical JSON; null if there is none, or it can't be read. */
    public static function read(string $json): mixed
    {
        return self::inexact(json_decode($json, true));
    }

    public static function bool(Decision $decision): ?bool
    {
        $value = $decision->payload();
        return is_bool($value) ? $value : null;
    }

    public static function string(Decision $decision): ?string
    {
        $value = $decision->payload();
        return is_string($value) ? $value : null;
    }

    /** A number without a fraction within ±2^53, where integers and floats agree in every language. */
    public static function int(Decision $decision): ?int
    {
        $value = $decision->payload();
        return match (true) {
            is_int($value) => $value,
            is_float($value) && floor($value) === $value && abs($value) < Values::EXACT => (int) $value,
            default => null,
        };
    }

    public static function float(Decision $decision): ?float
    {
        $value = $decision->payload();
        return (is_int($value) || is_float($value)) && is_finite((float) $value) ? (float) $value : null;
    }

    /** @return array<array-key, mixed>|null */
    public static function object(Decision $decision): ?array
    {
        $value = $decision->payload();
        return is_array($value) ? $value : null; // canonical payloads are no lists
    }

    /** Makes floats of integers beyond ±2^53, wherever they are. */
    private static function inexact(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map(self::inexact(...), $value);
        }
        return is_int($value) && ($value > Values::EXACT || $value < -Values::EXACT) ? (float) $value : $value;
    }
}
