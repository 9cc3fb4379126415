<?php

declare(strict_types=1);

namespace Gonfalon;

/** Anything that knows its id. An object with such a method or property counts as one, too. */
interface Actor
{
    /**
     * The id: a string, an integer, or whatever else may be an actor. Null is an actor of whom only the groups count.
     */
    public function actorId(): mixed;
}
