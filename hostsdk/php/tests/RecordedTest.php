<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\FlagsChanged;
use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use PHPUnit\Framework\TestCase;

/** Replays the recorded sessions of hostsdk/testdata/sessions, as every SDK does. */
final class RecordedTest extends TestCase
{
    /** @return iterable<string, array{string}> */
    public function sessions(): iterable
    {
        foreach (glob(Tree::path('hostsdk/testdata/sessions/*.json')) ?: [] as $path) {
            yield basename($path) => [$path];
        }
    }

    /** @dataProvider sessions */
    public function testARecordedSession(string $path): void
    {
        $server = Server::contract('replay', $path);
        [$status, $bootstrap] = $server->ask('GET', '/replay/bootstrap');
        $flags = new Gonfalon(
            $server->url,
            'token',
            bootstrap: $status === 200 ? $bootstrap : null,
            stream: true,
            readyWithin: 0,
            logger: new Silent(),
            pace: new Pace(backoff: 0.01, longest: 0.05),
        );
        $changes = [];
        $flags->subscribe(static function (object $event) use (&$changes): void {
            if ($event instanceof FlagsChanged) {
                $changes[] = $event->flags;
            }
        });
        while (true) {
            [$status, $answer] = $server->ask('POST', '/replay/next', $flags);
            self::assertSame(200, $status, $answer);
            $step = json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
            if (isset($step['end'])) {
                return;
            }
            if (isset($step['changed'])) {
                Until::holds($flags, static function () use (&$changes): bool {
                    return $changes !== [];
                });
                self::assertSame($step['changed'], array_shift($changes));
            } else {
                $this->expect($flags, $step['expect']);
            }
        }
    }

    /** @param array<string, mixed> $expected */
    private function expect(Gonfalon $flags, array $expected): void
    {
        $wanted = [$expected['state'], $expected['revision'] ?? null, $expected['lineage'] ?? null, $expected['refused'] ?? 0];
        $is = static fn (): array => [
            $flags->state()->value, $flags->info()?->revision, $flags->info()?->lineage, $flags->stats()->refused,
        ];
        Until::holds($flags, static fn (): bool => $is() === $wanted, static fn (): string => json_encode([$wanted, $is()]));
        foreach ($expected['decisions'] ?? [] as $question) {
            $decision = $flags->decide(
                $question['flag'],
                $question['actor'] ?? null,
                $question['groups'] ?? null,
                $question['attributes'] ?? null,
                $question['now'],
                (int) $question['roll'],
            );
            [$value, $reason] = Values::resolve($decision);
            $answer = [
                'enabled' => $decision->enabled,
                'variant' => $decision->variant,
                'value' => $value,
                'reason' => $reason,
                'error' => Values::error($decision),
            ];
            self::assertEquals(array_intersect_key($question, $answer), $answer, $question['flag']);
        }
    }
}
