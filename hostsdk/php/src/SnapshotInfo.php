<?php

declare(strict_types=1);

namespace Gonfalon;

/** What a snapshot says about itself. */
final class SnapshotInfo
{
    /**
     * @param string $environment the environment's key
     * @param string $id the content id, in lower-case hex
     * @param string $lineage in lower-case hex
     * @param int $unreadable flags and segments that a newer build wrote in a form that this engine can't read; such a
     *     flag is off
     */
    public function __construct(
        public readonly string $environment,
        public readonly string $id,
        public readonly string $lineage,
        public readonly int $revision,
        public readonly int $flags,
        public readonly int $segments,
        public readonly int $unreadable,
    ) {
    }

    /** Lineage, revision and content id, as a control plane knows them. */
    public function position(): string
    {
        return "$this->lineage-$this->revision-$this->id";
    }
}
