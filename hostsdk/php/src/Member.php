<?php

declare(strict_types=1);

namespace Gonfalon;

/** Anything that knows its groups. It is asked only about those that the flag, or a prerequisite, names. */
interface Member
{
    public function inGroup(string $name): bool;
}
