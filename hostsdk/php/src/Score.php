<?php

declare(strict_types=1);

namespace Gonfalon;

/** Where an actor falls, for any flag. */
final class Score
{
    /**
     * Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what
     * percentages and variants go by. Null for an actor without a key, for nobody, and for a key that is no text.
     *
     * @param string $key
     */
    public static function of(mixed $key, mixed $actor): ?float
    {
        $known = ($actor instanceof Context ? $actor : new Context($actor))->actor;
        if (!is_string($known) || !(is_string($key) || is_int($key))) {
            return null;
        }
        return unpack('n', hash('sha256', $known . Values::text((string) $key), true))[1] / Decision::SCORES;
    }
}
