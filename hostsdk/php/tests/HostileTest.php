<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use PHPUnit\Framework\TestCase;

/** A client of servers that misbehave in every way that hostsdk/contract knows. */
final class HostileTest extends TestCase
{
    private const LONG = 30; // seconds that a test doesn't wait for: the client means to ask rarely

    /** @return iterable<string, array{array<string, mixed>, string}> */
    public function cases(): iterable
    {
        $contract = getenv('GONFALON_CONTRACT') ?: throw new \RuntimeException('GONFALON_CONTRACT is not set');
        $list = shell_exec(escapeshellarg($contract) . ' hostile');
        foreach (json_decode((string) $list, true, 8, JSON_THROW_ON_ERROR) as $case) {
            foreach ($case['sources'] as $source) {
                yield "$case[name] by $source" => [$case, $source];
            }
        }
    }

    /**
     * @dataProvider cases
     * @param array<string, mixed> $case
     */
    public function testAServerThatMisbehaves(array $case, string $source): void
    {
        $authority = tempnam(sys_get_temp_dir(), 'gonfalon');
        $server = Server::contract('hostile', $case['name'], $authority);
        $isTls = str_starts_with($server->url, 'https:');
        $trusts = $isTls && $case['name'] !== 'certificate-unknown';
        function_exists('memory_reset_peak_usage') && memory_reset_peak_usage(); // since PHP 8.2
        $before = memory_get_usage();
        $flags = new Gonfalon(
            $server->url,
            'token',
            stream: $source === 'stream',
            pollInterval: 0.05,
            readyWithin: 0,
            grace: 0,
            logger: new Silent(),
            tls: $trusts ? ['ca' => $authority] : [],
            pace: new Pace(backoff: 0.01, longest: 0.1, opening: 1),
        );
        if (!in_array('READY', $case['states'], true)) {
            Until::holds($flags, static fn (): bool => $flags->stats()->lastError !== null, null, $case['within_seconds']);
        }
        $is = static fn (): bool => in_array($flags->state()->value, $case['states'], true);
        Until::holds($flags, $is, null, $case['within_seconds']);
        // One that polls where no stream can be had is STALE now and then.
        self::assertSame(in_array($flags->state()->value, ['READY', 'STALE'], true), $flags->enabled('a'));
        self::assertLessThan($case['memory_mb'] << 20, memory_get_peak_usage() - $before);
        if (!$isTls) {
            [$status, $answer] = $server->ask('POST', '/hostile/check', $flags);
            self::assertSame(200, $status, $answer);
            if ($case['mended_within_seconds'] > 0 && $case['mended_within_seconds'] < self::LONG) {
                $server->ask('POST', '/hostile/mend', $flags);
                $mended = static fn (): bool => $flags->state()->value === 'READY' && $flags->enabled('a');
                Until::holds($flags, $mended, null, $case['mended_within_seconds']);
            }
        }
        unlink($authority);
    }
}
