<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The msgpack that goes to the engine and comes from it. Values must be in the engine's form already (see Values).
 *
 * @internal
 */
final class Msgpack
{
    private const DEEPEST = 512; // arrays and maps in one another: nothing that the engine accepts is as deep

    private int $at = 0;

    private function __construct(private readonly string $bytes)
    {
    }

    public static function text(string $text): string
    {
        $size = strlen($text);
        return match (true) {
            $size < 32 => chr(0xa0 | $size) . $text,
            $size < 0x100 => "\xd9" . chr($size) . $text,
            $size < 0x10000 => "\xda" . pack('n', $size) . $text,
            default => "\xdb" . pack('N', $size) . $text,
        };
    }

    public static function binary(string $bytes): string
    {
        $size = strlen($bytes);
        return match (true) {
            $size < 0x100 => "\xc4" . chr($size) . $bytes,
            $size < 0x10000 => "\xc5" . pack('n', $size) . $bytes,
            default => "\xc6" . pack('N', $size) . $bytes,
        };
    }

    /** An integer in its shortest form, as snapshots have it. */
    public static function integer(int $value): string
    {
        return match (true) {
            $value >= 0 => match (true) {
                $value < 0x80 => chr($value),
                $value < 0x100 => "\xcc" . chr($value),
                $value < 0x10000 => "\xcd" . pack('n', $value),
                $value < 0x100000000 => "\xce" . pack('N', $value),
                default => "\xcf" . pack('J', $value),
            },
            $value >= -0x20 => chr($value & 0xff),
            $value >= -0x80 => "\xd0" . chr($value & 0xff),
            $value >= -0x8000 => "\xd1" . pack('n', $value & 0xffff),
            $value >= -0x80000000 => "\xd2" . pack('N', $value & 0xffffffff),
            default => "\xd3" . pack('J', $value),
        };
    }

    public static function float(float $value): string
    {
        return "\xcb" . pack('E', $value);
    }

    public static function bigInteger(string $digits): string
    {
        return "\xc9" . pack('N', strlen($digits)) . "\x01" . $digits;
    }

    /** The head of an array, before its items. */
    public static function arrayOf(int $count): string
    {
        return $count < 16 ? chr(0x90 | $count) : ($count < 0x10000 ? "\xdc" . pack('n', $count) : "\xdd" . pack('N', $count));
    }

    /** The head of a map, before its names and values. */
    public static function mapOf(int $count): string
    {
        return $count < 16 ? chr(0x80 | $count) : ($count < 0x10000 ? "\xde" . pack('n', $count) : "\xdf" . pack('N', $count));
    }

    /**
     * Reads one value. Maps are objects, since an empty array would be a list; an integer beyond 64 bits is a
     * BigInteger.
     *
     * @throws \UnexpectedValueException if the bytes aren't one value
     */
    public static function read(string $bytes): mixed
    {
        $reader = new self($bytes);
        $value = $reader->value(0);
        if ($reader->at !== strlen($bytes)) {
            throw new \UnexpectedValueException('there is more than one msgpack value');
        }
        return $value;
    }

    /**
     * Reads what begins the bytes: the head of an array, and its first value.
     *
     * @throws \UnexpectedValueException if there is none
     */
    public static function readFirst(string $bytes): mixed
    {
        $reader = new self($bytes);
        $reader->at = 1;
        return $reader->value(0);
    }

    /**
     * Reads an array of values, each with its own bytes.
     *
     * @return list<array{mixed, string}>
     * @throws \UnexpectedValueException if the bytes aren't one array
     */
    public static function readItems(string $bytes): array
    {
        $reader = new self($bytes);
        $head = ord($reader->take(1));
        if ($head < 0x90 || $head >= 0xa0) {
            throw new \UnexpectedValueException('no short array');
        }
        $items = [];
        for ($count = $head & 15; $count > 0; $count--) {
            $start = $reader->at;
            $value = $reader->value(1);
            $items[] = [$value, substr($bytes, $start, $reader->at - $start)];
        }
        if ($reader->at !== strlen($bytes)) {
            throw new \UnexpectedValueException('there is more than one msgpack value');
        }
        return $items;
    }

    private function value(int $depth): mixed
    {
        $byte = ord($this->take(1));
        return match (true) {
            $byte < 0x80 => $byte,
            $byte < 0x90 => $this->map($byte & 15, $depth),
            $byte < 0xa0 => $this->list($byte & 15, $depth),
            $byte < 0xc0 => $this->take($byte & 31),
            $byte >= 0xe0 => $byte - 0x100,
            default => match ($byte) {
                0xc0 => null,
                0xc2 => false,
                0xc3 => true,
                0xc4, 0xd9 => $this->take($this->number(1)),
                0xc5, 0xda => $this->take($this->number(2)),
                0xc6, 0xdb => $this->take($this->number(4)),
                0xc7 => $this->extension($this->number(1)),
                0xc8 => $this->extension($this->number(2)),
                0xc9 => $this->extension($this->number(4)),
                0xca => unpack('G', $this->take(4))[1],
                0xcb => unpack('E', $this->take(8))[1],
                0xcc => $this->number(1),
                0xcd => $this->number(2),
                0xce => $this->number(4),
                0xcf => ($n = $this->number(8)) < 0 ? new BigInteger(sprintf('%u', $n)) : $n,
                0xd0 => ($n = $this->number(1)) - (($n & 0x80) << 1),
                0xd1 => ($n = $this->number(2)) - (($n & 0x8000) << 1),
                0xd2 => ($n = $this->number(4)) - (($n & 0x80000000) << 1),
                0xd3 => $this->number(8),
                0xd4, 0xd5, 0xd6, 0xd7, 0xd8 => $this->extension(1 << ($byte - 0xd4)),
                0xdc => $this->list($this->number(2), $depth),
                0xdd => $this->list($this->number(4), $depth),
                0xde => $this->map($this->number(2), $depth),
                0xdf => $this->map($this->number(4), $depth),
                default => throw new \UnexpectedValueException("0x" . dechex($byte) . ' begins no msgpack value'),
            },
        };
    }

    private function take(int $size): string
    {
        if ($size > strlen($this->bytes) - $this->at) {
            throw new \UnexpectedValueException('msgpack that ends too early');
        }
        $taken = substr($this->bytes, $this->at, $size);
        $this->at += $size;
        return $taken;
    }

    private function number(int $size): int
    {
        return unpack([1 => 'C', 2 => 'n', 4 => 'N', 8 => 'J'][$size], $this->take($size))[1];
    }

    /** @return list<mixed> */
    private function list(int $count, int $depth): array
    {
        $this->check($count, $depth);
        $items = [];
        while ($count-- > 0) {
            $items[] = $this->value($depth + 1);
        }
        return $items;
    }

    private function map(int $count, int $depth): object
    {
        $this->check($count, $depth);
        $items = [];
        while ($count-- > 0) {
            $name = $this->value($depth + 1);
            $items[is_string($name) ? $name : ''] = $this->value($depth + 1);
        }
        return (object) $items;
    }

    private function check(int $count, int $depth): void
    {
        if ($depth > self::DEEPEST || $count > strlen($this->bytes) - $this->at) {
            throw new \UnexpectedValueException('msgpack that is too deep, or ends too early');
        }
    }

    private function extension(int $size): ?BigInteger
    {
        $type = $this->number(1);
        $digits = $this->take($size);
        return $type === 1 ? new BigInteger($digits) : null;
    }
}
