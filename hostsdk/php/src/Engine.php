<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A snapshot that decides. A question takes who asks (an actor, or a prepared context in its place), groups and
 * attributes, and the time (Unix microseconds) and chance (64 bits), for which null stands for the clock's and fresh
 * ones.
 *
 * @internal
 */
final class Engine
{
    private const UNKNOWN = 1000; // keys of no flag that are remembered: a program asks for a few, an attacker for any number
    private const ON = 1 << 32; // in a count: above how often a flag is evaluated between two reports
    private const NO_FLAG = "\xff";

    private Instance $instance;
    private ?string $bytes = null;
    private ?string $path = null;
    private readonly SnapshotInfo $info;

    /** @var array<array-key, Needs> */
    private array $needs = [];

    /** @var list<string>|null */
    private ?array $keys = null;

    /**
     * @var array<array-key, int> evaluations of each flag since takeUsage: how often, and ON for each time that it was
     *     on
     */
    private array $usage = [];

    /**
     * @param \Closure(): Instance $make makes an instance of the snapshot
     * @param \Closure(Trap): void $onTrap
     * @throws LoadError|Trap
     */
    private function __construct(
        private readonly \Closure $make,
        private readonly Mistakes $mistakes,
        private readonly \Closure $onTrap,
    ) {
        $this->instance = $make();
        $this->info = $this->instance->info();
    }

    /**
     * Loads a snapshot's bytes.
     *
     * @param \Closure(Trap): void $onTrap
     * @throws LoadError|Trap
     */
    public static function load(string $bytes, Mistakes $mistakes, \Closure $onTrap): self
    {
        $engine = new self(static fn (): Instance => Instance::load($bytes), $mistakes, $onTrap);
        $engine->bytes = $bytes;
        return $engine;
    }

    /**
     * Opens the snapshot in a file, which this process keeps over its requests; null if there is no file.
     *
     * @param \Closure(Trap): void $onTrap
     * @throws LoadError|Trap|\RuntimeException
     */
    public static function open(string $path, Mistakes $mistakes, \Closure $onTrap): ?self
    {
        $instance = Instance::open($path);
        if ($instance === null) {
            return null;
        }
        $id = $instance->info()->id;
        $make = static function () use ($path, $id, &$instance): Instance {
            [$first, $instance] = [$instance, null];
            $made = $first ?? Instance::open($path);
            return $made?->info()->id === $id ? $made : throw new Trap('the file has another snapshot by now');
        };
        $engine = new self($make, $mistakes, $onTrap);
        $engine->path = $path;
        return $engine;
    }

    public function info(): SnapshotInfo
    {
        return $this->info;
    }

    /** The snapshot's bytes; null if its file has another one by now. */
    public function bytes(): ?string
    {
        if ($this->bytes === null && $this->path !== null) {
            $bytes = RegularFile::read($this->path, Instance::MAX_BYTES + 1);
            $this->bytes = $bytes !== null && bin2hex(substr($bytes, -32)) === $this->info->id ? $bytes : null;
        }
        return $this->bytes;
    }

    /** The packed decision of one flag: the quickest question. */
    public function evaluate(string $key, mixed $actor, mixed $groups, mixed $attributes, ?int $now, ?int $roll): int
    {
        $needs = $this->needs[$key] ?? $this->ask($key);
        $packed = $needs->fixed;
        if ($packed === null) {
            $request = Request::forFlag($needs, $this->mistakes, $actor, $groups, $attributes, $now, $roll);
            try {
                $packed = $this->instance->evaluate($request);
            } catch (Trap $trap) {
                $packed = $this->again(static fn (Instance $instance): int => $instance->evaluate($request), $trap);
            }
        }
        if ($packed !== 0) {
            $this->count($key, $packed);
        }
        return $packed;
    }

    /** The whole decision of one flag. */
    public function decide(string $key, mixed $actor, mixed $groups, mixed $attributes, ?int $now, ?int $roll): Decision
    {
        $needs = $this->needs[$key] ?? $this->ask($key);
        $revision = $this->info->revision;
        if ($needs->fixed !== null) {
            $decision = new Decision($key, $needs->fixed, null, null, $revision);
        } else {
            $request = Request::forFlag($needs, $this->mistakes, $actor, $groups, $attributes, $now, $roll);
            $decision = $this->asked(static fn (Instance $i): Decision => $i->decide($request, $key, $revision));
        }
        if ($decision->packed !== 0) {
            $this->count($key, $decision->packed);
        }
        return $decision;
    }

    /**
     * The decisions of several flags, in their order, or of all flags.
     *
     * @param list<string>|null $keys
     * @return list<Decision>
     */
    public function decideAll(?array $keys, mixed $actor, mixed $groups, mixed $attributes, ?int $now, ?int $roll): array
    {
        $now ??= Request::clock();
        $rolled = Request::roll($roll);
        $context = Request::context($actor, $groups, $attributes);
        $every = $keys ?? $this->keys();
        $revision = $this->info->revision;
        $decisions = [];
        foreach (array_chunk($every, Instance::BATCH) as $part => $some) {
            $first = $keys === null ? $part * Instance::BATCH : 0;
            try {
                $named = Msgpack::arrayOf(count($some)) . implode('', array_map(Request::key(...), $some));
                $flags = $keys === null ? "\xc0" : $named;
                $request = "\x96" . $flags . $this->whole($some, $context, $now, $rolled);
                $ask = static fn (Instance $i): array => $i->batch($request, $first, $some, $revision);
                array_push($decisions, ...$this->asked($ask));
            } catch (ContextError) { // perhaps they only ask together for more than a request can have
                foreach ($some as $key) {
                    $decisions[] = $this->single($key, $context, $now, $rolled);
                }
            }
        }
        foreach ($decisions as $decision) {
            if ($decision->packed !== 0 && $decision->error === null) {
                $this->count($decision->key, $decision->packed);
            }
        }
        return $decisions;
    }

