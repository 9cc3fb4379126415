<?php

declare(strict_types=1);

namespace Gonfalon\Testing;

use Gonfalon\Flags;
use Gonfalon\Log;
use Gonfalon\Records;
use Gonfalon\Status;
use Gonfalon\Store;
use Psr\Log\LoggerInterface;

/**
 * A client for tests: ask it as any other, and say what the flags are. It decides with the real engine, and needs no
 * network.
 *
 *     $flags = new FlagsForTest();
 *     $flags->enable('new_checkout', forGroup: 'staff');
 *     $flags->enabled('new_checkout', 'user:3', ['staff']);    // true
 */
final class FlagsForTest extends Flags
{
    private int $revision = 0;

    /** @var array<array-key, FlagForTest> */
    private array $flags = [];

    public function __construct(?LoggerInterface $logger = null)
    {
        $log = new Log($logger);
        $status = new Status($log);
        parent::__construct(new Store(null, $status, $log), $status, $log);
        $this->set([]);
    }

    /**
     * Turns a flag on: for everyone, or for what is named. `requires` makes it need another flag that is on.
     *
     * @param float|null $forPercentageOfActors between 0 and 1
     * @param float|null $forPercentageOfTime between 0 and 1
     */
    public function enable(
        string $key,
        ?string $forActor = null,
        ?string $forGroup = null,
        ?float $forPercentageOfActors = null,
        ?float $forPercentageOfTime = null,
        ?string $requires = null,
    ): self {
        $named = array_filter(
            [$forActor, $forGroup, $forPercentageOfActors, $forPercentageOfTime, $requires],
            static fn (mixed $scope): bool => $scope !== null,
        );
        if (count($named) > 1) {
            throw new \InvalidArgumentException('one scope at a time: each of them is a change of its own');
        }
        foreach ([$forPercentageOfActors, $forPercentageOfTime] as $ratio) {
            if ($ratio !== null && ($ratio <= 0 || $ratio >= 1)) {
                throw new \InvalidArgumentException("$ratio is not between 0 and 1 (both excluded)");
            }
        }
        $flag = $this->copy($key);
        if ($forPercentageOfActors !== null || $forPercentageOfTime !== null) {
            [$flag->actorsRatio, $flag->timeRatio] = [$forPercentageOfActors, $forPercentageOfTime];
            return $this->set([$key => $flag] + $this->flags);
        }
        return $this->turn($key, true, $forActor, $forGroup, $requires);
    }

    /**
     * Turns a flag off: for everyone whom no other gate grants it, or for what is named. `requires` makes it need
     * another flag that is off.
     */
    public function disable(string $key, ?string $forActor = null, ?string $forGroup = null, ?string $requires = null): self
    {
        return $this->turn($key, false, $forActor, $forGroup, $requires);
    }

    /** Adds a variant, which every actor is served, with a payload if there is one. */
    public function serve(string $key, string $variant, mixed $payload = null): self
    {
        $flag = $this->copy($key);
        [$flag->variant, $flag->payload] = [$variant, $payload];
        return $this->set([$key => $flag] + $this->flags);
    }

    /** Kills a flag: off, whatever its gates say. Actors get the flag's variant only if servingVariant says so. */
    public function kill(string $key, bool $servingVariant = false): self
    {
        $flag = $this->copy($key);
        if ($servingVariant && $flag->variant === null) {
            throw new \InvalidArgumentException("$key has no variant to serve");
        }
        [$flag->killed, $flag->servesOff] = [true, $servingVariant];
        return $this->set([$key => $flag] + $this->flags);
    }

    /** Forgets what the test set for a flag, or for all of them. */
    public function clear(?string $key = null): self
    {
        return $this->set($key === null ? [] : array_diff_key($this->flags, [$key => true]));
    }

    /**
     * Makes the client one that has loaded nothing: every question gets the caller's default. The next change loads it
     * again.
     */
    public function unload(): self
    {
        $this->store->engine = null;
        $this->status->unloaded();
        return $this;
    }

    private function turn(string $key, bool $on, ?string $actor, ?string $group, ?string $requires): self
    {
        $flag = $this->copy($key);
        match (true) {
            $actor !== null => $flag->actors[$actor] = $on,
            $group !== null => $flag->groups[$group] = $on,
            $requires !== null => $flag->requires[$requires] = $on,
            default => $flag->on = $on,
        };
        return $this->set([$key => $flag] + $this->flags);
    }

    private function copy(string $key): FlagForTest
    {
        return isset($this->flags[$key]) ? clone $this->flags[$key] : new FlagForTest();
    }

    /** @param array<array-key, FlagForTest> $flags */
    private function set(array $flags): self
    {
        $before = $this->store->engine?->bytes();
        $bytes = FlagForTest::compile($flags, ++$this->revision);
        $this->store->engine = $this->store->load($bytes); // which may refuse them
        $this->flags = $flags;
        $this->status->contact();
        if ($this->status->heard()) {
            $this->store->tell(Records::changed($before, $bytes));
        }
        return $this;
    }
}
