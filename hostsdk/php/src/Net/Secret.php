<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/**
 * A text that no dump of an object shows: print_r, var_dump, var_export and an array of an object's members have its instance's
 * members, and it has none.
 */
final class Secret
{
    /** @var \WeakMap<self, string>|null */
    private static ?\WeakMap $texts = null;

    public function __construct(#[\SensitiveParameter] string $text)
    {
        self::$texts ??= new \WeakMap();
        self::$texts[$this] = $text;
    }

    public function reveal(): string
    {
        return self::$texts[$this] ?? '';
    }
}
