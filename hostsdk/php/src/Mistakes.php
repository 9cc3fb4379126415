<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * What programs ask that is probably not what they mean. It is counted, and logged once.
 *
 * @internal
 */
final class Mistakes
{
    /** Decisions about unknown flags. */
    public int $unknown = 0;

    /** Decisions whose context has something that can't be read. */
    public int $unreadable = 0;

    public function __construct(private readonly Log $log)
    {
    }

    /** Notes a decision about a flag that the snapshot doesn't have. */
    public function unknownFlag(string $key): void
    {
        $this->unknown++;
        $this->log->once('warning', 'there is no flag ' . self::quoted($key) . ': it is off');
    }

    /** Notes decisions whose context has parts that can't be read. @param list<string> $wrong */
    public function unreadableContext(array $wrong, int $decisions = 1): void
    {
        $this->unreadable += $decisions;
        foreach ($wrong as $what) {
            $this->log->once('warning', "a context has $what: see the table of contexts in the documentation");
        }
    }

    /** A key in quotes, cut if it is long. */
    public static function quoted(string $key): string
    {
        $text = json_encode(substr($key, 0, 200), JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES) ?: '""';
        return strlen($text) <= 200 ? $text : substr($text, 0, 200) . '…';
    }
}
