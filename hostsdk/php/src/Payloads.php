<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * Variants and their payloads, by type, of whatever decides. What each takes besides the default is what decide takes.
 *
 * @internal
 */
trait Payloads
{
    abstract public function decide(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $now = null,
        mixed $roll = null,
    ): Decision;

    /**
     * The name of the variant that the actor is served; the default if it is served none. A disabled flag still serves
     * its variant.
     *
     * @param string $key
     * @return ($default is null ? string|null : string)
     */
    public function variant(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = null,
        mixed $now = null,
        mixed $roll = null,
    ): ?string {
        return $this->decide($key, $actor, $groups, $attributes, $now, $roll)->variant ?? (is_scalar($default) ? (string) $default : null);
    }

    /** The served variant's payload if it is a boolean, or else the default. @param string $key */
    public function payloadBool(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = false,
        mixed $now = null,
        mixed $roll = null,
    ): bool {
        return Payload::bool($this->decide($key, $actor, $groups, $attributes, $now, $roll), $default);
    }

    /** The served variant's payload if it is a string, or else the default. @param string $key */
    public function payloadString(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = '',
        mixed $now = null,
        mixed $roll = null,
    ): string {
        return Payload::string($this->decide($key, $actor, $groups, $attributes, $now, $roll), $default);
    }

    /**
     * The served variant's payload if it is a number without a fraction within ±2^53, or else the default.
     *
     * @param string $key
     */
    public function payloadInt(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = 0,
        mixed $now = null,
        mixed $roll = null,
    ): int {
        return Payload::int($this->decide($key, $actor, $groups, $attributes, $now, $roll), $default);
    }

    /** The served variant's payload if it is a number, or else the default. @param string $key */
    public function payloadFloat(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = 0.0,
        mixed $now = null,
        mixed $roll = null,
    ): float {
        return Payload::float($this->decide($key, $actor, $groups, $attributes, $now, $roll), $default);
    }

    /**
     * The served variant's payload if it is an object, or else the default. Objects inside are arrays, too.
     *
     * @param string $key
     * @param array<array-key, mixed> $default
     * @return array<array-key, mixed>
     */
    public function payloadObject(
        mixed $key,
        mixed $actor = null,
        mixed $groups = null,
        mixed $attributes = null,
        mixed $default = [],
        mixed $now = null,
        mixed $roll = null,
    ): array {
        return Payload::object($this->decide($key, $actor, $groups, $attributes, $now, $roll), $default);
    }
}
