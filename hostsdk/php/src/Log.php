<?php

declare(strict_types=1);

namespace Gonfalon;

use Psr\Log\LoggerInterface;

/**
 * The log: a PSR-3 logger, or PHP's own error log for what somebody should look at. A logger that throws ends nothing.
 *
 * @internal
 */
final class Log
{
    public function __construct(private readonly ?LoggerInterface $logger = null)
    {
    }

    public function info(string $message): void
    {
        $this->write('info', $message);
    }

    public function warning(string $message): void
    {
        $this->write('warning', $message);
    }

    public function error(string $message): void
    {
        $this->write('error', $message);
    }

    private function write(string $level, string $message): void
    {
        try {
            if ($this->logger !== null) {
                $this->logger->log($level, "gonfalon: $message");
            } elseif ($level !== 'info') {
                error_log("gonfalon: $message");
            }
        } catch (\Throwable) { // it is the program's, and nothing here fails because of it
        }
    }
}
