<?php

declare(strict_types=1);

namespace Gonfalon;

/** Another snapshot serves, or a schedule has opened or closed. */
final class FlagsChanged
{
    /**
     * @param list<string> $flags the keys, ascending, of every flag whose decision can differ now, also by a segment, a
     *     setting or a flag that it requires
     */
    public function __construct(
        public readonly array $flags,
        public readonly int $revision,
        public readonly string $lineage,
    ) {
    }
}
