<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/** One event of a stream. @internal */
final class Event
{
    public function __construct(public readonly string $type, public readonly string $data, public readonly ?int $retry)
    {
    }

    /** The bytes that the event carries. @throws WireError */
    public function bytes(): string
    {
        $size = strlen($this->data);
        $letters = strspn($this->data, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
        $padding = substr($this->data, $letters);
        $bytes = $size % 4 === 0 && in_array($padding, ['', '=', '=='], true) ? base64_decode($this->data, true) : false;
        return $bytes === false ? throw new WireError("a $this->type that isn't base64", unreadable: true) : $bytes;
    }
}
