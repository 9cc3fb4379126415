<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use PHPUnit\Framework\TestCase;

/** Runs the examples against the real control plane. */
final class ExampleTest extends TestCase
{
    public function testTheShopAndTheWorker(): void
    {
        $folder = new Folder();
        $plane = new ControlPlane("$folder->path/data");
        $plane->put('new_checkout', ['type' => 'group', 'target' => 'staff', 'enabled' => true]);
        $environment = [
            'GONFALON_ENDPOINT' => $plane->url,
            'GONFALON_TOKEN' => $plane->sdkToken(),
            'GONFALON_LAST_GOOD' => "$folder->path/flags",
        ];
        $examples = dirname(__DIR__) . '/examples';
        $shop = Server::builtIn("$examples/shop.php", $environment);
        self::assertSame('{"checkout":"new","state":"READY"}', trim($shop->ask('GET', '/checkout?user=user:3&group=staff')[1]));
        self::assertSame('{"checkout":"old","state":"READY"}', trim($shop->ask('GET', '/checkout?user=user:3')[1]));
        self::assertStringContainsString('"key":"new_checkout","enabled":true', $shop->ask('GET', '/flags?user=1&group=staff')[1]);
        self::assertStringContainsString('a member, and allowed', $shop->ask('GET', '/why/new_checkout?group=staff')[1]);

        $variables = implode(' ', array_map(static fn ($name, $value): string => "$name=$value", array_keys($environment), $environment));
        exec("$variables " . PHP_BINARY . " -d ffi.enable=1 $examples/worker.php 2", $said, $status);
        self::assertSame([0, ['job 0 goes to the old checkout', 'job 1 goes to the old checkout']], [$status, $said]);
    }
}
