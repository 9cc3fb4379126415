<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use Gonfalon\Testing\FlagsForTest;
use PHPUnit\Framework\TestCase;

/** What may stand in a log, an error or a dump. */
final class LogTest extends TestCase
{
    private const SECRET = 'gfn_sdk_3f9a7c55e1';

    public function testAKeyThatIsNoneIsLoggedOnceAndInShort(): void
    {
        $log = new Silent();
        $flags = new FlagsForTest($log);
        for ($i = 0; $i < 100; $i++) {
            $flags->enabled(null);
        }
        for ($i = 0; $i < 3; $i++) {
            $flags->enabled(str_repeat('x', 1 << 20));
        }
        $flags->enabled("line\nERROR forged\u{202e}");
        $warnings = preg_grep('/^(warning|error)/', $log->lines);
        self::assertCount(3, $warnings, substr(implode("\n", $warnings), 0, 2000));
        self::assertLessThan(1200, max(array_map(strlen(...), $warnings)));
        self::assertDoesNotMatchRegularExpression('/[\n\x{202e}]/u', implode('', $warnings));
    }

    /** @return iterable<string, array{string}> */
    public function echoes(): iterable
    {
        $secret = self::SECRET;
        yield 'a title' => ["HTTP/1.1 403 No\r\n\r\n" . json_encode(['title' => "Bearer $secret", 'detail' => strtoupper($secret)])];
        yield 'an encoding' => ["HTTP/1.1 200 OK\r\nContent-Encoding: " . str_repeat('y', 990) . "$secret\r\n\r\n"];
        yield 'a type' => ["HTTP/1.1 200 OK\r\nContent-Type: $secret\r\n\r\n"];
        yield 'a redirect' => ["HTTP/1.1 302 Moved\r\nLocation: http://$secret/\r\n\r\n"];
        yield 'no HTTP' => ["$secret\r\n\r\n"];
    }

    /** @dataProvider echoes */
    public function testWhatAServerEchoesShowsNoToken(string $answer): void
    {
        $folder = new Folder();
        file_put_contents("$folder->path/answer", $answer);
        $server = new Server([PHP_BINARY, __DIR__ . '/app/says.php', "$folder->path/answer"]);
        foreach ([false, true] as $stream) {
            $log = new Silent();
            $pace = new Pace(backoff: 0.01, longest: 0.1);
            $flags = new Gonfalon($server->url, self::SECRET, stream: $stream, readyWithin: 0, logger: $log, pace: $pace);
            Until::holds($flags, static fn (): bool => $flags->stats()->lastError !== null);
            $told = print_r($flags, true) . print_r($flags->stats(), true) . implode("\n", $log->lines);
            self::assertFalse(stripos($told, self::SECRET), $told);
            self::assertLessThan(1010, strlen((string) $flags->stats()->lastError));
        }
    }

    /** @dataProvider nonsense */
    public function testNonsenseOfHttpIsAFailureAndNoMore(string $answer): void
    {
        $folder = new Folder();
        file_put_contents("$folder->path/answer", $answer);
        $server = new Server([PHP_BINARY, __DIR__ . '/app/says.php', "$folder->path/answer"]);
        foreach ([false, true] as $stream) {
            $pace = new Pace(backoff: 0.01, longest: 0.1, opening: 1);
            $flags = new Gonfalon($server->url, self::SECRET, stream: $stream, readyWithin: 0, logger: new Silent(), pace: $pace);
            set_error_handler(static fn (int $level, string $message) => throw new \ErrorException($message));
            try {
                Until::holds($flags, static fn (): bool => $flags->stats()->lastError !== null);
                $flags->flush(1.0);
            } finally {
                restore_error_handler();
            }
            self::assertContains($flags->state()->value, ['NOT_READY', 'ERROR']);
            self::assertStringNotContainsString('ErrorException', (string) $flags->stats()->lastError);
            self::assertTrue($flags->enabled('a', default: true));
        }
    }

    /** @return iterable<string, array{string}> */
    public function nonsense(): iterable
    {
        $chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        yield 'a chunk of a negative size' => ["$chunked-5\r\nhello\r\n"];
        yield 'a chunk of an endless size' => [$chunked . "FFFFFFFFFFFFFFFF\r\nhello"];
        yield 'a chunk of no size' => [$chunked . "zz\r\nhello"];
        yield 'two lengths' => ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello"];
        yield 'a negative length' => ["HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"];
        yield 'a flood of hints' => [str_repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50_000)];
        yield 'a switch of protocols' => ["HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nhello"];
        yield 'a header of megabytes' => ["HTTP/1.1 200 OK\r\nETag: " . str_repeat('x', 4 << 20) . "\r\n\r\n"];
        yield 'a bare return in a header' => ["HTTP/1.1 200 OK\r\nETag: a\rX: b\r\n\r\nhello"];
        yield 'gzip with more after it' => ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" . gzencode('hello') . 'more'];
        yield 'an unpacked gzip' => ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello"];
    }

    public function testAnEndpointThatIsNone(): void
    {
        $said = static function (string $endpoint): string {
            try {
                new Gonfalon($endpoint, 'token', readyWithin: 0, logger: new Silent());
                return "nothing of $endpoint";
            } catch (\InvalidArgumentException $error) {
                return $error->getMessage();
            }
        };
        foreach (Tree::json('hostsdk/testdata/endpoints.json') as $case) {
            self::assertSame($case['words'] ?? "nothing of {$case['endpoint']}", $said($case['endpoint']));
        }
        foreach (['me:hush@x', 'ftp://me:hush@x/', 'http://me:hush hush@x', "http://x/\xFFhush"] as $endpoint) {
            self::assertStringNotContainsString('hush', $said($endpoint));
        }
    }

    public function testAnEnvironmentIsOneSegmentOfThePath(): void
    {
        foreach (['', '.', '..'] as $key) {
            try {
                new Gonfalon('http://127.0.0.1:1', 'token', environment: $key, readyWithin: 0);
                self::fail("an environment $key");
            } catch (\InvalidArgumentException $error) {
                self::assertSame("no environment has the key \"$key\"", $error->getMessage());
            }
        }
    }
}
