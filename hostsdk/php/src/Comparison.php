<?php

declare(strict_types=1);

namespace Gonfalon;

/** One constraint of a rule or segment, and how it compared. */
final class Comparison
{
    /** All operators, by their numbers. */
    public const OPERATORS = [
        'eq', 'neq', 'in', 'not_in', 'contains', 'gt', 'gte', 'lt', 'lte', 'matches', 'never',
        'semver_gte', 'semver_lt', 'starts_with', 'ends_with',
    ];

    /**
     * @param list<mixed> $values the constraint's
     * @param mixed $actual the context's value; null if it has none
     */
    public function __construct(
        public readonly string $attribute,
        public readonly string $operator,
        public readonly array $values,
        public readonly mixed $actual,
        public readonly bool $held,
    ) {
    }

    /**
     * @internal
     * @param array{string, int, list<mixed>, mixed, bool} $written as the module's ABI has it
     */
    public static function read(array $written): self
    {
        [$attribute, $operator, $values, $actual, $held] = $written;
        return new self($attribute, self::OPERATORS[$operator] ?? "operator $operator", $values, $actual, $held);
    }
}
