<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use Gonfalon\State;
use PHPUnit\Framework\TestCase;

/** What processes do beside deciding: signals, and children. */
final class ProcessTest extends TestCase
{
    protected function setUp(): void
    {
        if (!function_exists('pcntl_fork')) {
            self::markTestSkipped('there is no pcntl');
        }
    }

    /** A signal's handler may ask while the answer to another question is being read. */
    public function testASignalsHandlerAsksToo(): void
    {
        $flags = new Gonfalon(bootstrap: base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']));
        $asked = 0;
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function () use ($flags, &$asked): void {
            $asked++;
            self::assertSame('actor/user:42', $flags->decide('who', 'user:42')->path());
        });
        $parent = getmypid();
        $child = self::fork();
        if ($child === 0) {
            while (posix_getppid() === $parent) { // several that come before the parent goes on are one to it
                posix_kill($parent, SIGUSR1);
                usleep(20);
            }
            posix_kill(getmypid(), SIGKILL);
        }
        try {
            while ($asked < 2000) {
                $decision = $flags->decide('staff', 'user:1', ['staff']);
                self::assertSame('group/staff', $decision->path());
            }
        } finally {
            posix_kill($child, SIGKILL);
            pcntl_waitpid($child, $status);
            pcntl_signal(SIGUSR1, SIG_DFL);
        }
        self::assertSame(0, $flags->stats()->broken);
    }

    public function testAChildFollowsByItself(): void
    {
        $folder = new Folder();
        $plane = new ControlPlane("$folder->path/data");
        $plane->turn('a', true);
        $flags = new Gonfalon(
            $plane->url,
            $plane->sdkToken(),
            lastGood: "$folder->path/flags",
            stream: true,
            logger: new Silent(),
            pace: new Pace(backoff: 0.02, longest: 0.1),
        );
        $flags->enabled('a');
        $child = self::fork();
        if ($child === 0) {
            $follows = $flags->waitReady(5) && $flags->enabled('a');
            touch("$folder->path/ready");
            $follows = $follows && $flags->waitFor($flags->info()->revision + 1, 5) && !$flags->enabled('a');
            file_put_contents("$folder->path/child", json_encode([$follows, $flags->flush()]));
            posix_kill(getmypid(), SIGKILL); // without PHPUnit's end
        }
        for ($tries = 0; !file_exists("$folder->path/ready") && $tries < 1000; $tries++) {
            $flags->run(0.01);
            clearstatcache();
        }
        self::assertTrue($flags->waitFor($plane->turn('a', false), 5));
        pcntl_waitpid($child, $status);
        self::assertSame('[true,true]', file_get_contents("$folder->path/child"));
        self::assertSame(State::Ready, $flags->state());
        self::assertTrue($flags->flush());
        self::assertSame(3, $plane->evaluations('a'), 'none is counted twice');
    }

    private static function fork(): int
    {
        $child = pcntl_fork();
        return $child === -1 ? throw new \RuntimeException('there is no other process to be had') : $child; // -1 is everyone to a signal
    }
}
