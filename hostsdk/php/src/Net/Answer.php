<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/** What the control plane answered. @internal */
final class Answer
{
    private const RETRY_AFTER = 300.0; // seconds: a server can't send its clients away for longer

    /** @param array<string, string> $headers by their names in lower case */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body = '',
    ) {
    }

    /**
     * Whether the body is in gzip.
     *
     * @throws WireError for anything else: of a body that is packed twice, a few bytes fill the memory
     */
    public function isPacked(): bool
    {
        $encoding = strtolower(trim($this->headers['content-encoding'] ?? ''));
        return match ($encoding) {
            '', 'identity' => false,
            'gzip' => true,
            default => throw new WireError("an answer in the encoding $encoding, not in gzip", $this->status, unreadable: true),
        };
    }

    /** @throws WireError unless it is a success */
    public function check(): self
    {
        if ($this->status >= 200 && $this->status < 300) {
            return $this;
        }
        $problem = json_decode($this->body, true, 16);
        $words = is_array($problem) ? array_filter([$problem['title'] ?? '', $problem['detail'] ?? ''], self::isWords(...)) : [];
        throw new WireError(trim("$this->status " . implode(': ', $words)), $this->status, $this->retryAfter());
    }

    private static function isWords(mixed $word): bool
    {
        return is_string($word) && $word !== '';
    }

    private function retryAfter(): ?float
    {
        $value = trim($this->headers['retry-after'] ?? '');
        if (!in_array($this->status, [429, 503], true) || $value === '') {
            return null;
        }
        if (ctype_digit($value)) {
            return min((float) substr($value, 0, 9), self::RETRY_AFTER);
        }
        $time = strtotime($value);
        return $time === false ? null : min(max($time - microtime(true), 0.0), self::RETRY_AFTER);
    }
}
