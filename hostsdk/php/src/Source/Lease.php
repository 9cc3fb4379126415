<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\LastGood;
use Gonfalon\Log;
use Gonfalon\RegularFile;
use Gonfalon\Warnings;

/**
 * Who asks the control plane, of all processes that share a last good file: the one that holds the lock on the file
 * beside it. When a process ends, however it ends, its lock is free. What the file has in it is for the others: which
 * snapshot the control plane last confirmed, and when, when an attempt may be made again, and when usage was reported.
 *
 * @internal
 */
final class Lease
{
    private const BYTES = 4096; // that are read of the file
    private const WRITTEN = 512; // bytes of notes: always as many, so that they are never half there
    private const SKEW = 5.0; // seconds by which clocks differ, of a folder on a network
    private const LONGEST = 400.0; // seconds until another attempt; a note of more is of a clock that was set back

    /** @var resource|null */
    private mixed $file = null;

    private readonly string $path;
    private bool $usable = true;

    public function __construct(string $lastGood, private readonly Log $log)
    {
        $this->path = "$lastGood.lock";
    }

    /** Takes the lock, unless another process has it. It never waits. */
    public function take(): bool
    {
        if ($this->file !== null) {
            return true;
        }
        $trouble = RegularFile::trouble($this->path);
        if ($trouble === null) {
            LastGood::makeFolder(dirname($this->path));
        }
        $written = RegularFile::open($this->path, 'c+b');
        $file = $written ?? RegularFile::open($this->path, 'rb'); // of another user, who may hold it
        $this->usable = $file !== null;
        $taken = $file !== null && flock($file, LOCK_EX | LOCK_NB);
        if ($file === null || ($taken && $written === null)) {
            $why = $trouble === null ? '' : ": $trouble";
            $this->log->once('warning', "$this->path can't be written$why; each process asks the control plane by itself");
        }
        if ($taken) {
            $this->file = $file;
        }
        return $taken;
    }

    /** Whether the file can be written, when it was last tried. If not, nobody can know what others do. */
    public function isUsable(): bool
    {
        return $this->usable;
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
     * @return array{attempts: int, next: float, reported: float, confirmed: float, id: string, host: string} the notes,
     *     which may be read without the lock
     */
    public function notes(): array
    {
        $written = $this->file === null ? RegularFile::read($this->path, self::BYTES) : $this->contents();
        $notes = json_decode((string) $written, true, 4);
        $notes = is_array($notes) ? $notes : [];
        $number = static fn (string $name): float => is_numeric($notes[$name] ?? null) ? (float) $notes[$name] : 0.0;
        $host = $notes['host'] ?? null;
        return [
            'attempts' => (int) max(0, min(1000, $number('attempts'))),
            'next' => $number('next') - microtime(true) > self::LONGEST ? 0.0 : $number('next'),
            'reported' => $number('reported'),
            'confirmed' => $number('confirmed'),
            'id' => is_string($notes['id'] ?? null) ? $notes['id'] : '',
            'host' => is_string($host) && preg_match('/^[0-9a-f]{16}$/D', $host) === 1 ? $host : bin2hex(random_bytes(8)),
        ];
    }

    /** Changes some of the notes. @param array<string, int|float|string> $notes */
    public function note(array $notes): void
    {
        if ($this->file === null) {
            return;
        }
        $written = str_pad((string) json_encode($notes + $this->notes()), self::WRITTEN);
        Warnings::without(function () use ($written): void { // on a full disk, the next holder tries at once
            if (rewind($this->file) && fwrite($this->file, $written) === strlen($written)) {
                ftruncate($this->file, strlen($written));
                fflush($this->file);
            }
        });
    }

    /** Notes that the control plane stands behind a snapshot now. */
    public function confirm(string $id): void
    {
        $this->note(['confirmed' => microtime(true), 'id' => $id]);
    }

    /**
     * Seconds since the control plane confirmed a snapshot; null if another one, or none, was. A time that is still to
     * come says nothing. The time of the snapshot's own file doesn't either: whoever copies or touches it sets that.
     */
    public function age(string $id): ?float
    {
        $notes = $this->notes();
        $age = microtime(true) - $notes['confirmed'];
        return $notes['id'] !== $id || $age < -self::SKEW ? null : max(0.0, $age);
    }

    private function contents(): string
    {
        rewind($this->file);
        return (string) fread($this->file, self::BYTES);
    }
}
