<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * What every client does. No evaluation blocks, uses the network or throws: where nothing can be decided, the caller
 * gets the default.
 *
 * Each takes a context: an actor (a string, an integer, or an Actor), groups and attributes, or a prepared Context in
 * the actor's place. hostsdk/README.md says what each value means. `now` (Unix microseconds) and `roll` (64 bits of
 * chance) replay a decision; without them the clock and fresh random bits are used.
 *
 * Why: RATIONALE.md "Why do the methods of PHP's client take `mixed`?"
 */
abstract class Flags
{
    use Payloads;

    private const MAX_KEYS = 100_000; // that one question may name, as many as a snapshot can have: an iterator may have no end

    public function __construct(protected readonly Store $store, protected readonly Status $status, protected readonly Log $log)
    {
    }

    /**
     * Whether the flag is on. An unknown or killed flag is off; the default counts only where nothing could be decided.
     *
     * @param string $key
     * @param string|int|float|Actor|Member|Context|object|null $actor
     * @param iterable<string>|string|Member|\Closure(string): bool|null $groups
     * @param array<string, mixed>|null $attributes
     */
    public function enabled(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = false,
        mixed $now = null,
        mixed $roll = null,
    ): bool {
        $engine = $this->store->engine;
        if ($engine === null) {
            return (bool) $default;
        }
        try {
            $name = self::key($key);
            $packed = $engine->evaluate($name, $actor, $groups, $attributes, self::bits($now), self::bits($roll));
        } catch (\Throwable $error) { // a decision never fails
            $this->failed($key, $error);
            return (bool) $default;
        }
        if (($packed & Decision::REASON) === 0) {
            $this->store->mistakes->unknownFlag($name);
        }
        return ($packed & Decision::ENABLED) === 1;
    }

    /** The whole decision about one flag. @param string $key */
    public function decide(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $now = null,
        mixed $roll = null,
    ): Decision {
        $engine = $this->store->engine;
        if ($engine === null) {
            return self::undecided($key);
        }
        try {
            $decision = $engine->decide(self::key($key), $actor, $groups, $attributes, self::bits($now), self::bits($roll));
        } catch (\Throwable $error) { // a decision never fails
            $this->failed($key, $error);
            return self::undecided($key, $engine, $error);
        }
        if (!$decision->known) {
            $this->store->mistakes->unknownFlag($decision->key);
        }
        return $decision;
    }

    /**
     * The decisions about these flags, in their order, or about all flags, ascending by key. It takes one call into the
     * engine for each 1,024 flags.
     *
     * @param iterable<string>|null $keys
     * @return list<Decision>
     */
    public function decideAll(
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $keys = null,
        mixed $now = null,
        mixed $roll = null,
    ): array {
        $engine = $this->store->engine;
        $wanted = $keys === null && $engine === null ? [] : null;
        try {
            $wanted ??= $keys === null ? null : self::keysOf($keys);
            $decisions = $engine?->decideAll($wanted, $actor, $groups, $attributes, self::bits($now), self::bits($roll));
        } catch (\Throwable $error) { // a decision never fails
            $this->failed('all flags', $error);
            $decisions = null;
        }
        if ($decisions === null) {
            $undecided = static fn (string $key): Decision => self::undecided($key, $engine, $error ?? null);
            return array_map($undecided, $wanted ?? ($keys === null ? $this->keys() : []));
        }
        foreach ($decisions as $decision) {
            if ($decision->error !== null) {
                $this->failed($decision->key, $decision->error);
            } elseif (!$decision->known) {
                $this->store->mistakes->unknownFlag($decision->key);
            }
        }
        return $decisions;
    }

    /**
     * The decision with every gate that the engine looked at. It is not counted as an evaluation. Where nothing could
     * be decided, there are no steps.
     *
     * @param string $key
     */
    public function explain(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $now = null,
        mixed $roll = null,
    ): Explanation {
        $engine = $this->store->engine;
        if ($engine === null) {
            return new Explanation(self::undecided($key), [], $this->store->environment ?? '', null);
        }
        try {
            $explanation = $engine->explain(self::key($key), $actor, $groups, $attributes, self::bits($now), self::bits($roll));
        } catch (\Throwable $error) { // a decision never fails
            $this->failed($key, $error);
            $info = $engine->info();
            return new Explanation(self::undecided($key, $engine, $error), [], $info->environment, $info->revision);
        }
        if (!$explanation->decision->known) {
            $this->store->mistakes->unknownFlag($explanation->decision->key);
        }
        return $explanation;
    }

