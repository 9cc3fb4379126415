<?php

declare(strict_types=1);

namespace Gonfalon;

/** One gate that the engine looked at. */
final class Step
{
    /** All outcomes, by their numbers. */
    public const OUTCOMES = ['no', 'yes', 'deny', 'pass', 'fail', 'not_asked'];

    /** What a step's three numbers are, by gate. */
    private const FACTS = [
        Gate::NONE => ['exhausted'],
        Gate::ACTOR => ['state'],
        Gate::GROUP => ['state'],
        Gate::RULE => ['score', 'limit'],
        Gate::SEGMENT => ['score', 'limit'],
        Gate::BOOLEAN => ['on'],
        Gate::SCHEDULE => ['from', 'until', 'now'],
        Gate::PERCENTAGE_OF_ACTORS => ['score', 'limit'],
        Gate::PERCENTAGE_OF_TIME => ['draw', 'limit'],
        Gate::PREREQUISITE => ['required', 'found'],
    ];

    /**
     * @param string $gate one of Gate's words
     * @param string $outcome one of OUTCOMES
     * @param array<string, int|null> $facts the numbers that were compared: scores of 0 … 65535, draws of 1 … 10000,
     *     times in Unix microseconds; null: open, missing or not needed
     * @param list<Comparison> $comparisons a rule's or segment's
     */
    public function __construct(
        public readonly string $gate,
        public readonly string $outcome,
        public readonly ?string $target,
        public readonly array $facts,
        public readonly array $comparisons = [],
    ) {
    }

    /**
     * @internal
     * @param list<mixed> $written as the module's ABI has it
     */
    public static function read(array $written): self
    {
        [$number, $outcome, $target, $a, $b, $c, $details] = $written;
        $gate = Gate::ALL[$number] ?? "gate $number";
        $names = self::FACTS[$gate] ?? [];
        return new self(
            $gate,
            self::OUTCOMES[$outcome] ?? "outcome $outcome",
            $target,
            array_combine($names, array_slice([$a, $b, $c], 0, count($names))),
            array_map(Comparison::read(...), $details ?? []),
        );
    }

    /** What the gate compared, in words. */
    public function detail(): string
    {
        return Words::detail($this);
    }

    public function __toString(): string
    {
        $target = $this->target === null || $this->target === '' ? '' : Words::name($this->target);
        return sprintf('%-20s %-16s %-9s %s', $this->gate, $target, $this->outcome, $this->detail());
    }
}
