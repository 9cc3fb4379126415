<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The snapshot that serves, replaced at once and never changed, and its copy on disk.
 *
 * @internal
 */
final class Store
{
    private const UNRECORDED = '00000000000000000000000000000000'; // the lineage of a snapshot that no control plane made

    public ?Engine $engine = null;

    /** Snapshots from the source. */
    public int $taken = 0;

    /** Frames that changed nothing. */
    public int $refused = 0;

    /** Decisions that the engine failed to make. */
    public int $broken = 0;

    /** Times that the engine stopped in the middle of a call. */
    public int $traps = 0;

    public readonly Mistakes $mistakes;

    /** @var array<array-key, array{int, int}> evaluations that an earlier snapshot counted */
    private array $usage = [];

    public function __construct(
        public readonly ?string $environment,
        private readonly Status $status,
        private readonly Log $log,
        public readonly ?LastGood $lastGood = null,
    ) {
        $this->mistakes = new Mistakes($log);
    }

    /**
     * Serves the bootstrap or the last good snapshot, whichever is newer.
     *
     * @throws LoadError|Trap|\RuntimeException if the bootstrap can't be used
     */
    public function start(?string $bootstrap): void
    {
        $first = $bootstrap === null ? null : $this->checked($this->load($bootstrap));
        $kept = $this->openLastGood();
        [$a, $b] = [$first?->info(), $kept?->info()];
        if ($a !== null && $b !== null && $a->lineage === $b->lineage && $a->revision > $b->revision) {
            $kept = null;
        }
        $newer = $kept ?? $first;
        if ($newer !== null) {
            $this->serve($newer, false);
        }
    }

    /** Takes what the last good file has by now, if it is another snapshot. Returns whether it is. */
    public function reopen(): bool
    {
        $kept = $this->openLastGood();
        if ($kept === null || $kept->info()->id === $this->engine?->info()->id) {
            return false;
        }
        $this->serve($kept, false);
        return true;
    }

    /** Takes the snapshot in a file, which this process keeps over its requests. @throws Refused */
    public function takeFile(string $path): void
    {
        $this->counting(function () use ($path): void {
            try {
                $engine = Engine::open($path, $this->mistakes, $this->trapped(...))
                    ?? throw new \RuntimeException("there is no file $path");
                $info = $this->checked($engine)->info();
            } catch (\RuntimeException $error) {
                throw new Refused($error->getMessage(), 0, $error);
            }
            if ($this->engine === null || $this->follows($info, $this->engine->info(), null)) {
                $this->taken++;
                $this->serve($engine, true);
            }
        });
    }

    /**
     * Takes a snapshot from the source. Returns false if it is what serves.
     *
     * @param string|null $supersedes the position of what serves, if the control plane is sure that it never had it
     * @throws Refused
     */
    public function takeSnapshot(string $bytes, ?string $supersedes = null): bool
    {
        return $this->counting(function () use ($bytes, $supersedes): bool {
            try {
                $engine = $this->checked($this->load($bytes));
            } catch (LoadError | Trap | \UnexpectedValueException $error) {
                throw new Refused($error->getMessage(), 0, $error);
            }
            if ($this->engine !== null && !$this->follows($engine->info(), $this->engine->info(), $supersedes)) {
                return false;
            }
            $this->taken++;
            $this->serve($engine, true);
            $this->lastGood?->write($bytes);
            return true;
        });
    }

    /** Takes what a delta makes of the snapshot that serves. @throws Refused */
    public function takeDelta(string $delta): bool
    {
        $bytes = $this->counting(function () use ($delta): string {
            if ($this->engine === null) {
                throw new Refused('a delta without a snapshot to apply it to');
            }
            try {
                return $this->engine->splice($delta);
            } catch (LoadError | Trap $error) {
                throw new Refused("a delta that doesn't apply: {$error->getMessage()}", 0, $error);
            }
        });
        return $this->takeSnapshot($bytes);
    }

    /** Counts a frame that couldn't even be read. */
    public function refuse(string $reason): void
    {
        $this->refused++;
        $this->log->once('warning', "a frame was refused: $reason"); // a file that is looked at again has the same
    }