    /** @return list<string> the keys of all flags, ascending */
    public function keys(): array
    {
        try {
            return $this->store->engine?->keys() ?? [];
        } catch (\Throwable $error) { // neither does this fail
            $this->failed('all flags', $error);
            return [];
        }
    }

    /** The bytes that serve now, to be kept as a bootstrap; null before the first. */
    public function snapshot(): ?string
    {
        return $this->store->engine?->bytes();
    }

    /** The snapshot that serves; null before the first. */
    public function info(): ?SnapshotInfo
    {
        return $this->store->engine?->info();
    }

    /** What the answers rest on. */
    public function state(): State
    {
        return $this->status->state();
    }

    /** The client's figures now. */
    public function stats(): Stats
    {
        return new Stats(
            $this->status->state(),
            $this->info(),
            $this->status->age(),
            $this->store->taken,
            $this->store->refused,
            $this->store->broken,
            $this->store->mistakes->unknown,
            $this->store->mistakes->unreadable,
            $this->store->traps,
            $this->status->losses,
            $this->status->error,
        );
    }

    /**
     * Calls the listener on each StateChanged and FlagsChanged, from within tick() and the other methods that wait.
     * What it throws is logged.
     *
     * @param \Closure(StateChanged|FlagsChanged): void $listener
     * @return \Closure(): void ends that
     */
    public function subscribe(\Closure $listener): \Closure
    {
        $this->store->engine?->bytes(); // of a file, which has other ones when the next snapshot is compared with these
        return $this->status->subscribe($listener);
    }

    private static function undecided(mixed $key, ?Engine $engine = null, ?\Throwable $error = null): Decision
    {
        return new Decision(self::shown($key), Decision::NOT_READY, revision: $engine?->info()->revision, error: $error);
    }

    private function failed(mixed $key, \Throwable $error): void
    {
        if ($error instanceof ContextError) {
            $this->store->mistakes->unreadableContext(["something that can't be read: {$error->getMessage()}"]);
            return;
        }
        $this->store->broken++;
        $what = get_debug_type($error) . ": {$error->getMessage()}";
        $shown = Mistakes::quoted(self::shown($key));
        $this->log->once('error', "$shown can't be decided, the caller gets the default: $what", $what);
    }

    /**
     * The key as it is asked for. PHP makes integers of the digits that are an array's keys, so an integer is its
     * digits.
     */
    private static function key(mixed $key): string
    {
        return match (true) {
            is_string($key) => $key,
            is_int($key) => (string) $key,
            default => throw new \InvalidArgumentException("a flag's key is a string, not " . get_debug_type($key)),
        };
    }

    /** A time or a chance that a caller gives, if it is one. */
    private static function bits(mixed $given): ?int
    {
        return match (true) {
            is_int($given) => $given,
            is_float($given) && floor($given) === $given && abs($given) <= Values::EXACT => (int) $given,
            default => null,
        };
    }

    private static function shown(mixed $key): string
    {
        return is_string($key) || is_int($key) ? (string) $key : get_debug_type($key);
    }

    /** @return list<string> */
    private static function keysOf(mixed $keys): array
    {
        if (!is_iterable($keys)) {
            throw new \InvalidArgumentException('keys are a list, not ' . get_debug_type($keys));
        }
        $wanted = [];
        $tooMany = is_array($keys) && count($keys) > self::MAX_KEYS;
        foreach ($keys as $key) {
            if ($tooMany || count($wanted) === self::MAX_KEYS) {
                throw new \InvalidArgumentException('more than ' . self::MAX_KEYS . ' keys');
            }
            $wanted[] = self::key($key);
        }
        return $wanted;
    }
}
