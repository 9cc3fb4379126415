<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use PHPUnit\Framework\TestCase;

/** An engine that stops in the middle of a call is replaced, and the call is asked again. */
final class TrapTest extends TestCase
{
    private static Folder $folder;

    public static function setUpBeforeClass(): void
    {
        self::$folder = new Folder();
        [$php, $c] = [dirname(__DIR__), Tree::path('hostsdk/c')];
        $library = self::$folder->path . '/library.so';
        $command = "cc -O1 -fPIC -shared -Wl,-z,nodelete -I$c -Dgonfalon_evaluate=real_evaluate -Dgonfalon_decide=real_decide"
            . " -c -o %s.o $c/src/gonfalon.c && cc -O1 -fPIC -shared -Wl,-z,nodelete -I$c $php/tests/app/trap.c $php/native/shared.c %s.o"
            . ' -lm -lpthread -o %s';
        exec(str_replace('%s', $library, $command) . ' 2>&1', $said, $status);
        self::assertSame(0, $status, implode("\n", $said));
        file_put_contents(self::$folder->path . '/flags', base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']));
    }

    /** @return iterable<array{string}> */
    public function ways(): iterable
    {
        yield ['loaded'];
        yield ['shared'];
    }

    /** @dataProvider ways */
    public function testATrapIsMended(string $way): void
    {
        [$right, $traps, $broken] = $this->ask($way, '7');
        self::assertSame([80, 0], [$right, $broken]);
        self::assertGreaterThan(8, $traps);
    }

    /** @dataProvider ways */
    public function testARequestThatAlwaysTrapsGetsTheDefault(string $way): void
    {
        [$right, , $broken] = $this->ask($way, '1');
        self::assertSame([0, 80], [$right, $broken]);
    }

    /** @return array{int, int, int} right answers, traps, decisions that failed */
    private function ask(string $way, string $every): array
    {
        $environment = "TRAP_EVERY=$every GONFALON_LIBRARY=" . self::$folder->path . '/library.so';
        $program = escapeshellarg(__DIR__ . '/app/trap.php');
        exec("$environment " . PHP_BINARY . " -d ffi.enable=1 $program $way " . self::$folder->path . '/flags 2>&1', $said, $status);
        self::assertSame(0, $status, implode("\n", $said));
        return json_decode(implode('', $said), true, 4, JSON_THROW_ON_ERROR);
    }
}
