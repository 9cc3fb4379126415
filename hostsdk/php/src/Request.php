<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The bytes of requests: what of a context goes to the engine.
 *
 * @internal
 */
final class Request
{
    public const LONGEST_KEY = 1024; // bytes of a flag's key (engine/limits.go)

    /** The request for one flag, by what it needs. */
    public static function forFlag(
        Needs $needs,
        Mistakes $mistakes,
        mixed $actor,
        mixed $groups,
        mixed $attributes,
        ?int $now,
        ?int $roll,
    ): string {
        if ($actor instanceof Context) {
            $context = self::context($actor, $groups, $attributes);
        } else {
            $attributes = self::only($attributes, $needs->attributes);
            if (is_string($actor) && ($groups === null || $groups === [])) {
                $packed = $needs->alone ? '' : self::plain($needs, $attributes);
                if ($packed !== null) {
                    $head = ($needs->alone ? "\x92" : "\x96") . $needs->number . Msgpack::text(Values::text($actor));
                    return $needs->alone ? $head : $head . "\x90" . self::moment($needs, $now, $roll) . $packed;
                }
            }
            $context = new Context($actor, $groups, $attributes);
        }
        if ($context->unreadable !== []) {
            $mistakes->unreadableContext($context->unreadable);
        }
        if ($needs->alone) {
            return "\x92" . $needs->number . $context->packedActor();
        }
        return "\x96" . $needs->number . $context->packedActor()
            . ($needs->groups !== [] || $needs->attributes === null ? $context->memberOf($needs->groups) : "\x90")
            . self::moment($needs, $now, $roll)
            . $context->known($needs->attributes);
    }

    /** Time and chance of a request, as far as they matter. */
    private static function moment(Needs $needs, ?int $now, ?int $roll): string
    {
        return ($needs->now ? "\xd3" . pack('J', $now ?? self::clock()) : "\x00") . ($needs->roll ? self::roll($roll) : "\x00");
    }

    /** The attributes that a flag looks at, packed without a context; null if they are more than plain values. */
    private static function plain(Needs $needs, mixed $attributes): ?string
    {
        if ($attributes === null || $attributes === []) {
            return "\x80";
        }
        if ($needs->attributes === null || !is_array($attributes) || count($attributes) > Values::MAX_LISTED) {
            return null;
        }
        $packed = '';
        foreach ($attributes as $name => $value) {
            if (!is_scalar($value) && $value !== null) {
                return null;
            }
            $packed .= $needs->attributes[$name] . Values::pack($value);
        }
        return Msgpack::mapOf(count($attributes)) . $packed;
    }

    /** The context that a call is given, prepared or in parts. @throws ContextError if it is both */
    public static function context(mixed $actor, mixed $groups, mixed $attributes): Context
    {
        if (!$actor instanceof Context) {
            return new Context($actor, $groups, $attributes);
        }
        if (($groups !== null && $groups !== []) || ($attributes !== null && $attributes !== [])) {
            throw new ContextError('groups and attributes are part of a prepared Context; give them when it is made');
        }
        return $actor;
    }

    /**
     * The attributes of these names, if they are an array: the rest isn't even looked at. Those that are too many are left to the context.
     *
     * @param array<array-key, string>|null $names
     */
    public static function only(mixed $attributes, ?array $names): mixed
    {
        if ($names === null || !is_array($attributes)) {
            return $attributes;
        }
        if ($names !== [] && count($attributes) > Values::MAX_LISTED) {
            return $attributes;
        }
        $kept = [];
        foreach ($names as $name => $packed) {
            if (array_key_exists($name, $attributes)) {
                $kept[$name] = $attributes[$name];
            }
        }
        return $kept;
    }

    /** A flag's key, packed. One that is too long to be a flag's is cut, and still is no flag's. */
    public static function key(string $key): string
    {
        return Msgpack::text(Values::text(substr($key, 0, self::LONGEST_KEY + 1)));
    }

    /** The time, in Unix microseconds. */
    public static function clock(): int
    {
        return (int) (microtime(true) * 1e6);
    }

    /** 64 bits of chance, packed. */
    public static function roll(?int $roll): string
    {
        return "\xd3" . ($roll === null ? random_bytes(8) : pack('J', $roll));
    }
}