    /**
     * Says that the decisions of these flags can differ from now on, by the snapshot that serves.
     *
     * @param list<string> $flags
     */
    public function tell(array $flags): void
    {
        if ($flags !== [] && $this->engine !== null) {
            $info = $this->engine->info();
            $this->status->emit(new FlagsChanged($flags, $info->revision, $info->lineage));
        }
    }

    /**
     * @return array<array-key, array{int, int}> key → how often it was evaluated since the last time, and how often it
     *     was on
     */
    public function takeUsage(): array
    {
        $taken = Usage::merge($this->usage, $this->engine?->takeUsage() ?? []);
        $this->usage = [];
        return $taken;
    }

    /** Keeps counts that couldn't be delivered for the next time. @param array<array-key, array{int, int}> $usage */
    public function putUsageBack(array $usage): void
    {
        $this->usage = Usage::merge($this->usage, $usage);
    }

    /** Loads a snapshot's bytes. @throws LoadError|Trap */
    public function load(string $bytes): Engine
    {
        if (strlen($bytes) > Instance::MAX_BYTES) {
            throw new LoadError(LoadError::TOO_LARGE, Instance::MAX_BYTES);
        }
        return Engine::load($bytes, $this->mistakes, $this->trapped(...));
    }

    /** @param bool $confirmed whether the source stands behind it */
    private function serve(Engine $engine, bool $confirmed): void
    {
        $old = $this->engine;
        $this->engine = $engine;
        if ($old !== null) {
            $this->usage = Usage::merge($this->usage, $old->takeUsage());
        }
        $confirmed ? $this->status->contact() : $this->status->loaded();
        if ($this->status->heard()) {
            $bytes = $engine->bytes();
            $this->tell($bytes === null ? $engine->keys() : Records::changed($old?->bytes(), $bytes));
        }
    }

    /** Whether a snapshot may take the place of what serves; false if it is the same. @throws Refused */
    private function follows(SnapshotInfo $new, SnapshotInfo $old, ?string $supersedes): bool
    {
        if ($new->id === $old->id) {
            return false;
        }
        $places = "{$new->position()}, was {$old->position()}";
        if ($supersedes === $old->position()) {
            $this->log->warning("environment $new->environment goes back: $places");
        } elseif ($new->lineage !== $old->lineage) {
            $this->log->warning("environment $new->environment has another lineage: $places");
        } elseif ($new->lineage !== self::UNRECORDED && $new->revision <= $old->revision) {
            throw new Refused("revision $new->revision is not above $old->revision, which serves");
        }
        return true;
    }

    /** @throws \UnexpectedValueException for a snapshot of another environment */
    private function checked(Engine $engine): Engine
    {
        $info = $engine->info();
        if ($this->environment !== null && $info->environment !== $this->environment) {
            throw new \UnexpectedValueException("a snapshot of environment $info->environment, not of $this->environment");
        }
        if ($info->unreadable > 0) {
            $this->log->warning("a newer control plane wrote $info->unreadable records that this engine can't read;"
                . ' such flags are off, and so are those that require them');
        }
        return $engine;
    }

    private function openLastGood(): ?Engine
    {
        if ($this->lastGood === null) {
            return null;
        }
        try {
            $engine = Engine::open($this->lastGood->path, $this->mistakes, $this->trapped(...));
            return $engine === null ? null : $this->checked($engine);
        } catch (\RuntimeException $error) {
            $this->log->once('warning', "the last good snapshot {$this->lastGood->path} is ignored: {$error->getMessage()}");
            return null;
        }
    }

    private function trapped(Trap $trap): void
    {
        $this->traps++;
        $this->log->error("the snapshot that serves was loaded again: {$trap->getMessage()}");
    }

    /**
     * @template T
     * @param \Closure(): T $take
     * @return T
     * @throws Refused
     */
    private function counting(\Closure $take): mixed
    {
        try {
            return $take();
        } catch (Refused $refused) {
            $this->refuse($refused->getMessage());
            throw $refused;
        }
    }
}
