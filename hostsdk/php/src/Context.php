<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * A context that is prepared once and used for many decisions: an actor, its groups, and attributes.
 *
 *     $who = new Context('user:3', groups: ['staff'], attributes: ['plan' => 'pro']);
 *     $flags->enabled('new_checkout', $who);
 *
 * hostsdk/README.md has the tables of what each value means. Making one never fails.
 */
final class Context
{
    private const MAX_GROUPS = 256; // of a request, by the module's ABI
    private const MAX_IDS = 4; // objects whose ids are objects, in one another

    /** The actor's key; false for an actor without one, null for nobody. */
    public readonly string|false|null $actor;

    /** @var list<string> */
    public readonly array $groups;

    /** @var list<string> what was left out, or counts as nobody, since it can't be read */
    public readonly array $unreadable;

    /** @var array<array-key, string> the attributes' values, packed */
    private array $attributes = [];

    private ?\Closure $inGroup = null;
    private ?ContextError $noGroups = null;
    private ?ContextError $noAttributes = null;
    private string $packedActor;
    private ?string $packedGroups = null;
    private ?string $packedAttributes = null;

    /**
     * @param string|int|float|Actor|Member|BigInteger|\GMP|object|null $actor
     * @param iterable<string>|string|Member|\Closure(string): bool|null $groups names, or what answers "in this group?"
     * @param array<string, mixed>|null $attributes
     */
    public function __construct(mixed $actor = null, mixed $groups = null, mixed $attributes = null)
    {
        $wrong = [];
        $names = [];
        try {
            $this->inGroup = self::asked($actor) ?? self::asked($groups) ?? ($groups instanceof \Closure ? $groups : null);
            if ($this->inGroup === null || is_iterable($groups)) {
                $names = self::groupNames($groups, $wrong);
            }
        } catch (\Throwable $error) { // an iterator or an object of the program's
            $this->noGroups = self::unreadable('groups', $error);
        }
        $key = self::actorKey($actor, $wrong);
        $somebody = $names !== [] || $this->inGroup !== null || $this->noGroups !== null;
        $this->actor = $key === null && $somebody ? false : $key;
        $this->groups = $names;
        $this->packedActor = is_string($this->actor) ? Msgpack::text($this->actor) : ($this->actor === false ? "\xc2" : "\xc0");
        $this->readAttributes($attributes, $wrong);
        $this->unreadable = array_values(array_unique($wrong));
    }

    /** The actor as a request has it. @internal */
    public function packedActor(): string
    {
        return $this->packedActor;
    }

    /** Whether memberOf depends on the groups that flags name. @internal */
    public function wantsNames(): bool
    {
        return $this->inGroup !== null || count($this->groups) > self::MAX_GROUPS;
    }

    /**
     * The groups for a request about flags that name these, packed.
     *
     * @internal
     * @param list<string> $named
     * @throws ContextError if they can't be known
     */
    public function memberOf(array $named): string
    {
        if ($this->noGroups !== null) {
            throw $this->noGroups;
        }
        if (!$this->wantsNames()) {
            return $this->packedGroups ??= self::packGroups($this->groups);
        }
        $found = $this->groups;
        if ($this->inGroup !== null) {
            $given = array_flip($found);
            try {
                foreach ($named as $name) {
                    if (!isset($given[$name]) && ($this->inGroup)($name)) {
                        $found[] = $name;
                    }
                }
            } catch (\Throwable $error) {
                throw self::unreadable('groups', $error);
            }
        }
        if (count($found) > self::MAX_GROUPS) {
            $found = array_values(array_unique(array_filter($found, self::among($named))));
            if (count($found) > self::MAX_GROUPS) {
                $count = count($found);
                throw new ContextError("the flag names $count of the actor's groups, more than " . self::MAX_GROUPS);
            }
        }
        return self::packGroups($found);
    }

    /**
     * The attributes for a request about flags that look at these, packed; null: at all.
     *
     * @internal
     * @param array<array-key, string>|null $names packed, by themselves
     * @throws ContextError if they are too many
     */
    public function known(?array $names): string
    {
        if ($names === []) {
            return "\x80";
        }
        if ($this->noAttributes !== null) {
            throw $this->noAttributes;
        }
        if ($names === null) {
            return $this->packedAttributes ??= self::packAttributes($this->attributes);
        }
        $count = 0;
        $packed = '';
        foreach ($names as $name => $packedName) {
            if (isset($this->attributes[$name])) {
                $count++;
                $packed .= $packedName . $this->attributes[$name];
            }
        }
        return Msgpack::mapOf($count) . $packed;
    }

    /** @return \Closure(string): bool what answers "in this group?", if the value does */
    private static function asked(mixed $who): ?\Closure
    {
        return is_object($who) && self::has($who, 'inGroup') ? $who->inGroup(...) : null;
    }

