<?php

declare(strict_types=1);

namespace Gonfalon;

/** The client's state has changed. The error says what is wrong with the source, if anything is. */
final class StateChanged
{
    public function __construct(
        public readonly State $state,
        public readonly State $previous,
        public readonly ?string $error,
    ) {
    }
}
