<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Psr\Log\AbstractLogger;

/** A log that keeps what it is told. */
final class Silent extends AbstractLogger
{
    /** @var list<string> */
    public array $lines = [];

    /**
     * @param mixed $level
     * @param mixed[] $context
     */
    public function log($level, $message, array $context = []): void
    {
        $this->lines[] = "$level: $message";
    }
}
