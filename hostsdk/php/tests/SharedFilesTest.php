<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\LastGood;
use Gonfalon\Log;
use Gonfalon\Pace;
use Gonfalon\Source\Lease;
use Gonfalon\Source\Spool;
use Gonfalon\State;
use Gonfalon\Testing\FlagForTest;
use PHPUnit\Framework\TestCase;

/** The files that all processes of a host share. */
final class SharedFilesTest extends TestCase
{
    private Folder $folder;
    private string $path;

    protected function setUp(): void
    {
        $this->folder = new Folder();
        $this->path = "{$this->folder->path}/inside/flags";
    }

    public function testTheLastGoodFileIsWrittenWholeOrNotAtAll(): void
    {
        $log = new Silent();
        $file = new LastGood($this->path, new Log($log));
        self::assertNull($file->age());
        $file->write('one');
        $file->write('two');
        $left = array_values(array_diff(scandir(dirname($this->path)), ['.', '..']));
        self::assertSame(['two', ['flags']], [file_get_contents($this->path), $left]);
        touch($this->path, time() - 100);
        self::assertEqualsWithDelta(100, $file->age(), 2);
        touch($this->path, time() + 1000);
        self::assertSame(INF, $file->age(), 'a time that is still to come says nothing');
        $file->confirm();
        self::assertEqualsWithDelta(0, $file->age(), 2);

        file_put_contents("{$this->folder->path}/file", '');
        (new LastGood("{$this->folder->path}/file/flags", new Log($log)))->write('x');
        self::assertStringContainsString("can't be written", $log->lines[0]);
    }

    public function testOneHoldsTheLeaseUntilItEnds(): void
    {
        [$one, $other] = [new Lease($this->path), new Lease($this->path)];
        self::assertTrue($one->take());
        self::assertTrue($one->take());
        self::assertFalse($other->take());
        $one->note(['attempts' => 3, 'next' => microtime(true) + 20]);
        $notes = $other->notes();
        self::assertSame([3, $one->notes()['host']], [$notes['attempts'], $notes['host']]);
        self::assertEqualsWithDelta(microtime(true) + 20, $notes['next'], 1);
        $one->note(['next' => microtime(true) + 100_000]);
        self::assertSame(0.0, $other->notes()['next'], 'a clock was set back');
        unset($one);
        self::assertTrue($other->take());
        self::assertNull($other->trouble());

        file_put_contents("$this->path.lock", '{"attempts": "x", "next": [1], "host": "../x"} and more');
        self::assertSame([0, 0.0], array_values(array_intersect_key($other->notes(), ['attempts' => 1, 'next' => 1])));
        self::assertMatchesRegularExpression('/^[0-9a-f]{16}$/', $other->notes()['host']);
    }

    public function testWhatRequestsCountIsAddedUp(): void
    {
        mkdir(dirname($this->path));
        $spool = new Spool($this->path);
        self::assertSame([], $spool->take());
        $spool->add(['a' => [2, 1], '42' => [1, 0]]);
        file_put_contents("$this->path.usage", "damaged\n{\"a\":[1]}\n{\"a\":[-1,0]}\n[[1,1]]\n", FILE_APPEND);
        $spool->add(['a' => [1, 1]]);
        self::assertEquals(['a' => [3, 2], 42 => [1, 0], 0 => [1, 1]], $spool->take());
        self::assertSame([], $spool->take());
        for ($i = 0; $i < 15_000; $i++) {
            $spool->add(['some_flag' => [1, 1]]);
        }
        clearstatcache();
        self::assertLessThan(300_000, filesize("$this->path.usage"));
        self::assertSame(['some_flag' => [15_000, 15_000]], $spool->take());
    }

    public function testTwoClientsOfAFileAskOnce(): void
    {
        $plane = new ControlPlane("{$this->folder->path}/data");
        $plane->turn('a', true);
        $token = $plane->sdkToken();
        $make = fn (): Gonfalon => new Gonfalon($plane->url, $token, lastGood: $this->path, logger: new Silent());
        [$one, $other] = [$make(), $make()];
        self::assertSame([State::Ready, State::Ready], [$one->state(), $other->state()]);
        self::assertSame([1, 0], [$one->stats()->taken, $other->stats()->taken]);
        self::assertTrue($other->enabled('a'));
    }

    public function testAFileThatAnotherProcessReplacesIsAChangeOfWhatDiffers(): void
    {
        mkdir(dirname($this->path));
        [$on, $off] = [new FlagForTest(), new FlagForTest()];
        $on->on = true;
        $file = new LastGood($this->path, new Log());
        $write = static function (FlagForTest ...$flags) use ($file): void {
            $file->write(FlagForTest::compile($flags, count($flags), 'default', str_pad('a', 16)));
        };
        $write(a: $off);
        $flags = new Gonfalon('http://127.0.0.1:9', 'token', lastGood: $this->path, logger: new Silent());
        $told = [];
        $flags->subscribe(static function (object $event) use (&$told): void {
            $told[] = $event->flags ?? null;
        });
        $write(a: $off, b: $on);
        $flags->tick();
        self::assertSame([['b']], $told);
        self::assertTrue($flags->enabled('b'));
    }

    public function testAFolderThatCannotBeWrittenIsSaidAtOnce(): void
    {
        file_put_contents("{$this->folder->path}/file", '');
        $begun = hrtime(true);
        $flags = new Gonfalon('http://127.0.0.1:9', 'token', lastGood: "{$this->folder->path}/file/flags", logger: new Silent());
        self::assertLessThan(1.0, (hrtime(true) - $begun) / 1e9);
        self::assertSame(State::NotReady, $flags->state());
        self::assertStringContainsString("can't be written", (string) $flags->stats()->lastError);
    }

    /** The rules of a start: bootstrap and last good of one lineage, the newer; otherwise the last good. */
    public function testBootstrapOrLastGood(): void
    {
        mkdir(dirname($this->path));
        $serves = function (int $bootstrap, string $lineage, ?string $lastGood): ?int {
            $lastGood === null ?: file_put_contents($this->path, $lastGood);
            $bytes = FlagForTest::compile([], $bootstrap, 'default', str_pad($lineage, 16));
            $flags = new Gonfalon(environment: 'default', bootstrap: $bytes, lastGood: $this->path, logger: new Silent(), pace: new Pace());
            return $flags->info()?->revision;
        };
        $kept = FlagForTest::compile([], 5, 'default', str_pad('a', 16));
        self::assertSame(7, $serves(7, 'a', null));
        self::assertSame(7, $serves(7, 'a', $kept));
        self::assertSame(5, $serves(3, 'a', $kept));
        self::assertSame(5, $serves(7, 'b', $kept));
        self::assertSame(7, $serves(7, 'b', substr($kept, 0, -1)), 'a damaged copy is ignored');
        self::assertSame(7, $serves(7, 'b', FlagForTest::compile([], 9, 'elsewhere')), 'as is that of another environment');
        $this->expectExceptionMessage('not a gonfalon snapshot');
        new Gonfalon(bootstrap: 'no snapshot');
    }
}
