<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Net\WireError;
use Gonfalon\Pace;

/** How long to wait after a failed attempt: exponential, ±50 % jitter. @internal */
final class Backoff
{
    public function __construct(private readonly Pace $pace, private int $attempts = 0)
    {
    }

    public function attempts(): int
    {
        return $this->attempts;
    }

    public function reset(): void
    {
        $this->attempts = 0;
    }

    /** Seconds to wait after an attempt failed. What the control plane asked for can only make them more. */
    public function delay(\Throwable $error, ?float $asked = null): float
    {
        $step = min($this->pace->backoff * 2.0 ** min($this->attempts, 30), $this->pace->longest);
        $this->attempts++;
        if ($error instanceof WireError) {
            $asked = $error->retryAfter ?? $asked;
            $step = $error->refusal() ? $this->pace->longest : $step;
        }
        return max($step * (0.5 + self::chance()), ($asked ?? 0.0) * (1 + self::chance() / 10));
    }

    /** A number in [0, 1). */
    public static function chance(): float
    {
        return random_int(0, 999_999) / 1_000_000;
    }
}
