<?php

declare(strict_types=1);

namespace Gonfalon;

/** A client's figures, for metrics. */
final class Stats
{
    /**
     * @param SnapshotInfo|null $info the snapshot that serves; null before the first
     * @param float|null $age seconds since the source last confirmed it; null before it did
     * @param int $taken snapshots taken from the source
     * @param int $refused frames that changed nothing
     * @param int $broken decisions that the engine failed to make, whose callers got their defaults
     * @param int $unknown decisions about unknown flags
     * @param int $unreadable decisions whose context has something that can't be read
     * @param int $traps times that the engine stopped in the middle of a call and was replaced
     * @param int $lost connections of the source that ended
     * @param string|null $lastError what is wrong with the source, for people; null once it is well again
     */
    public function __construct(
        public readonly State $state,
        public readonly ?SnapshotInfo $info,
        public readonly ?float $age,
        public readonly int $taken,
        public readonly int $refused,
        public readonly int $broken,
        public readonly int $unknown,
        public readonly int $unreadable,
        public readonly int $traps,
        public readonly int $lost,
        public readonly ?string $lastError,
    ) {
    }
}
