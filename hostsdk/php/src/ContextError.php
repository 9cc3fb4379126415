<?php

declare(strict_types=1);

namespace Gonfalon;

/** A context that can't be read, as far as the decision would rest on it. The message says what is wrong with it. */
final class ContextError extends \RuntimeException
{
}
