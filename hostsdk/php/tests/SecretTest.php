<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Net\Secret;
use PHPUnit\Framework\TestCase;

final class SecretTest extends TestCase
{
    public function testNoDumpOfAClientHasItsToken(): void
    {
        $flags = new Gonfalon('http://127.0.0.1:9', 'gfn_secret', readyWithin: 0, logger: new Silent());
        ob_start();
        var_dump($flags, clone $flags);
        $dumps = (string) ob_get_clean() . print_r($flags, true) . print_r((array) $flags, true) . self::exported($flags);
        self::assertStringNotContainsString('gfn_secret', $dumps);
        self::assertStringContainsString('127.0.0.1', $dumps);
    }

    public function testASecretIsRevealed(): void
    {
        $one = new Secret('one');
        $two = new Secret('two');
        self::assertSame(['one', 'two'], [$one->reveal(), $two->reveal()]);
    }

    /** As var_export writes it, which warns where members go in circles. */
    private static function exported(object $what): string
    {
        return (string) @var_export($what, true);
    }
}
