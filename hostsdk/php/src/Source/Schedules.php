<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Records;
use Gonfalon\Status;
use Gonfalon\Store;

/** Tells listeners when schedules open and close, as of a change of the flags that they decide. @internal */
final class Schedules
{
    private ?string $id = null; // of the snapshot whose edges are known
    private ?Records $records = null;
    private int $seen; // edges up to here have been told, or were before anybody listened

    /** @var list<array{int, string}> */
    private array $edges = [];

    /** @param \Closure(): int $clock Unix microseconds */
    public function __construct(private readonly Store $store, private readonly Status $status, private readonly \Closure $clock)
    {
        $this->seen = ($clock)();
    }

    public function tick(): void
    {
        $now = ($this->clock)();
        $engine = $this->status->heard() ? $this->store->engine : null;
        if ($engine === null) {
            [$this->id, $this->records, $this->edges, $this->seen] = [null, null, [], $now];
            return;
        }
        if ($engine->info()->id !== $this->id) {
            $bytes = $engine->bytes();
            $has = $bytes !== null && Records::hasSchedules($bytes);
            $this->id = $engine->info()->id;
            $this->records = $has ? new Records($bytes) : null;
            $this->edges = $this->records?->edges() ?? [];
        }
        // A clock that was set back makes schedules open and close again.
        [$from, $until] = [min($this->seen, $now), max($this->seen, $now)];
        $this->seen = $now;
        $passed = array_filter($this->edges, static fn (array $edge): bool => $edge[0] > $from && $edge[0] <= $until);
        if ($passed !== [] && $this->records !== null) {
            $this->store->tell(Records::withDependents(array_fill_keys(array_column($passed, 1), true), $this->records));
        }
    }
}
