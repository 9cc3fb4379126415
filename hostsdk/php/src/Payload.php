<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A variant's payload as the type that a program asks for; the default, as that type, if it is of another one.
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

    public static function bool(Decision $decision, mixed $default): bool
    {
        $value = $decision->payload();
        return is_bool($value) ? $value : (bool) $default;
    }

    public static function string(Decision $decision, mixed $default): string
    {
        $value = $decision->payload();
        return is_string($value) ? $value : (is_scalar($default) ? (string) $default : '');
    }

    /** A number without a fraction within ±2^53, where integers and floats agree in every language. */
    public static function int(Decision $decision, mixed $default): int
    {
        $value = $decision->payload();
        return match (true) {
            is_int($value) => $value,
            is_float($value) && floor($value) === $value && abs($value) < Values::EXACT => (int) $value,
            default => is_scalar($default) ? (int) $default : 0,
        };
    }

    public static function float(Decision $decision, mixed $default): float
    {
        $value = $decision->payload();
        return (is_int($value) || is_float($value)) && is_finite((float) $value)
            ? (float) $value
            : (is_scalar($default) ? (float) $default : 0.0);
    }

    /** @return array<array-key, mixed> */
    public static function object(Decision $decision, mixed $default): array
    {
        $value = $decision->payload();
        return is_array($value) ? $value : (is_array($default) ? $default : []); // canonical payloads are no lists
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
