<?php

declare(strict_types=1);

namespace Gonfalon;

/** The engine refused a request, by a code of the module's ABI. @internal */
final class RequestError extends \RuntimeException
{
    private const SENTENCES = [-1 => 'malformed request', -2 => 'an answer that is too large', -4 => 'index out of range'];

    public function __construct(int $code)
    {
        parent::__construct((self::SENTENCES[$code] ?? 'refused') . " (code $code)", $code);
    }
}
