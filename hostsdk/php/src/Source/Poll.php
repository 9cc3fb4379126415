<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Log;
use Gonfalon\Net\Exchange;
use Gonfalon\Net\Wire;
use Gonfalon\Net\WireError;
use Gonfalon\Pace;
use Gonfalon\Refused;
use Gonfalon\Status;
use Gonfalon\Store;

/**
 * Asks the control plane for the snapshot from time to time. Processes that share a last good file ask once for all of
 * them: the one that finds it too old and gets the lease. The others read the file.
 *
 * Why: RATIONALE.md "Why does a web request refresh the file after its response?"
 *
 * @internal
 */
final class Poll extends Source
{
    private const SEEN = 45.0; // seconds since the control plane confirmed it, of which a heartbeat takes 15

    private readonly Backoff $backoff;
    private readonly ?Lease $lease;
    private readonly ?Spool $spool;
    private ?Reporter $reporter = null;
    private ?Exchange $exchange = null;
    private float $next = 0.0; // of an attempt of this process

    /** @param float $every seconds between two polls */
    public function __construct(
        Store $store,
        Status $status,
        Log $log,
        private readonly Wire $wire,
        private readonly Pace $pace,
        private readonly float $every,
        private readonly float $grace,
    ) {
        parent::__construct($store, $status, $log);
        $this->backoff = new Backoff($pace);
        $this->lease = $store->lastGood === null ? null : new Lease($store->lastGood->path, $log);
        $this->spool = $store->lastGood === null ? null : new Spool($store->lastGood->path, $log);
    }

    public function tick(): void
    {
        if ($this->exchange === null) {
            $this->look();
            if ($this->isDue() && $this->mayAsk()) {
                $this->ask();
            }
        }
        $this->step();
        $this->lease?->isUsable() === true ? $this->reporter?->step() : $this->reporter()->tick();
        $this->status->settle();
    }

    /** Takes what another process has written by now, and what it knows of its age. It uses no network. */
    public function look(): void
    {
        if ($this->lease === null) {
            return;
        }
        $this->store->reopen();
        $age = $this->age();
        if ($age === null) {
            return;
        }
        if ($age <= max($this->every, self::SEEN) + $this->grace) {
            $this->contact($age);
        }
        $this->answered = $this->answered && !$this->isDue();
    }

    public function isDue(): bool
    {
        $age = $this->lease?->isUsable() === true ? $this->age() : null;
        return self::now() >= $this->next && ($age === null || $age >= $this->every);
    }

    /** Whether there is nothing to wait for: a process's attempt failed, and it is too early for another. */
    public function isHeldOff(): bool
    {
        return $this->exchange === null && $this->lease !== null && $this->lease->notes()['next'] > microtime(true);
    }

    public function wait(float $seconds): void
    {
        if ($this->exchange !== null) {
            $this->exchange->wait($seconds);
        } elseif ($this->reporter?->busy() === true) {
            $this->reporter->wait($seconds);
        } else {
            parent::wait($seconds);
        }
    }

    /** Asks now if it is due, and waits for the answer: what a web request does once its response has been sent. */
    public function finish(float $within): void
    {
        $deadline = self::now() + $within;
        $before = $this->store->engine;
        if (!$this->isDue() || !$this->mayAsk()) {
            return;
        }
        $this->ask($within);
        while ($this->exchange !== null && self::now() < $deadline) {
            $this->exchange->wait($deadline - self::now());
            $this->step(false);
        }
        if ($this->exchange !== null) {
            $this->exchange = null;
            $this->after(new WireError("no answer within $within seconds"));
        }
        if ($this->mustReport($this->store->engine !== $before)) {
            $this->flush(max(0.1, $deadline - self::now()));
        }
        $this->lease?->release();
    }

    public function flush(float $within): bool
    {
        return $this->reporter()->flush($within, $this->spool?->take() ?? []);
    }

    public function close(float $within): void
    {
        if ($this->spool === null || $this->lease?->isUsable() !== true) {
            $this->reporter()->flush($within, [], true);
            return;
        }
        $this->reporter?->giveUp();
        $this->spool->add($this->store->takeUsage());
        $this->lease?->release();
    }

    public function isUnderWay(): bool
    {
        return $this->exchange !== null || $this->reporter?->busy() === true;
    }

    public function forked(): void
    {
        parent::forked();
        [$this->exchange, $this->reporter] = [null, null];
        $this->lease?->release();
    }

    /** Whether it is this process's turn. If so, it holds the lease. */
    private function mayAsk(): bool
    {
        if ($this->lease === null) {
            return true;
        }
        if (!$this->lease->take()) {
            return !$this->lease->isUsable();
        }
        if ($this->lease->notes()['next'] <= microtime(true) && $this->isDue()) {
            return true;
        }
        $this->lease->release();
        return false;
    }

    private function ask(float ...$within): void
    {
        try {
            $this->exchange = $this->wire->snapshot($this->store->engine?->info(), ...$within);
        } catch (WireError $error) { // it can't even be asked
            $this->after($error);
            $this->lease?->release();
        }
    }

    /** Seconds since the control plane confirmed what serves, as the processes of this host know it. */
    private function age(): ?float
    {
        $serves = $this->store->engine?->info()->id;
        return $serves === null ? null : $this->lease?->age($serves);
    }

    /** @param bool $release whether the lease is free once there is an answer */
    private function step(bool $release = true): void
    {
        if ($this->exchange === null || !$this->exchange->step()) {
            return;
        }
        [$exchange, $this->exchange] = [$this->exchange, null];
        $error = null;
        try {
            $answer = $exchange->answer();
            if ($answer->status !== 304 || $this->store->engine === null) {
                $this->store->takeSnapshot($answer->check()->body, $answer->headers[Wire::SUPERSEDES] ?? null);
            }
            if ($this->store->engine !== null) {
                $this->lease?->confirm($this->store->engine->info()->id);
            }
            $this->contact();
        } catch (WireError | Refused $thrown) {
            $error = $thrown;
        }
        $this->after($error);
        if (!$release) {
            return;
        }
        if ($this->mustReport(false)) {
            $this->reporter()->begin($this->spool?->take() ?? []);
        }
        $this->lease?->release();
    }

    /** Notes what an attempt came to. */
    private function after(?\Throwable $error): void
    {
        if ($error === null) {
            $this->backoff->reset();
            $this->lease?->note(['attempts' => 0, 'next' => 0]);
            $this->next = self::now() + $this->every * (0.9 + Backoff::chance() / 5);
            return;
        }
        $this->failed($error);
        $backoff = $this->lease === null ? $this->backoff : new Backoff($this->pace, $this->lease->notes()['attempts']);
        $delay = $backoff->delay($error);
        $this->lease?->note(['attempts' => $backoff->attempts(), 'next' => microtime(true) + $delay]);
        $this->next = self::now() + $delay;
    }

    /** Whether it is time to report what the processes of this host have counted. */
    private function mustReport(bool $moved): bool
    {
        if ($this->lease?->held() !== true || $this->status->error !== null) {
            return false;
        }
        $due = $moved || microtime(true) - $this->lease->notes()['reported'] >= $this->pace->usage;
        if ($due) {
            $this->lease->note(['reported' => microtime(true)]);
        }
        return $due;
    }

    private function reporter(): Reporter
    {
        $host = $this->lease?->notes()['host'] ?? bin2hex(random_bytes(8));
        return $this->reporter ??= new Reporter($this->store, $this->wire, 'poll', $this->pace->usage, $host);
    }
}
