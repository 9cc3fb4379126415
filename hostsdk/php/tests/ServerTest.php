<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\Pace;
use Gonfalon\State;
use PHPUnit\Framework\TestCase;

/** The main flow against the real control plane. */
final class ServerTest extends TestCase
{
    private Folder $folder;
    private ControlPlane $plane;

    protected function setUp(): void
    {
        $this->folder = new Folder();
        $this->plane = new ControlPlane("{$this->folder->path}/data");
    }

    protected function tearDown(): void
    {
        $this->plane->stop();
        unset($this->folder);
    }

    public function testAChangeArrivesByTheStreamAndIsDecidedAlike(): void
    {
        $pro = [
            'type' => 'rule',
            'enabled' => true,
            'constraints' => [['attribute' => 'plan', 'operator' => 'in', 'values' => ['pro']]],
        ];
        $this->plane->put('checkout', $pro);
        $flags = $this->client(stream: true);
        self::assertSame(State::Ready, $flags->state());
        self::assertTrue($flags->enabled('checkout', 'user:3', attributes: ['plan' => 'pro']));
        self::assertFalse($flags->enabled('checkout', 'user:3', attributes: ['plan' => 'free']));

        $revision = $this->plane->put('checkout', $pro, ['type' => 'percentage_of_actors', 'ratio' => 0.25]);
        self::assertTrue($flags->waitFor($revision, 10));
        $on = 0;
        for ($i = 0; $i < 50; $i++) {
            $curl = curl_init("{$this->plane->url}/ofrep/v1/evaluate/flags/checkout");
            $asked = json_encode(['context' => ['targetingKey' => "user:$i"]]);
            $token = 'Authorization: Bearer ' . $this->token();
            curl_setopt_array($curl, [CURLOPT_POSTFIELDS => $asked, CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => [$token]]);
            $answer = json_decode((string) curl_exec($curl), true);
            self::assertSame($answer['value'], $flags->enabled('checkout', "user:$i"));
            $on += (int) $answer['value'];
        }
        self::assertGreaterThan(0, $on);
        self::assertSame(0, $flags->stats()->refused);
    }

    /** @dataProvider sources */
    public function testAProgramThatTicksSeldomFollowsToo(bool $stream): void
    {
        $this->plane->turn('a', true);
        $flags = $this->client(stream: $stream, pollInterval: 0.5, readyWithin: 0);
        usleep(1_100_000);
        $flags->tick();
        self::assertTrue($flags->enabled('a'));
        $this->plane->turn('a', false);
        usleep(1_100_000);
        $flags->tick();
        self::assertFalse($flags->enabled('a'));
    }

    /** @return array<array{bool}> */
    public function sources(): array
    {
        return [[true], [false]];
    }

    public function testPollingTakesAChange(): void
    {
        $this->plane->turn('a', true);
        $flags = $this->client(pollInterval: 0.02);
        self::assertTrue($flags->enabled('a'));
        self::assertTrue($flags->waitFor($this->plane->turn('a', false), 10));
        self::assertFalse($flags->enabled('a'));
    }

    public function testARestartIsSurvivedAndResumed(): void
    {
        $this->plane->turn('a', true);
        $token = $this->token();
        $lastGood = "{$this->folder->path}/last/good";
        $flags = $this->client(stream: true, lastGood: $lastGood, grace: 0.0);
        $this->plane->stop();
        Until::holds($flags, static fn (): bool => $flags->state() === State::Stale);
        self::assertTrue($flags->enabled('a'));
        $meanwhile = new Gonfalon($this->plane->url, $token, lastGood: $lastGood, stream: true, logger: new Silent());
        self::assertSame(State::Stale, $meanwhile->state());
        self::assertTrue($meanwhile->enabled('a'));

        $this->plane = $this->plane->restarted();
        $revision = $this->plane->turn('a', false);
        self::assertTrue($flags->waitFor($revision, 10));
        self::assertSame(State::Ready, $flags->state());
        self::assertFalse($flags->enabled('a'));
    }

    public function testUsageArrives(): void
    {
        $this->plane->turn('a', true);
        $flags = $this->client(stream: true);
        $flags->enabled('a');
        $flags->enabled('a');
        $flags->enabled('unknown');
        self::assertTrue($flags->flush());
        self::assertSame(2, $this->plane->evaluations('a'));
        $hosts = $this->plane->ask('GET', '/envs/default/hosts');
        self::assertStringContainsString('"sdk":"php"', json_encode($hosts));
    }

    private string $token = '';

    private function token(): string
    {
        return $this->token = $this->token !== '' ? $this->token : $this->plane->sdkToken();
    }

    private function client(mixed ...$options): Gonfalon
    {
        return new Gonfalon($this->plane->url, $this->token(), ...$options + [
            'logger' => new Silent(),
            'pace' => new Pace(backoff: 0.02, longest: 0.1),
        ]);
    }
}
