<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * The file that keeps the last good snapshot: the snapshot's bytes and nothing else, written whole or not at all.
 *
 * @internal
 */
final class LastGood
{
    private const ABANDONED = 60; // seconds after which a file that is being written belongs to a process that was killed

    public readonly string $path;

    public function __construct(string $path, private readonly Log $log)
    {
        $this->path = RegularFile::absolute($path);
    }

    /** Writes a snapshot. Failing to do so is logged: it is no reason to stop serving. */
    public function write(string $bytes): void
    {
        $trouble = RegularFile::trouble($this->path);
        if ($trouble !== null) {
            $this->failed($trouble);
            return;
        }
        $path = is_link($this->path) ? (string) realpath($this->path) : $this->path; // the link stays
        self::makeFolder(dirname($path));
        if (!Warnings::without(static fn (): bool => self::replace($path, $bytes), $warning)) {
            $this->failed($warning ?? 'it was written in part');
        }
    }

    /** Writes a file beside the other one, and puts it in its place. */
    private static function replace(string $path, string $bytes): bool
    {
        $temporary = "$path." . bin2hex(random_bytes(6));
        $file = fopen($temporary, 'xb');
        if ($file === false) {
            return false;
        }
        $written = fwrite($file, $bytes) === strlen($bytes) && fsync($file);
        fclose($file);
        $replaced = $written && rename($temporary, $path);
        if (!$replaced) {
            unlink($temporary);
        }
        self::sweep($path);
        return $replaced;
    }

    public static function makeFolder(string $path): void
    {
        if (!is_dir($path)) {
            Warnings::without(static fn (): bool => mkdir($path, 0777, true));
        }
    }

    /** Deletes what processes that were killed have left half written. */
    private static function sweep(string $path): void
    {
        $mine = '/^' . preg_quote(basename($path), '/') . '\.[0-9a-f]{12}$/D';
        foreach (preg_grep($mine, scandir(dirname($path)) ?: []) ?: [] as $name) {
            $left = dirname($path) . "/$name";
            if (is_file($left) && time() - (int) filemtime($left) > self::ABANDONED) {
                unlink($left);
            }
        }
    }

    private function failed(string $why): void
    {
        $this->log->once('warning', "the last good snapshot can't be written to $this->path: $why", "write $this->path");
    }
}
