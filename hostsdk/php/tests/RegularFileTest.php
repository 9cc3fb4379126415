<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\LastGood;
use Gonfalon\Log;
use Gonfalon\Pace;
use Gonfalon\State;
use PHPUnit\Framework\TestCase;

/** Paths that a program gives: what is there isn't always a regular file. */
final class RegularFileTest extends TestCase
{
    private Folder $folder;

    protected function setUp(): void
    {
        $this->folder = new Folder();
    }

    /** @return iterable<string, array{string}> */
    public function kinds(): iterable
    {
        foreach (['pipe', 'socket', 'folder', 'link to a pipe', 'link to a folder', 'link to nothing', 'NUL'] as $kind) {
            yield $kind => [$kind];
        }
    }

    /** Makes such a thing. Returns its path. */
    private function make(string $kind, string $path): string
    {
        if (!is_dir(dirname($path))) {
            mkdir(dirname($path));
        }
        match ($kind) {
            'pipe' => posix_mkfifo($path, 0666),
            'socket' => fclose(stream_socket_server("unix://$path")),
            'folder' => mkdir($path),
            'link to a pipe' => posix_mkfifo("$path.real", 0666) && symlink("$path.real", $path),
            'link to a folder' => symlink(dirname($path), $path),
            'link to nothing' => symlink("$path.none", $path),
            default => null,
        };
        return $kind === 'NUL' ? "$path\0x" : $path;
    }

    /** @dataProvider kinds */
    public function testALastGoodThatIsNoFileIsNeitherReadNorReplaced(string $kind): void
    {
        $this->goesOn($this->make($kind, "{$this->folder->path}/a/flags"));
    }

    /**
     * The lock and the spool have the path's name, and an end.
     *
     * @dataProvider kinds
     */
    public function testALockThatIsNoFileIsNoHang(string $kind): void
    {
        foreach (['lock', 'usage'] as $end) {
            $path = "{$this->folder->path}/$end/flags";
            $this->make($kind, "$path.$end");
            $this->goesOn($path);
        }
    }

    /** @dataProvider kinds */
    public function testAFileSourceOrAnAuthorityThatIsNoFileIsNoHang(string $kind): void
    {
        $path = $this->make($kind, "{$this->folder->path}/a/flags");
        $log = new Silent();
        $flags = new Gonfalon(file: $path, logger: $log);
        self::assertContains($flags->state(), [State::NotReady, State::Error]);
        self::assertFalse($flags->enabled('a'));
        foreach ([false, true] as $stream) {
            $flags = new Gonfalon('https://127.0.0.1:9', 'token', tls: ['ca' => $path], stream: $stream, readyWithin: 0.3, logger: $log);
            self::assertStringContainsString("can't be used", (string) $flags->stats()->lastError);
            self::assertFalse($flags->flush(0.1));
        }
        self::assertLessThan(20, count($log->lines), implode("\n", $log->lines));
    }

    /** A client of a server that answers goes on, whatever is at its path. */
    private function goesOn(string $path): void
    {
        $before = str_contains($path, "\0") ? null : @lstat($path);
        $plane = new ControlPlane($this->folder->made());
        $plane->turn('a', true);
        $token = $plane->sdkToken();
        foreach ([false, true] as $stream) {
            $log = new Silent();
            $flags = new Gonfalon(
                $plane->url,
                $token,
                lastGood: $path,
                stream: $stream,
                pollInterval: 0.01,
                logger: $log,
                pace: new Pace(backoff: 0.01, longest: 0.1),
            );
            self::assertSame([State::Ready, true], [$flags->state(), $flags->enabled('a')], implode("\n", $log->lines));
            self::assertTrue($flags->waitFor($plane->turn('a', false), 5));
            $plane->turn('a', true);
            $flags->run(0.1);
            $flags->close();
            $warnings = preg_grep('/^(warning|error)/', $log->lines);
            self::assertSame(array_unique($warnings), $warnings);
            self::assertLessThan(5, count($warnings), implode("\n", $warnings));
        }
        if ($before !== null && $before !== false) {
            self::assertSame([$before['ino'], $before['mode']], [lstat($path)['ino'], lstat($path)['mode']]);
        }
    }

    /** One that doesn't look at what `@` says. */
    public function testAnErrorHandlerThatThrowsHearsNothing(): void
    {
        $plane = new ControlPlane($this->folder->made());
        $plane->turn('a', true);
        $token = $plane->sdkToken();
        file_put_contents("{$this->folder->path}/file", '');
        set_error_handler(static fn (int $level, string $message) => throw new \ErrorException($message));
        try {
            foreach (["{$this->folder->path}/file/flags", "{$this->folder->path}/" . str_repeat('x', 300)] as $path) {
                $flags = new Gonfalon($plane->url, $token, lastGood: $path, logger: new Silent());
                self::assertSame([State::Ready, true], [$flags->state(), $flags->enabled('a')]);
                $flags->close();
            }
        } finally {
            restore_error_handler();
        }
    }

    public function testALinkToAFileStaysOne(): void
    {
        $path = "{$this->folder->path}/flags";
        file_put_contents("$path.real", 'one');
        symlink("$path.real", $path);
        (new LastGood($path, new Log()))->write('two');
        self::assertSame([true, 'two'], [is_link($path), file_get_contents("$path.real")]);
    }

    public function testWhatKilledProcessesLeftIsDeleted(): void
    {
        $path = "{$this->folder->path}/flags";
        foreach (['000000000000' => 1000, '111111111111' => 0, 'mine' => 1000] as $end => $ago) {
            touch("$path.$end", time() - $ago);
        }
        (new LastGood($path, new Log()))->write('one');
        self::assertSame(['flags', 'flags.111111111111', 'flags.mine'], array_values(array_diff(scandir($this->folder->path), ['.', '..'])));
    }
}
