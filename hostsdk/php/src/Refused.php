<?php

declare(strict_types=1);

namespace Gonfalon;

/** A frame that changes nothing; the old snapshot goes on serving. @internal */
final class Refused extends \RuntimeException
{
}
