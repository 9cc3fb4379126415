<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\ContextError;
use Gonfalon\Decision;
use Gonfalon\Reason;

/**
 * A flag's one value in OpenFeature's words: the table "Values" of hostsdk/README.md. The shared cases are written in
 * them.
 */
final class Values
{
    private const REASONS = [Reason::STATIC, Reason::TARGETING_MATCH, Reason::SPLIT];

    public static function error(Decision $decision): string
    {
        return match (true) {
            $decision->error instanceof ContextError => 'INVALID_CONTEXT',
            $decision->error !== null => 'GENERAL',
            $decision->reason === Reason::NOT_READY => 'PROVIDER_NOT_READY',
            !$decision->known => 'FLAG_NOT_FOUND',
            default => '',
        };
    }

    /** @return array{mixed, string} the value, and the reason */
    public static function resolve(Decision $decision): array
    {
        return match (true) {
            self::error($decision) !== '' => [null, 'ERROR'],
            $decision->variant !== null => [
                $decision->hasPayload() ? $decision->payload() : $decision->variant,
                $decision->killed ? 'STATIC' : 'SPLIT',
            ],
            $decision->hasVariants => [null, $decision->killed ? 'DISABLED' : 'DEFAULT'],
            $decision->killed => [false, 'STATIC'],
            default => [$decision->enabled, in_array($decision->reason, self::REASONS, true) ? $decision->reason : 'DEFAULT'],
        };
    }
}
