<?php

declare(strict_types=1);

// Doubles of the UUIDs that people use, whose packages no test can install: the methods that are called, and no others.

namespace Ramsey\Uuid {
    interface UuidInterface
    {
        public function toString(): string;
    }
}

namespace Symfony\Component\Uid {
    abstract class AbstractUid
    {
        abstract public function toRfc4122(): string;
    }
}

namespace Gonfalon\Tests {
    final class RamseyUuid implements \Ramsey\Uuid\UuidInterface
    {
        public function __construct(private readonly string $text)
        {
        }

        public function toString(): string
        {
            return $this->text;
        }
    }

    final class SymfonyUuid extends \Symfony\Component\Uid\AbstractUid
    {
        public function __construct(private readonly string $text)
        {
        }

        public function toRfc4122(): string
        {
            return $this->text;
        }
    }
}
