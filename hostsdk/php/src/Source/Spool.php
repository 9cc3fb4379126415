<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Log;
use Gonfalon\RegularFile;
use Gonfalon\Usage;
use Gonfalon\Warnings;

/**
 * Usage that the requests of a host have counted, in a file beside the last good one, until the holder of the lease
 * reports it. A request adds a line; lines are added up when they are many, so that the file is bounded by the number
 * of flags.
 *
 * @internal
 */
final class Spool
{
    private const MANY = 1 << 18; // bytes of lines, after which they are added up
    private const MOST = 16 << 20; // bytes, after which nothing is added: somebody else writes there

    private const TRIES = 50; // milliseconds to wait for the lock, which is held for as long as a write takes

    private readonly string $path;

    public function __construct(string $lastGood, private readonly Log $log)
    {
        $this->path = "$lastGood.usage";
    }

    /** Adds counts. They are lost if the file can't be written. @param array<array-key, array{int, int}> $usage */
    public function add(array $usage): void
    {
        if ($usage === []) {
            return;
        }
        $this->locked(function ($file) use ($usage): void {
            $size = fstat($file)['size'] ?? 0;
            if ($size > self::MOST) {
                return;
            }
            if ($size > self::MANY) {
                $usage = Usage::merge(self::read($file), $usage);
                ftruncate($file, 0);
            }
            fseek($file, 0, SEEK_END);
            fwrite($file, json_encode($usage, JSON_INVALID_UTF8_SUBSTITUTE | JSON_FORCE_OBJECT) . "\n");
        });
    }

    /** @return array<array-key, array{int, int}> what was added since the last time */
    public function take(): array
    {
        if (!is_file($this->path)) {
            return [];
        }
        $taken = [];
        $this->locked(static function ($file) use (&$taken): void {
            $taken = self::read($file);
            ftruncate($file, 0);
        });
        return $taken;
    }

    /** @param \Closure(resource): void $do */
    private function locked(\Closure $do): void
    {
        $file = RegularFile::open($this->path, 'c+b');
        if ($file === null) {
            $why = RegularFile::trouble($this->path) ?? 'it is nobody\'s to write here';
            $this->log->once('warning', "usage can't be counted in $this->path: $why");
            return;
        }
        for ($try = 0; $try < self::TRIES; $try++) {
            if (flock($file, LOCK_EX | LOCK_NB)) {
                Warnings::without(static fn () => $do($file));
                break;
            }
            usleep(1000);
        }
        fclose($file);
    }

    /**
     * @param resource $file
     * @return array<array-key, array{int, int}>
     */
    private static function read(mixed $file): array
    {
        $usage = [];
        rewind($file);
        foreach (explode("\n", (string) stream_get_contents($file, self::MOST)) as $line) {
            $counts = json_decode($line, true, 4);
            $usage = Usage::merge($usage, array_filter(is_array($counts) ? $counts : [], self::isCount(...)));
        }
        return $usage;
    }

    private static function isCount(mixed $count): bool
    {
        $counts = is_array($count) ? array_values($count) : [];
        return count($counts) === 2 && is_int($counts[0]) && is_int($counts[1]) && $counts[0] > 0 && $counts[1] >= 0;
    }
}
