<?php

declare(strict_types=1);

namespace Gonfalon;

/** An integer of any size, by its decimal digits: what PHP has no type for. Attributes and actors may be one. */
final class BigInteger implements \Stringable, \JsonSerializable
{
    /** Without leading zeros, and with a minus sign if it is below zero. */
    public readonly string $digits;

    /** @throws \InvalidArgumentException if the text isn't an integer */
    public function __construct(string $digits)
    {
        if (preg_match('/^(-?)0*(\d+)$/D', $digits, $part) !== 1) {
            throw new \InvalidArgumentException('an integer is decimal digits, with a minus sign before them or not');
        }
        $this->digits = $part[2] === '0' ? '0' : $part[1] . $part[2];
    }

    public function __toString(): string
    {
        return $this->digits;
    }

    public function jsonSerialize(): string
    {
        return $this->digits;
    }
}
