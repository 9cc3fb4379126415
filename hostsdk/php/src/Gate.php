<?php

declare(strict_types=1);

namespace Gonfalon;

/** A kind of gate. A newer engine's gate that has no name here is "gate 11". */
final class Gate
{
    public const NONE = '';
    public const BOOLEAN = 'boolean';
    public const ACTOR = 'actor';
    public const GROUP = 'group';
    public const RULE = 'rule';
    public const SEGMENT = 'segment';
    public const SCHEDULE = 'schedule';
    public const PERCENTAGE_OF_ACTORS = 'percentage_of_actors';
    public const PERCENTAGE_OF_TIME = 'percentage_of_time';
    public const PREREQUISITE = 'prerequisite';
    public const KILL = 'kill';

    /** All of them, by their numbers in a packed decision. */
    public const ALL = [
        self::NONE, self::BOOLEAN, self::ACTOR, self::GROUP, self::RULE, self::SEGMENT, self::SCHEDULE,
        self::PERCENTAGE_OF_ACTORS, self::PERCENTAGE_OF_TIME, self::PREREQUISITE, self::KILL,
    ];
}
