<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/** There was no answer, or not what was asked for. @internal */
final class WireError extends \RuntimeException
{
    /**
     * @param int $status HTTP's; 0 without an answer
     * @param float|null $retryAfter seconds that the control plane wants to be left alone
     * @param bool $unreadable whether what it sends can't be read
     * @param bool $unreachable whether there was no connection at all
     */
    public function __construct(
        string $message,
        public readonly int $status = 0,
        public readonly ?float $retryAfter = null,
        public readonly bool $unreadable = false,
        public readonly bool $unreachable = false,
    ) {
        parent::__construct($message);
    }

    /** Whether the token or the environment is at fault. It is tried again, but rarely. */
    public function refusal(): bool
    {
        return in_array($this->status, [401, 403, 404], true);
    }

    /** Whether the control plane means it: asking again at once would have the same answer. */
    public function final(): bool
    {
        $refused = $this->status >= 400 && $this->status < 500;
        return $this->unreadable || ($refused && !in_array($this->status, [408, 425, 429], true));
    }
}
