<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

/** What the processes of a host tell each other beside a last good file. */
final class Notes
{
    /** Notes that the control plane confirmed a snapshot, the file's own without an id, so many seconds ago. */
    public static function confirm(string $lastGood, float $ago, ?string $id = null): void
    {
        $notes = json_decode((string) @file_get_contents("$lastGood.lock"), true) ?: [];
        $id ??= bin2hex(substr((string) file_get_contents($lastGood), -32));
        file_put_contents("$lastGood.lock", json_encode(['confirmed' => microtime(true) - $ago, 'id' => $id, 'next' => 0] + $notes));
    }
}
