<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A snapshot's records by key, and how flags refer to others. It reads the records of FORMAT.md; the snapshot has been
 * loaded, so it is sound, but a newer build may have written some in a form that isn't known here.
 *
 * Why: RATIONALE.md "Why do SDKs read flags' records?"
 *
 * @internal
 */
final class Records
{
    // The members of a flag's record, and one of a header's counts.
    private const GROUPS = 5;
    private const RULES = 6;
    private const PREREQUISITES = 8;
    private const WINDOWS = 9;
    private const SCHEDULES = 8;
    private const DENIED = 1;
    private const ALLOWED = 2;

    /** The ends of a window that has none. */
    private const OPEN = [PHP_INT_MIN, PHP_INT_MAX];

    /** More than a header can take. */
    private const HEADER_BYTES = 4096;

    /** @var array<array-key, string> */
    private array $segments = [];

    /** @var array<array-key, string> */
    private array $flags = [];

    private mixed $settings = null;

    public function __construct(?string $snapshot)
    {
        if ($snapshot === null) {
            return;
        }
        [$header, $segments, $flags] = Msgpack::read($snapshot);
        $this->settings = $header[5];
        $this->segments = array_column($segments, 1, 0);
        $this->flags = array_column($flags, 1, 0);
    }

    /** Whether the time can change a decision of a snapshot. It reads the header alone. */
    public static function hasSchedules(string $snapshot): bool
    {
        return Msgpack::readFirst(substr($snapshot, 0, self::HEADER_BYTES))[6][self::SCHEDULES] > 0;
    }

    /**
     * The keys, ascending, of every flag whose decision can differ between two snapshots.
     *
     * @return list<string>
     */
    public static function changed(?string $old, string $new): array
    {
        [$before, $after] = [new self($old), new self($new)];
        $every = $before->flags + $after->flags;
        $changed = self::differing($before->flags, $after->flags);
        if ($old !== null && $before->settings !== $after->settings) {
            $torn = static fn ($key): bool => $before->isTorn($key) || $after->isTorn($key);
            $changed += array_filter($every, $torn, ARRAY_FILTER_USE_KEY);
        }
        $segments = self::differing($before->segments, $after->segments);
        if ($segments !== []) {
            $named = static fn ($key): array => $before->segmentsOf($key) + $after->segmentsOf($key);
            $uses = static fn ($key): bool => array_intersect_key($segments, $named($key)) !== [];
            $changed += array_filter($every, $uses, ARRAY_FILTER_USE_KEY);
        }
        return self::withDependents($changed, $before, $after);
    }

    /**
     * @return list<array{int, string}> when the schedules open and close, in Unix microseconds, ascending, and whose
     *     they are
     */
    public function edges(): array
    {
        $edges = [];
        foreach ($this->flags as $key => $_) {
            foreach ($this->part($key, self::WINDOWS) as $edge) {
                if (is_int($edge) && !in_array($edge, self::OPEN, true)) {
                    $edges[] = [$edge, (string) $key];
                }
            }
        }
        sort($edges);
        return $edges;
    }

    /**
     * These flags, and those that require one of them, through any number of parents, in one of the snapshots.
     *
     * @param array<array-key, mixed> $keys
     * @return list<string> ascending
     */
    public static function withDependents(array $keys, self ...$snapshots): array
    {
        $children = [];
        foreach ($snapshots as $records) {
            foreach ($records->flags as $key => $_) {
                foreach (array_filter($records->part($key, self::PREREQUISITES), is_string(...)) as $parent) {
                    $children[$parent][$key] = true;
                }
            }
        }
        $queue = array_keys($keys);
        while ($queue !== []) {
            foreach ($children[array_pop($queue)] ?? [] as $child => $_) {
                if (!isset($keys[$child])) {
                    $keys[$child] = true;
                    $queue[] = $child;
                }
            }
        }
        $found = array_map(strval(...), array_keys($keys));
        sort($found, SORT_STRING);
        return $found;
    }

    /** @return array<array-key, mixed> a list in a flag's record; nothing if the record is of an unknown form */
    private function part(string|int $key, int $index): array
    {
        try {
            $record = Msgpack::read($this->flags[$key] ?? '');
        } catch (\UnexpectedValueException) {
            return [];
        }
        $part = is_array($record) ? $record[$index] ?? null : null;
        return is_array($part) ? $part : [];
    }

    /** @return array<array-key, true> the segments that a flag's gates name */
    private function segmentsOf(string|int $key): array
    {
        $rules = array_filter($this->part($key, self::RULES), is_array(...));
        $names = array_filter(array_column($rules, 1), is_string(...));
        return array_fill_keys($names, true);
    }

    /** Whether a flag allows some groups and denies others, so that the setting of which win matters. */
    private function isTorn(string|int $key): bool
    {
        $states = array_filter($this->part($key, self::GROUPS), is_int(...));
        return array_diff($states, [self::ALLOWED]) !== [] && array_diff($states, [self::DENIED]) !== [];
    }

    /**
     * @param array<array-key, string> $before
     * @param array<array-key, string> $after
     * @return array<array-key, mixed> by the keys whose record is new, changed or gone
     */
    private static function differing(array $before, array $after): array
    {
        return array_diff_assoc($before, $after) + array_diff_assoc($after, $before);
    }
}
