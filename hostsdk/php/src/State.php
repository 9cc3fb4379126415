<?php

declare(strict_types=1);

namespace Gonfalon;

/** What a client's answers rest on. */
enum State: string
{
    /** Nothing has been loaded yet. */
    case NotReady = 'NOT_READY';

    /** A snapshot serves, and the source confirms it. */
    case Ready = 'READY';

    /** A snapshot serves, but the source is unreachable, or hasn't answered yet. */
    case Stale = 'STALE';

    /** Nothing has been loaded, and the source refuses, or sends what can't be read. */
    case Error = 'ERROR';
}
