<?php

declare(strict_types=1);

namespace Gonfalon;

/** How patient a client is, in seconds. The defaults are every SDK's. */
final class Pace
{
    /**
     * @param float $backoff before the first new attempt; doubled each time
     * @param float $longest between two attempts
     * @param float $usage between two reports
     * @param float $opening for a connection, and for the head of an answer
     * @param float $farewell for what is sent on close, after a web request's response
     */
    public function __construct(
        public readonly float $backoff = 0.5,
        public readonly float $longest = 30.0,
        public readonly float $usage = 60.0,
        public readonly float $opening = 10.0,
        public readonly float $farewell = 2.0,
    ) {
    }
}
