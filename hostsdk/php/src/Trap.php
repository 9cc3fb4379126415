<?php

declare(strict_types=1);

namespace Gonfalon;

/** The engine stopped in the middle of a call, or had no memory to begin it. @internal */
final class Trap extends \RuntimeException
{
}
