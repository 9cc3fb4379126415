<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use Gonfalon\Testing\FlagForTest;
use PHPUnit\Framework\TestCase;

/** What a client tells the control plane about itself. The test answers it, or doesn't. */
final class ReporterTest extends TestCase
{
    private const FAREWELL = 0.5;

    /** @var resource */
    private mixed $plane;

    /** @var array<int, array{resource, string}> connections, and what has come so far */
    private array $asked = [];

    protected function setUp(): void
    {
        $plane = stream_socket_server('tcp://127.0.0.1:0');
        $this->plane = $plane === false ? throw new \RuntimeException('no port') : $plane;
    }

    public function testAClientThatIsClosedWhileItsFirstReportIsUnderWaySaysGoodbye(): void
    {
        $flags = $this->client();
        $first = $this->reported($flags)[1];
        $began = microtime(true);
        $flags->close();
        self::assertLessThan(self::FAREWELL + 5, microtime(true) - $began);
        $last = $this->report(5)[1] ?? [];
        self::assertArrayNotHasKey('gone', $first);
        self::assertSame(['id' => $first['id'], 'gone' => true], array_intersect_key($last, ['id' => 1, 'gone' => 1]));
    }

    /** @dataProvider failures */
    public function testAClientWhoseReportsHaveFailedLeavesInSilence(int $status): void
    {
        $flags = $this->client();
        [$connection] = $this->reported($flags);
        fwrite($connection, "HTTP/1.1 $status Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Until::holds($flags, static fn (): bool => fread($connection, 1) === '' && feof($connection)); // it was read
        $flags->close();
        self::assertNull($this->report(0.1));
    }

    /** @return array<array{int}> */
    public function failures(): array
    {
        return [[401], [500]];
    }

    private function client(): Gonfalon
    {
        return new Gonfalon(
            'http://' . stream_socket_get_name($this->plane, false),
            'token',
            bootstrap: FlagForTest::compile([], 1, 'default'),
            stream: true,
            readyWithin: 0,
            pace: new Pace(backoff: 60, farewell: self::FAREWELL),
            logger: new Silent(),
        );
    }

    /** Ticks until a report comes. @return array{resource, array<string, mixed>} */
    private function reported(Gonfalon $flags): array
    {
        $report = null;
        Until::holds($flags, function () use (&$report): bool {
            return ($report = $this->report(0)) !== null;
        });
        return $report;
    }

    /** Waits for a report. @return array{resource, array<string, mixed>}|null its connection, and the host that it is of */
    private function report(float $within): ?array
    {
        $deadline = microtime(true) + $within;
        do {
            $ready = [$this->plane, ...array_column($this->asked, 0)];
            [$write, $except] = [null, null];
            stream_select($ready, $write, $except, 0, 5000);
            foreach ($ready as $from) {
                if ($from === $this->plane) {
                    $connection = stream_socket_accept($from);
                    stream_set_blocking($connection, false);
                    $this->asked[(int) $connection] = [$connection, ''];
                    continue;
                }
                $read = $this->asked[(int) $from][1] .= fread($from, 65536);
                $report = json_decode(explode("\r\n\r\n", $read, 2)[1] ?? '', true);
                if ($report !== null || feof($from)) {
                    unset($this->asked[(int) $from]);
                }
                if ($report !== null) {
                    return [$from, $report['host']];
                }
            }
        } while (microtime(true) < $deadline);
        return null;
    }
}