    /** The decision with every gate that the engine looked at. It is not counted as an evaluation. */
    public function explain(string $key, mixed $actor, mixed $groups, mixed $attributes, ?int $now, ?int $roll): Explanation
    {
        $needs = $this->needs[$key] ?? $this->ask($key);
        $context = Request::context($actor, $groups, Request::only($attributes, $needs->attributes));
        $request = "\x96" . Request::key($key) . $this->whole([$key], $context, $now ?? Request::clock(), Request::roll($roll));
        $info = $this->info;
        return $this->asked(static fn (Instance $instance): Explanation => new Explanation(
            $instance->decide($request, $key, $info->revision),
            array_map(Step::read(...), $instance->explain($request)[1]),
            $info->environment,
            $info->revision,
        ));
    }

    /** @return list<string> the keys of all flags, ascending */
    public function keys(): array
    {
        return $this->keys ??= $this->asked(static function (Instance $instance): array {
            $count = $instance->info()->flags;
            return $count === 0 ? [] : array_map($instance->flagKey(...), range(0, $count - 1));
        });
    }

    /** The bytes of the snapshot that a delta makes of this one. It is spliced beside it. @throws LoadError|Trap */
    public function splice(string $delta): string
    {
        return ($this->make)()->splice($delta);
    }

    /**
     * @return array<array-key, array{int, int}> key → how often it was evaluated since the last time, and how often it
     *     was on
     */
    public function takeUsage(): array
    {
        $taken = array_map(static fn (int $count): array => [$count % self::ON, intdiv($count, self::ON)], $this->usage);
        $this->usage = [];
        return $taken;
    }

    private function count(string $key, int $packed): void
    {
        $this->usage[$key] = ($this->usage[$key] ?? 0) + (($packed & Decision::ENABLED) === 0 ? 1 : 1 + self::ON);
    }

    /**
     * What follows the flags in a request for some of them, with all that there is.
     *
     * @param list<string> $keys
     */
    private function whole(array $keys, Context $context, int $now, string $roll): string
    {
        if ($context->unreadable !== []) {
            $this->mistakes->unreadableContext($context->unreadable, count($keys));
        }
        $named = [];
        if ($context->wantsNames()) {
            foreach ($keys as $key) {
                $named += array_flip(($this->needs[$key] ?? $this->ask($key))->groups);
            }
        }
        $names = count($keys) === 1 ? ($this->needs[$keys[0]] ?? $this->ask($keys[0]))->attributes : null;
        return $context->packedActor() . $context->memberOf(array_map(strval(...), array_keys($named)))
            . "\xd3" . pack('J', $now) . $roll . $this->attributes($context, $names);
    }

    /** All attributes, or if they are too many those that the flags look at. @param list<string>|null $names */
    private function attributes(Context $context, ?array $names): string
    {
        try {
            return $context->known(null);
        } catch (ContextError $error) {
            return $names === null ? throw $error : $context->known($names);
        }
    }

    /** One decision of several, which keeps its error to itself. */
    private function single(string $key, Context $context, int $now, string $roll): Decision
    {
        try {
            $needs = $this->needs[$key] ?? $this->ask($key);
            $request = Request::forFlag($needs, $this->mistakes, $context, null, null, $now, unpack('J', $roll, 1)[1]);
            $revision = $this->info->revision;
            return $this->asked(static fn (Instance $i): Decision => $i->decide($request, $key, $revision));
        } catch (\Throwable $error) { // the others are still decided
            return new Decision($key, Decision::NOT_READY, revision: $this->info->revision, error: $error);
        }
    }

    /** Asks the engine what a flag needs, and whether it is decided already. */
    private function ask(string $key): Needs
    {
        $packedKey = Request::key($key);
        $request = "\x96$packedKey\xc0\x90\x00\x00\x80";
        [[$groups, $names, $number, $now, $roll], $packed] = $this->asked(
            static fn (Instance $instance): array => [$instance->needs($request), $instance->evaluate($request)],
        );
        // A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
        $attributes = $names !== null && str_contains(implode(' ', $names), "\u{FFFD}") ? null : $names;
        $points = Decision::IS_FIXED | Decision::HAS_VARIANT | Decision::HAS_TARGET;
        $fixed = ($packed & $points) === Decision::IS_FIXED || $packed === 0 ? $packed : null;
        $place = $number === null ? self::NO_FLAG : Msgpack::integer($number);
        $needs = new Needs($place, $groups, $attributes, $now, $roll, $fixed);
        if ($number !== null || (count($this->needs) < $this->info->flags + self::UNKNOWN && strlen($key) <= Request::LONGEST_KEY)) {
            $this->needs[$key] = $needs;
        }
        return $needs;
    }

    /**
     * @template T
     * @param \Closure(Instance): T $ask
     * @return T
     */
    private function asked(\Closure $ask): mixed
    {
        try {
            return $ask($this->instance);
        } catch (Trap $trap) {
            return $this->again($ask, $trap);
        }
    }

    /**
     * Asks once more, of a new instance: the old one stopped in the middle of a call.
     *
     * @template T
     * @param \Closure(Instance): T $ask
     * @return T
     */
    private function again(\Closure $ask, Trap $trap): mixed
    {
        ($this->onTrap)($trap);
        $this->instance = ($this->make)();
        try {
            return $ask($this->instance);
        } catch (Trap $trap) { // it is the request: refuse it, and leave nothing poisoned behind
            ($this->onTrap)($trap);
            $this->instance = ($this->make)();
            throw $trap;
        }
    }
}
