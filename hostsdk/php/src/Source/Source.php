<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Log;
use Gonfalon\Net\WireError;
use Gonfalon\Refused;
use Gonfalon\Status;
use Gonfalon\Store;

/**
 * Where snapshots come from. Nothing happens by itself between two calls: a source does what is due when it is told the
 * time.
 *
 * @internal
 */
abstract class Source
{
    /** Whether the source has answered, or has refused, or has failed while something serves. */
    public bool $answered = false;

    public function __construct(
        protected readonly Store $store,
        protected readonly Status $status,
        protected readonly Log $log,
    ) {
    }

    /** Does what is due, and never waits for the network. */
    abstract public function tick(): void;

    /** Whether an answer is under way. */
    public function isUnderWay(): bool
    {
        return false;
    }

    /** Waits until something may be due, at most so many seconds. */
    public function wait(float $seconds): void
    {
        usleep((int) (max(0.0, min($seconds, 0.02)) * 1e6));
    }

    /** Ends the source. What is to be sent is sent within so many seconds. */
    public function close(float $within): void
    {
    }

    /** Begins again in a child process. What there was belongs to its parent. */
    public function forked(): void
    {
        $this->store->takeUsage();
    }

    /** Reports usage now. Returns whether it was delivered. */
    public function flush(float $within): bool
    {
        return false;
    }

    /** Whether the control plane is to be asked, which a web request does after its response. */
    public function isDue(): bool
    {
        return false;
    }

    /** The source stands behind what serves. */
    protected function contact(float $ago = 0.0): void
    {
        if ($this->store->engine !== null) {
            $this->status->contact($ago);
            $this->answered = true;
        }
    }

    /** The source is away, or refuses. */
    protected function failed(\Throwable $error): void
    {
        $known = $error instanceof WireError || $error instanceof Refused;
        $refusal = $error instanceof WireError && $error->refusal();
        $message = $this->log->clean($known ? $error->getMessage() : get_debug_type($error) . ": {$error->getMessage()}");
        if (!$known) {
            $this->log->error("the source failed: $message");
        } elseif (!$refusal) {
            $this->log->info("the source failed: $message");
        } elseif ($message !== $this->status->error) { // a refusal is asked about again and again
            $this->log->warning("the source failed: $message");
        }
        $this->status->failed($message);
        if ($error instanceof Refused || ($error instanceof WireError && $error->final())) {
            $this->status->refused($message);
        }
        $this->answered = $this->answered || $this->store->engine !== null || $refusal;
    }

    protected static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
