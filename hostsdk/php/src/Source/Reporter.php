<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Gonfalon;
use Gonfalon\Net\Exchange;
use Gonfalon\Net\Wire;
use Gonfalon\Net\WireError;
use Gonfalon\Store;
use Gonfalon\Usage;

/**
 * Reports usage, and with it which revision serves, so that an operator sees which hosts serve a change. A control
 * plane of an older version refuses what it doesn't know, and is sent the counts alone.
 *
 * @internal
 */
final class Reporter
{
    private const WITHIN = 2.0; // seconds after another revision serves: hosts tell at random moments, not all at once
    private const PAUSE = 5.0; // seconds: a host tells at most once in these, however many changes there are

    private ?Exchange $exchange = null;
    private bool $plain = false; // the control plane is an older one
    private bool $silent = false; // the last report failed: the next one is a regular one
    private bool $told = false; // a report has arrived, or may have: it was cut off
    private bool $gone = false;
    private ?string $serves = null; // the content id that was told, or is about to be
    private ?float $moved = null; // when to tell that another revision serves
    private float $last;
    private float $next;

    /** @var list<array<array-key, array{int, int}>> reports that are still to be sent */
    private array $queue = [];

    /** @param float $every seconds between two reports */
    public function __construct(
        private readonly Store $store,
        private readonly Wire $wire,
        private readonly string $via,
        private readonly float $every,
        private readonly string $host,
    ) {
        $this->last = self::now() - self::PAUSE;
        $this->next = self::now() + $every * (0.9 + Backoff::chance() / 5);
    }

    /** Sends what is due, and never waits. */
    public function tick(): void
    {
        $now = self::now();
        $id = $this->store->engine?->info()->id;
        if ($id !== $this->serves) {
            $this->serves = $id;
            $this->moved ??= max($this->last + self::PAUSE, $now) + self::WITHIN * Backoff::chance();
        }
        if ($now >= $this->next) {
            $this->next = $now + $this->every * (0.9 + Backoff::chance() / 5);
            $this->begin([]);
        } elseif ($this->moved !== null && $now >= $this->moved) {
            $this->moved = null;
            if (!$this->silent && !$this->plain && $this->queue === []) {
                $this->last = $now;
                $this->queue = [[]];
            }
        }
        $this->step();
    }

    /** Whether something is on its way. */
    public function busy(): bool
    {
        return $this->queue !== [];
    }

    public function wait(float $seconds): void
    {
        $this->exchange?->wait($seconds);
    }

    /**
     * Reports now, and waits for it, at most so many seconds. Returns whether it was delivered.
     *
     * @param array<array-key, array{int, int}> $more counts beside the store's
     * @param bool $last whether the host ends
     */
    public function flush(float $within, array $more = [], bool $last = false): bool
    {
        $deadline = self::now() + $within;
        $this->gone = $last;
        $this->begin($more);
        if ($last && !$this->told && $this->queue === [[]]) {
            $this->queue = []; // it was never told of
            return true;
        }
        while ($this->queue !== []) {
            $left = $deadline - self::now();
            if ($left <= 0) {
                $this->giveUp();
                return false;
            }
            if ($this->step($left)) {
                $this->exchange?->wait(min($left, 0.1));
            }
        }
        return !$this->silent;
    }

    /** Begins a report. @param array<array-key, array{int, int}> $more counts beside the store's */
    public function begin(array $more): void
    {
        $counts = Usage::merge($more, $this->store->takeUsage());
        foreach ($this->queue as $waiting) {
            $counts = Usage::merge($counts, $waiting);
        }
        if ($this->exchange !== null) {
            $this->exchange->cancel();
            [$this->exchange, $this->told] = [null, true];
        }
        $parts = array_chunk($counts, Wire::USAGE_FLAGS, true);
        $this->queue = $parts !== [] ? $parts : ($this->plain ? [] : [[]]);
    }

    /** Goes on with the reports that are to be sent. Returns whether one is under way. */
    public function step(?float $within = null): bool
    {
        while ($this->queue !== []) {
            try {
                $this->exchange ??= $this->wire->usage($this->report($this->queue[0]), ...($within === null ? [] : [$within]));
                if (!$this->exchange->step()) {
                    return true;
                }
                $this->exchange->answer()->check();
                $this->told = true;
                $this->silent = false;
                array_shift($this->queue);
            } catch (WireError $error) {
                if ($error->status === 400 && !$this->plain) {
                    $this->plain = true;
                    $this->queue = array_values(array_filter($this->queue));
                } else {
                    $this->giveUp();
                }
            }
            $this->exchange = null;
        }
        return false;
    }

    /** Keeps what couldn't be delivered for the next report. */
    public function giveUp(): void
    {
        $this->silent = true;
        $this->exchange?->cancel();
        $this->exchange = null;
        foreach ($this->queue as $counts) {
            $this->store->putUsageBack($counts);
        }
        $this->queue = [];
    }

    /** @param array<array-key, array{int, int}> $counts */
    private function report(array $counts): string
    {
        $now = gmdate('Y-m-d\TH:i:s\Z');
        $flags = [];
        foreach ($counts as $key => [$count, $on]) {
            $flags[$key] = ['count' => $count, 'last' => $now] + ($this->plain ? [] : ['on' => $on]);
        }
        $report = ['flags' => (object) $flags];
        if (!$this->plain) {
            $info = $this->store->engine?->info();
            $report['host'] = [
                'id' => $this->host,
                'sdk' => 'php',
                'version' => Gonfalon::VERSION,
                'revision' => $info->revision ?? 0,
                'via' => $this->via,
            ] + ($info === null ? [] : ['lineage' => $info->lineage]) + ($this->gone ? ['gone' => true] : []);
        }
        return json_encode($report, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
