<?php

declare(strict_types=1);

namespace Gonfalon;

use Gonfalon\Net\Secret;
use Psr\Log\LoggerInterface;

/**
 * The log: a PSR-3 logger, or PHP's own error log for what somebody should look at. A logger that throws ends nothing.
 * A line is short, and never has the token in it.
 *
 * @internal
 */
final class Log
{
    private const LONGEST = 1000; // characters of a line: servers and programs say what they like
    private const MOST = 1000; // different lines of which it is remembered that they were said
    private const HOUR = 3600;
    private const SHORT = 8; // a token of fewer characters may be a word of the line

    private const SHOWN_OTHERWISE = '/[\x{00}-\x{1f}\x{7f}-\x{9f}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]/u';

    /** @var array<string, true> */
    private array $said = [];

    /** @param Secret|null $token what no line may have in it */
    public function __construct(private readonly ?LoggerInterface $logger = null, private readonly ?Secret $token = null)
    {
    }

    public function info(string $message): void
    {
        $this->write('info', $message);
    }

    public function warning(string $message): void
    {
        $this->write('warning', $message);
    }

    public function error(string $message): void
    {
        $this->write('error', $message);
    }

    /**
     * Says something once: a process's life long, or with APCu once an hour for all requests of a host.
     *
     * @param string|null $kind what is said once; the message without one
     */
    public function once(string $level, string $message, ?string $kind = null): void
    {
        $kind = md5($kind ?? $message);
        if (isset($this->said[$kind]) || count($this->said) >= self::MOST) {
            return;
        }
        $this->said[$kind] = true;
        if (function_exists('apcu_enabled') && apcu_enabled() && !apcu_add("gonfalon $kind", 1, self::HOUR)) {
            return;
        }
        $this->write($level, $message);
    }

    /** A text as a log or an error has it, whoever wrote it: without the token, on one line, not too long. */
    public function clean(string $text): string
    {
        $token = $this->token?->reveal() ?? '';
        if (strlen($token) >= self::SHORT) {
            $text = str_ireplace($token, '[token]', $text);
        }
        $text = Values::text(substr($text, 0, self::LONGEST * 4));
        $escape = static fn (array $found): string => trim((string) json_encode($found[0]), '"');
        $text = (string) preg_replace_callback(self::SHOWN_OTHERWISE, $escape, $text);
        return preg_match('/^.{' . self::LONGEST - 1 . '}(?=..)/us', $text, $beginning) === 1 ? "$beginning[0]…" : $text;
    }

    private function write(string $level, string $message): void
    {
        try {
            $message = 'gonfalon: ' . $this->clean($message);
            if ($this->logger !== null) {
                $this->logger->log($level, $message);
            } elseif ($level !== 'info') {
                error_log($message);
            }
        } catch (\Throwable) { // it is the program's, and nothing here fails because of it
        }
    }
}
