<?php

declare(strict_types=1);

namespace Gonfalon;

/** Why a decision is what it is. A newer engine's reason that has no name here is "reason 9". */
final class Reason
{
    public const UNKNOWN_FLAG = 'UNKNOWN_FLAG';
    public const DEFAULT = 'DEFAULT';
    public const STATIC = 'STATIC';
    public const TARGETING_MATCH = 'TARGETING_MATCH';
    public const SPLIT = 'SPLIT';
    public const KILLED = 'KILLED';
    public const PREREQUISITE = 'PREREQUISITE';
    public const NOT_READY = 'NOT_READY'; // no snapshot could decide

    /** All of them, by their numbers in a packed decision. */
    public const ALL = [
        self::UNKNOWN_FLAG, self::DEFAULT, self::STATIC, self::TARGETING_MATCH,
        self::SPLIT, self::KILLED, self::PREREQUISITE, self::NOT_READY,
    ];
}
