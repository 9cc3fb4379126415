<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * What deciding one flag can ask for (the ABI's "needs"). The rest of a context is neither read nor written.
 *
 * @internal
 */
final class Needs
{
    /** Whether nothing but the actor matters. */
    public readonly bool $alone;

    /** @var array<array-key, string>|null the attributes' names, packed; null: all that there are, and all groups */
    public readonly ?array $attributes;

    /**
     * @param string $number of the flag, packed; -1 if there is no such flag
     * @param list<string> $groups
     * @param list<string>|null $attributes their names
     * @param int|null $fixed the packed decision, if it is the same for every request and points at nothing
     */
    public function __construct(
        public readonly string $number,
        public readonly array $groups,
        ?array $attributes,
        public readonly bool $now,
        public readonly bool $roll,
        public readonly ?int $fixed,
    ) {
        $this->attributes = $attributes === null ? null : array_combine($attributes, array_map(Msgpack::text(...), $attributes));
        $this->alone = $groups === [] && $attributes === [] && !$now && !$roll;
    }
}
