<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/** A request that is under way. @internal */
interface Exchange
{
    /** Does what can be done without waiting. Returns whether the exchange has ended. */
    public function step(): bool;

    /** Waits until there is something to do, at most so many seconds. */
    public function wait(float $seconds): void;

    /** What was answered, once the exchange has ended. @throws WireError */
    public function answer(): Answer;

    /** Ends the exchange, whatever has come. */
    public function cancel(): void;
}