    /** @param list<string> $wrong */
    private static function actorKey(mixed $actor, array &$wrong, int $depth = 0): string|false|null
    {
        if (is_string($actor)) {
            return Values::text($actor);
        }
        if ($actor === null || is_int($actor)) {
            return $actor === null ? null : (string) $actor;
        }
        if (is_float($actor) && floor($actor) === $actor && abs($actor) <= Values::EXACT) {
            return (string) (int) $actor;
        }
        if (is_object($actor) && $depth < self::MAX_IDS) {
            try {
                $known = Values::digits($actor) ?? Values::uuid($actor);
                if ($known !== null) {
                    return $known;
                }
                [$knows, $id] = self::idOf($actor);
            } catch (\Throwable $error) { // it is the program's own code, and a decision never fails
                $wrong[] = 'the actorId of ' . get_debug_type($actor) . ', which throws ' . get_debug_type($error);
                return null;
            }
            if ($knows) {
                return $id === null ? false : self::actorKey($id, $wrong, $depth + 1);
            }
        }
        $wrong[] = get_debug_type($actor) . ' as the actor';
        return null;
    }

    /**
     * @return array{bool, mixed} whether an object knows its id, and the id; one that knows its groups alone has none
     */
    private static function idOf(object $actor): array
    {
        return match (true) {
            self::has($actor, 'actorId') => [true, $actor->actorId()],
            property_exists($actor, 'actorId') || isset($actor->actorId) => [true, $actor->actorId],
            default => [self::has($actor, 'inGroup'), null],
        };
    }

    /** Whether an object has a public method. One that answers every call by __call has none of its own. */
    private static function has(object $who, string $method): bool
    {
        return method_exists($who, $method) && is_callable([$who, $method]);
    }

    /**
     * @param list<string> $wrong
     * @return list<string>
     */
    private static function groupNames(mixed $groups, array &$wrong): array
    {
        if ($groups === null || is_string($groups)) {
            return $groups === null ? [] : [Values::text($groups)];
        }
        if (!is_iterable($groups)) {
            $wrong[] = get_debug_type($groups) . ' as the groups';
            return [];
        }
        $names = [];
        $count = 0;
        foreach ($groups as $place => $name) {
            if (++$count > Values::MAX_LISTED || (is_array($groups) && count($groups) > Values::MAX_LISTED)) {
                throw new ContextError('there are more than ' . Values::MAX_LISTED . ' groups');
            }
            if (is_array($groups) && is_string($place)) {
                $wrong[] = 'an array with names as the groups';
                return [];
            }
            if (is_string($name)) {
                $names[] = Values::text($name);
            } else {
                $wrong[] = get_debug_type($name) . ' as a group';
            }
        }
        return $names;
    }

    /** @param list<string> $wrong */
    private function readAttributes(mixed $attributes, array &$wrong): void
    {
        if ($attributes instanceof \stdClass) {
            $attributes = (array) $attributes;
        }
        if (!is_array($attributes)) {
            if ($attributes !== null) {
                $wrong[] = get_debug_type($attributes) . ' as the attributes';
            }
            return;
        }
        if (count($attributes) > Values::MAX_LISTED) {
            $this->noAttributes = new ContextError('there are more than ' . Values::MAX_LISTED . ' attributes');
            return;
        }
        foreach ($attributes as $name => $value) {
            try {
                $packed = Values::pack($value);
            } catch (\Throwable $error) { // an object of the program's
                $wrong[] = 'an attribute of ' . get_debug_type($value) . ', which throws ' . get_debug_type($error);
                $packed = "\xc0";
            }
            $this->attributes[is_string($name) ? Values::text($name) : $name] = $packed;
        }
    }

    /** What reading a part of a context came to. What an error says may be personal, so its type has to do. */
    private static function unreadable(string $part, \Throwable $error): ContextError
    {
        return $error instanceof ContextError ? $error : new ContextError("reading the $part throws " . get_debug_type($error));
    }

    /**
     * @param list<string> $named
     * @return \Closure(string): bool
     */
    private static function among(array $named): \Closure
    {
        $wanted = array_flip($named);
        return static fn (string $name): bool => isset($wanted[$name]);
    }

    /** @param list<string> $names */
    private static function packGroups(array $names): string
    {
        return Msgpack::arrayOf(count($names)) . implode('', array_map(Msgpack::text(...), $names));
    }

    /** @param array<array-key, string> $attributes */
    private static function packAttributes(array $attributes): string
    {
        if (count($attributes) > Values::MAX_ATTRIBUTES) {
            throw new ContextError('there are ' . count($attributes) . ' attributes, more than ' . Values::MAX_ATTRIBUTES);
        }
        $packed = Msgpack::mapOf(count($attributes));
        foreach ($attributes as $name => $value) {
            $packed .= Msgpack::text((string) $name) . $value;
        }
        return $packed;
    }
}
