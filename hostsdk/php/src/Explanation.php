<?php

declare(strict_types=1);

namespace Gonfalon;

/** A decision, and every gate that the engine looked at, in its order. As text it is a table to read. */
final class Explanation
{
    /** @param list<Step> $steps */
    public function __construct(
        public readonly Decision $decision,
        public readonly array $steps,
        public readonly string $environment,
        public readonly ?int $revision,
    ) {
    }

    public function __toString(): string
    {
        $decision = $this->decision;
        $parts = [
            $decision->key,
            $this->environment,
            $this->revision === null ? 'nothing loaded' : "revision $this->revision",
            $decision->enabled ? 'on' : 'off',
            $decision->reason,
        ];
        if ($decision->variant !== null) {
            $parts[] = "variant $decision->variant";
        }
        return implode("\n", [implode(' · ', $parts), ...array_map(static fn (Step $step): string => "  $step", $this->steps)]);
    }
}
