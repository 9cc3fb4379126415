<?php

declare(strict_types=1);

namespace Gonfalon;

/** Bytes that are no snapshot, or a delta that doesn't apply. The code is the engine's, the offset counts from 0. */
final class LoadError extends \RuntimeException
{
    public const TOO_LARGE = 1;

    private const SENTENCES = [
        'ok',
        'longer than a snapshot may be',
        'not a gonfalon snapshot',
        "a snapshot format that this engine doesn't read",
        "the content id doesn't match the bytes: they are truncated or altered",
        'malformed',
        "the records don't add up to the header's counts",
        'past a limit',
        "the keys don't ascend, or one occurs twice",
        'an index or a state is out of range',
        'there are bytes after the end',
        'the delta is for another snapshot',
        "the delta deletes a key that isn't there",
        'the buffer is too small',
        'too many keys collide',
    ];

    public function __construct(int $code, public readonly int $offset)
    {
        $sentence = self::SENTENCES[$code] ?? 'refused';
        parent::__construct("$sentence (code $code) at byte $offset", $code);
    }
}
