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
        $file->write('one');
        $file->write('two');
        $left = array_values(array_diff(scandir(dirname($this->path)), ['.', '..']));
        self::assertSame(['two', ['flags']], [file_get_contents($this->path), $left]);
        file_put_contents("{$this->folder->path}/file", '');
        (new LastGood("{$this->folder->path}/file/flags", new Log($log)))->write('x');
        self::assertStringContainsString("can't be written", $log->lines[0]);
    }

    public function testOneHoldsTheLeaseUntilItEnds(): void
    {
        [$one, $other] = [new Lease($this->path, new Log(new Silent())), new Lease($this->path, new Log(new Silent()))];
        self::assertTrue($one->take());
        self::assertTrue($one->take());
        self::assertFalse($other->take());
        $one->note(['attempts' => 3, 'next' => microtime(true) + 20]);
        $notes = $other->notes();
        self::assertSame([3, $one->notes()['host']], [$notes['attempts'], $notes['host']]);
        self::assertEqualsWithDelta(microtime(true) + 20, $notes['next'], 1);
        $one->note(['next' => microtime(true) + 100_000]);
        self::assertSame(0.0, $other->notes()['next'], 'a clock was set back');
        self::assertNull($other->age('an id'));
        $one->confirm('an id');
        self::assertEqualsWithDelta(0, $other->age('an id'), 1);
        self::assertNull($other->age('another id'));
        $one->note(['confirmed' => microtime(true) + 1000]);
        self::assertNull($other->age('an id'), 'a time that is still to come says nothing');
        unset($one);
        self::assertTrue($other->take());
        self::assertTrue($other->isUsable());

        file_put_contents("$this->path.lock", '{"attempts": "x", "next": [1], "host": "../x"} and more');
        self::assertSame([0, 0.0], array_values(array_intersect_key($other->notes(), ['attempts' => 1, 'next' => 1])));
        self::assertMatchesRegularExpression('/^[0-9a-f]{16}$/', $other->notes()['host']);
    }

    public function testWhatRequestsCountIsAddedUp(): void
    {
        mkdir(dirname($this->path));
        $spool = new Spool($this->path, new Log(new Silent()));
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

    public function testAFolderThatCannotBeWrittenIsSaidOnceAndTheServerIsAsked(): void
    {
        $plane = new ControlPlane("{$this->folder->path}/data");
        $plane->turn('a', true);
        file_put_contents("{$this->folder->path}/file", '');
        $log = new Silent();
        $flags = new Gonfalon($plane->url, $plane->sdkToken(), lastGood: "{$this->folder->path}/file/flags", logger: $log, pollInterval: 0.01);
        self::assertSame([State::Ready, true], [$flags->state(), $flags->enabled('a')]);
        self::assertTrue($flags->waitFor($plane->turn('a', false), 5));
        self::assertCount(2, preg_grep("/can't be written/", $log->lines), implode("\n", $log->lines)); // the lock, and the snapshot
    }

    /** Whoever copies or touches a file sets its time; what the control plane confirmed is another matter. */
    public function testAFileIsReadyAsLongAsTheControlPlaneConfirmedItNotAsItWasTouched(): void
    {
        mkdir(dirname($this->path));
        (new LastGood($this->path, new Log()))->write(FlagForTest::compile([], 5, 'default', str_pad('a', 16)));
        $state = function (): State {
            $flags = new Gonfalon('http://127.0.0.1:9', 'token', lastGood: $this->path, logger: new Silent(), readyWithin: 0.1);
            return $flags->state();
        };
        touch($this->path);
        self::assertSame(State::Stale, $state());
        Notes::confirm($this->path, 10);
        self::assertSame(State::Ready, $state());
        Notes::confirm($this->path, 1000);
        self::assertSame(State::Stale, $state());
        Notes::confirm($this->path, 10, 'another id');
        self::assertSame(State::Stale, $state());
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
