<?php

declare(strict_types=1);

namespace Gonfalon\Net;

use Gonfalon\Instance;

/**
 * Reads a text/event-stream as it comes. An event is no longer than a snapshot can be, so that no server can fill the
 * memory.
 *
 * @internal
 */
final class EventReader
{
    private const BYTES = Instance::MAX_BYTES / 3 * 4 + 4096; // of one event: the largest snapshot in base64, and its field names
    private const LINES = 1000; // of one event: ours have three

    private string $line = ''; // that hasn't ended yet
    private bool $began = false;
    private bool $afterReturn = false; // a line ended in a carriage return; a newline that follows belongs to it
    private int $bytes = 0;
    private int $lines = 0;
    private string $type = '';
    private ?int $retry = null;

    /** @var list<string> */
    private array $data = [];

    /**
     * Takes bytes and returns the events that end in them.
     *
     * @return list<Event>
     * @throws WireError if an event is too long
     */
    public function read(string $bytes): array
    {
        $events = [];
        for ($at = 0, $size = strlen($bytes); $at < $size;) {
            if ($this->afterReturn) {
                $this->afterReturn = false;
                if ($bytes[$at] === "\n") {
                    $at++;
                    continue;
                }
            }
            $length = strcspn($bytes, "\r\n", $at);
            $this->count($length, 0);
            $this->line .= substr($bytes, $at, $length);
            $at += $length;
            if ($at < $size) {
                $this->afterReturn = $bytes[$at] === "\r";
                $at++;
                $this->count(1, 1);
                $event = $this->endLine();
                if ($event !== null) {
                    $events[] = $event;
                }
            }
        }
        return $events;
    }

    /** Whether an event has begun that hasn't ended. */
    public function isInside(): bool
    {
        return $this->bytes > 0;
    }

    private function count(int $bytes, int $lines): void
    {
        $this->bytes += $bytes;
        $this->lines += $lines;
        if ($this->bytes > self::BYTES || $this->lines > self::LINES) {
            $limits = (int) self::BYTES . ' bytes or ' . self::LINES . ' lines';
            throw new WireError("an event of more than $limits", unreadable: true);
        }
    }

    private function endLine(): ?Event
    {
        [$line, $this->line] = [$this->line, ''];
        if (!$this->began) {
            $this->began = true;
            $line = str_starts_with($line, "\u{FEFF}") ? substr($line, 3) : $line;
        }
        if ($line === '') {
            return $this->endEvent();
        }
        [$field, $value] = explode(':', $line, 2) + [1 => ''];
        $value = str_starts_with($value, ' ') ? substr($value, 1) : $value;
        match ($field) {
            'event' => $this->type = $value,
            'data' => $this->data[] = $value,
            'retry' => $this->retry = ctype_digit($value) ? (int) substr($value, 0, 9) : $this->retry,
            default => null,
        };
        return null;
    }

    private function endEvent(): ?Event
    {
        $event = $this->type === '' && $this->data === [] && $this->retry === null
            ? null
            : new Event($this->type, implode("\n", $this->data), $this->retry);
        [$this->type, $this->data, $this->retry, $this->bytes, $this->lines] = ['', [], null, 0, 0];
        return $event;
    }
}
