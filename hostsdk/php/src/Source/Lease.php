<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\LastGood;

/**
 * Who asks the control plane, of all processes that share a last good file: the one that holds the lock on the file
 * beside it. When a process ends, however it ends, its lock is free. What the file has in it is for the next holder:
 * when an attempt may be made again, and when usage was reported.
 *
 * @internal
 */
final class Lease
{
    private const BYTES = 4096; // that are read of the file
    private const LONGEST = 400.0; // seconds until another attempt; a note of more is of a clock that was set back

    /** @var resource|null */
    private mixed $file = null;

    private readonly string $path;
    private bool $usable = true;

    public function __construct(string $lastGood)
    {
        $this->path = "$lastGood.lock";
    }

    /** Takes the lock, unless another process has it. It never waits. */
    public function take(): bool
    {
        if ($this->file !== null) {
            return true;
        }
        LastGood::makeFolder(dirname($this->path));
        $file = @fopen($this->path, 'c+b');
        $this->usable = $file !== false;
        if ($file === false || !flock($file, LOCK_EX | LOCK_NB)) {
            return false;
        }
        $this->file = $file;
        return true;
    }

    /** Why the lock can't be taken by anybody like this process; null if it can. */
    public function trouble(): ?string
    {
        return $this->usable ? null : "$this->path can't be written, so flags can't be refreshed";
    }

    public function held(): bool
    {
        return $this->file !== null;
    }

    /** Lets another process have the lock. A child lets go of its parent's, which holds it still. */
    public function release(): void
    {
        if ($this->file !== null) {
            fclose($this->file);
            $this->file = null;
        }
    }

    /**
     * @return array{attempts: int, next: float, reported: float, host: string} the notes, which may be read without the
     *     lock
     */
    public function notes(): array
    {
        $written = $this->file === null ? @file_get_contents($this->path, false, null, 0, self::BYTES) : $this->contents();
        $notes = json_decode((string) $written, true, 4);
        $notes = is_array($notes) ? $notes : [];
        $number = static fn (string $name): float => is_numeric($notes[$name] ?? null) ? (float) $notes[$name] : 0.0;
        $host = $notes['host'] ?? null;
        return [
            'attempts' => (int) max(0, min(1000, $number('attempts'))),
            'next' => $number('next') - microtime(true) > self::LONGEST ? 0.0 : $number('next'),
            'reported' => $number('reported'),
            'host' => is_string($host) && preg_match('/^[0-9a-f]{16}$/D', $host) === 1 ? $host : bin2hex(random_bytes(8)),
        ];
    }

    /** Changes some of the notes. @param array<string, int|float|string> $notes */
    public function note(array $notes): void
    {
        if ($this->file === null) {
            return;
        }
        $written = json_encode($notes + $this->notes());
        if ($written !== false && rewind($this->file) && @ftruncate($this->file, 0)) {
            @fwrite($this->file, $written); // on a disk that is full, the next holder tries at once
            fflush($this->file);
        }
    }

    private function contents(): string
    {
        rewind($this->file);
        return (string) fread($this->file, self::BYTES);
    }
}
