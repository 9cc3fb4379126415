<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The file that keeps the last good snapshot: the snapshot's bytes and nothing else, written whole or not at all. Its
 * time is when the control plane last confirmed it, so that all processes of a host know how old it is.
 *
 * @internal
 */
final class LastGood
{
    private const SKEW = 5.0; // seconds by which clocks differ, of a folder on a network

    public function __construct(public readonly string $path, private readonly Log $log)
    {
    }

    /** Writes a snapshot. Failing to do so is logged: it is no reason to stop serving. */
    public function write(string $bytes): void
    {
        self::makeFolder(dirname($this->path));
        $temporary = "$this->path." . bin2hex(random_bytes(6));
        $file = @fopen($temporary, 'xb');
        if ($file === false) {
            $this->failed(error_get_last()['message'] ?? '');
            return;
        }
        $written = @fwrite($file, $bytes) === strlen($bytes) && @fsync($file);
        fclose($file);
        if (!$written || !@rename($temporary, $this->path)) {
            $this->failed(error_get_last()['message'] ?? 'it was written in part');
            @unlink($temporary);
        }
    }

    /** Notes that the control plane stands behind what the file has. */
    public function confirm(): void
    {
        @touch($this->path);
    }

    /**
     * Seconds since the control plane last confirmed it; null if there is no file. A time that is still to come says
     * nothing.
     */
    public function age(): ?float
    {
        clearstatcache(true, $this->path);
        $time = @filemtime($this->path);
        if ($time === false) {
            return null;
        }
        $age = microtime(true) - $time;
        return $age < -self::SKEW ? INF : max(0.0, $age);
    }

    public static function makeFolder(string $path): void
    {
        if (!is_dir($path)) {
            @mkdir($path, 0777, true);
        }
    }

    private function failed(string $why): void
    {
        $this->log->warning("the last good snapshot can't be written to $this->path: $why");
    }
}
