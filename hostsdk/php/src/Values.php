<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A context's values in the form that the engine reads, packed.
 *
 * The mapping is the same in every SDK (hostsdk/README.md, "Contexts"): a float without a fraction within ±2^53 is an
 * integer, an integer beyond 64 bits keeps its digits, what isn't valid Unicode becomes U+FFFD, a time is ISO 8601 in
 * UTC, and what has no place among the engine's values is null.
 *
 * @internal
 */
final class Values
{
    public const EXACT = 9007199254740992; // 2^53: up to here a float holds every integer
    public const MAX_ATTRIBUTES = 256; // of a request, by the module's ABI
    private const MAX_DEPTH = 16; // of lists and maps in one another
    private const MAX_DIGITS = 39_000; // of an integer: comparing more takes time that grows with their square
    public const MAX_LISTED = 100_000; // groups and attributes of a context, and values in one attribute: an iterator may have no end

    private const NULL = "\xc0";

    /** Matches a character of valid UTF-8 and skips it, or one byte that begins none. */
    private const INVALID = '/(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}'
        . '|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})'
        . '(*SKIP)(*FAIL)|./s';

    /** The text itself, or with U+FFFD in place of each byte that isn't valid Unicode. */
    public static function text(string $text): string
    {
        if (preg_match('//u', $text) === 1) {
            return $text;
        }
        return preg_replace(self::INVALID, "\u{FFFD}", $text) ?? throw new \RuntimeException(preg_last_error_msg());
    }

    /** The decimal digits of an integer that isn't PHP's own; null if the value is none. */
    public static function digits(object $value): ?string
    {
        $digits = match (true) {
            $value instanceof BigInteger => $value->digits,
            $value instanceof \GMP => gmp_strval($value),
            default => null,
        };
        return $digits !== null && strlen($digits) > self::MAX_DIGITS ? null : $digits;
    }

    /** The text of a UUID of one of the libraries that people use; null if the value is none. */
    public static function uuid(object $value): ?string
    {
        return match (true) {
            $value instanceof \Ramsey\Uuid\UuidInterface => $value->toString(),
            $value instanceof \Symfony\Component\Uid\AbstractUid => $value->toRfc4122(),
            default => null,
        };
    }

    /** An attribute's value, packed. */
    public static function pack(mixed $value): string
    {
        $left = self::MAX_LISTED;
        return self::packed($value, 0, $left);
    }

    private static function packed(mixed $value, int $depth, int &$left): string
    {
        return match (true) {
            is_string($value) => Msgpack::text(self::text($value)),
            is_int($value) => Msgpack::integer($value),
            $value === null => self::NULL,
            is_bool($value) => $value ? "\xc3" : "\xc2",
            is_float($value) => self::number($value),
            is_array($value) => array_is_list($value) ? self::list($value, $depth, $left) : self::map($value, $depth, $left),
            is_object($value) => self::object($value, $depth, $left),
            default => self::NULL, // a resource
        };
    }

    private static function number(float $value): string
    {
        return match (true) {
            !is_finite($value) => self::NULL,
            abs($value) <= self::EXACT && floor($value) === $value => Msgpack::integer((int) $value),
            default => Msgpack::float($value),
        };
    }

    /** @param array<array-key, mixed> $items */
    private static function spend(array $items, int &$left): void
    {
        $left -= count($items);
        if ($left < 0) {
            throw new ContextError('an attribute has more than ' . self::MAX_LISTED . ' values');
        }
    }

    /** @param list<mixed> $items */
    private static function list(array $items, int $depth, int &$left): string
    {
        if ($depth >= self::MAX_DEPTH) {
            return self::NULL;
        }
        self::spend($items, $left);
        $packed = Msgpack::arrayOf(count($items));
        foreach ($items as $item) {
            $packed .= self::packed($item, $depth + 1, $left);
        }
        return $packed;
    }

    /** @param array<array-key, mixed> $items PHP makes an integer of a name that is digits */
    private static function map(array $items, int $depth, int &$left): string
    {
        if ($depth >= self::MAX_DEPTH) {
            return self::NULL;
        }
        self::spend($items, $left);
        $packed = [];
        foreach ($items as $name => $item) {
            $packed[self::text((string) $name)] = self::packed($item, $depth + 1, $left);
        }
        ksort($packed, SORT_STRING);
        $written = Msgpack::mapOf(count($packed));
        foreach ($packed as $name => $item) {
            $written .= Msgpack::text((string) $name) . $item;
        }
        return $written;
    }

    private static function object(object $value, int $depth, int &$left): string
    {
        if ($value instanceof \BackedEnum) {
            return self::packed($value->value, $depth, $left);
        }
        if ($value instanceof \DateTimeInterface) {
            return Msgpack::text(self::moment($value));
        }
        if ($value instanceof \stdClass) {
            return self::map((array) $value, $depth, $left);
        }
        if (($digits = self::digits($value)) !== null) {
            $small = filter_var($digits, FILTER_VALIDATE_INT);
            return $small === false ? Msgpack::bigInteger($digits) : Msgpack::integer($small);
        }
        $uuid = self::uuid($value);
        return $uuid === null ? self::NULL : Msgpack::text($uuid);
    }

    /** ISO 8601 in UTC, without trailing zeros. */
    private static function moment(\DateTimeInterface $time): string
    {
        $utc = \DateTimeImmutable::createFromInterface($time)->setTimezone(new \DateTimeZone('UTC'));
        $fraction = rtrim($utc->format('u'), '0');
        return $utc->format('Y-m-d\TH:i:s') . ($fraction === '' ? '' : ".$fraction") . 'Z';
    }
}
