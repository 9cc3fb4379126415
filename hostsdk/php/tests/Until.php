<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use PHPUnit\Framework\Assert;

/** Waits for a client. */
final class Until
{
    /**
     * Ticks until something holds.
     *
     * @param \Closure(): bool $holds
     * @param \Closure(): string|null $else
     */
    public static function holds(Gonfalon $flags, \Closure $holds, ?\Closure $else = null, float $seconds = 10.0): void
    {
        $deadline = microtime(true) + $seconds;
        while (!$holds()) {
            if (microtime(true) > $deadline) {
                Assert::fail('it takes too long: ' . ($else === null ? $flags->state()->value . ' ' . $flags->stats()->lastError : $else()));
            }
            $flags->run(0.005);
        }
        Assert::assertTrue(true);
    }
}
