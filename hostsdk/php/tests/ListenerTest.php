<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\FlagsChanged;
use Gonfalon\Gonfalon;
use Gonfalon\State;
use PHPUnit\Framework\TestCase;

/** What a program's listeners can do to a client. */
final class ListenerTest extends TestCase
{
    /** @return iterable<string, array{bool}> */
    public function sources(): iterable
    {
        yield 'stream' => [true];
        yield 'poll' => [false];
    }

    /** @dataProvider sources */
    public function testAListenerMayThrowWaitAndCloseTheClient(bool $stream): void
    {
        $folder = new Folder();
        $plane = new ControlPlane("$folder->path/data");
        $plane->turn('a', true);
        $log = new Silent();
        $flags = new Gonfalon(
            $plane->url,
            $plane->sdkToken(),
            lastGood: "$folder->path/flags",
            stream: $stream,
            pollInterval: 0.01,
            logger: $log,
        );
        $heard = [];
        $flags->subscribe(static fn () => throw new \Error('oops'));
        $flags->subscribe(static function (object $event) use ($flags, &$heard): void {
            if ($event instanceof FlagsChanged) {
                $heard[] = $event->flags;
                $flags->tick();
                $flags->waitFor(PHP_INT_MAX, 0.05);
                $flags->flush(1);
                $flags->close();
                $flags->tick();
            }
        });
        $flags->waitFor($plane->turn('a', false), 5);
        $flags->run(0.1);
        self::assertSame([[['a']], false, State::Ready], [$heard, $flags->enabled('a'), $flags->state()]);
        self::assertSame([], array_values(preg_grep('/following failed/', $log->lines)));
        self::assertTrue(flock(fopen("$folder->path/flags.lock", 'c'), LOCK_EX | LOCK_NB), 'another process may ask');
    }
}
