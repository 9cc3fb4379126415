<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * What programs ask that is probably not what they mean. It is counted, and logged once: a process's life long, or with
 * APCu once an hour for all requests of a host.
 *
 * @internal
 */
final class Mistakes
{
    private const MOST = 1000; // different mistakes that are remembered; later ones are only counted
    private const HOUR = 3600;

    /** Decisions about unknown flags. */
    public int $unknown = 0;

    /** Decisions whose context has something that can't be read. */
    public int $unreadable = 0;

    /** @var array<string, true> */
    private array $told = [];

    public function __construct(private readonly Log $log)
    {
    }

    /** Notes a decision about a flag that the snapshot doesn't have. */
    public function unknownFlag(string $key): void
    {
        $this->unknown++;
        $this->tell('there is no flag ' . self::quoted($key) . ': it is off');
    }

    /** Notes decisions whose context has parts that can't be read. @param list<string> $wrong */
    public function unreadableContext(array $wrong, int $decisions = 1): void
    {
        $this->unreadable += $decisions;
        foreach ($wrong as $what) {
            $this->tell("a context has $what: see the table of contexts in the documentation");
        }
    }

    private function tell(string $message): void
    {
        if (isset($this->told[$message]) || count($this->told) >= self::MOST) {
            return;
        }
        $this->told[$message] = true;
        if (function_exists('apcu_enabled') && apcu_enabled() && !apcu_add('gonfalon ' . md5($message), 1, self::HOUR)) {
            return;
        }
        $this->log->warning($message);
    }

    private static function quoted(string $key): string
    {
        $text = json_encode($key, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES) ?: '""';
        return strlen($text) <= 200 ? $text : substr($text, 0, 200) . '…';
    }
}
