<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Library;
use PHPUnit\Framework\TestCase;

/** Web requests in a real php-fpm, asked by FastCGI. */
final class FpmTest extends TestCase
{
    private const PRELOAD = __DIR__ . '/../preload.php';

    private Folder $folder;
    private string $flags;

    protected function setUp(): void
    {
        if (glob('/usr/sbin/php-fpm*') === []) {
            self::markTestSkipped('php-fpm is not installed');
        }
        $this->folder = new Folder();
        $this->flags = "{$this->folder->path}/flags";
    }

    public function testAFlagChangesBetweenTwoRequests(): void
    {
        $plane = new ControlPlane("{$this->folder->path}/data");
        $plane->turn('a', true);
        $options = ['endpoint' => $plane->url, 'token' => $plane->sdkToken(), 'lastGood' => $this->flags];
        $options['stream'] = true; // for the workers of the same program; a web request polls anyway
        $fpm = $this->preloaded(1);

        $first = $this->get($fpm, $options); // there is no file yet: it waits for the control plane
        self::assertSame([true, 'READY'], [$first['a'], $first['state']]);
        $revision = $plane->turn('a', false);
        self::assertSame([true, 'READY'], [$this->get($fpm, $options)['a'], 'READY']); // the file is new enough
        Notes::confirm($this->flags, 100);
        $second = $this->get($fpm, $options); // serves the file, and refreshes it after its response
        self::assertSame([true, 'STALE'], [$second['a'], $second['state']]);
        $third = $this->get($fpm, $options);
        self::assertSame([false, $revision, $first['process']], [$third['a'], $third['revision'], $third['process']]);
        self::assertSame('', preg_replace('/^.*NOTICE.*\n/m', '', $fpm->log()));
        $this->assertUsage($plane, 3);
    }

    public function testTheProcessKeepsTheSnapshotOverItsRequests(): void
    {
        $snapshot = base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']);
        file_put_contents($this->flags, $snapshot);
        foreach ([$this->preloaded(1), $this->unpreloaded(1)] as $fpm) {
            $before = $this->get($fpm, ['lastGood' => $this->flags]);
            self::assertSame(1, $before['revision']);
            // Altered where only loading it again would notice.
            file_put_contents($this->flags, substr_replace($snapshot, "\x00", 200, 1));
            $after = $this->get($fpm, ['lastGood' => $this->flags]);
            self::assertSame([1, $before['process']], [$after['revision'], $after['process']]);
            file_put_contents($this->flags, $snapshot);
        }
        file_put_contents($this->flags, substr_replace($snapshot, "\x00", 200, 1));
        self::assertNull($this->get($this->preloaded(1), ['lastGood' => $this->flags])['revision']);
    }

    /** Without root, preloading happens in the master process itself, whose memory the workers share. */
    public function testASnapshotIsPreloaded(): void
    {
        $snapshot = base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']);
        file_put_contents($this->flags, $snapshot);
        $settings = ['opcache.preload' => (string) realpath(self::PRELOAD), 'ffi.enable' => 'preload'];
        $fpm = new Fpm($this->folder->made(), $settings, ['GONFALON_LAST_GOOD' => $this->flags], 1, false);
        file_put_contents($this->flags, substr_replace($snapshot, "\x00", 200, 1)); // which only loading would notice
        self::assertSame(1, $this->get($fpm, ['lastGood' => $this->flags])['revision']);
    }

    public function testNoRequestWaitsForAServerThatIsSlow(): void
    {
        $asked = "{$this->folder->path}/asked";
        $server = $this->slowServer($asked, 60_000);
        file_put_contents($this->flags, base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']));
        $options = ['endpoint' => $server->url, 'token' => 'token', 'lastGood' => $this->flags, 'readyWithin' => 30, 'pace' => ['farewell' => 60]];
        $fpm = $this->preloaded(4);
        for ($i = 0; $i < 8; $i++) {
            $begun = hrtime(true);
            $answer = $this->get($fpm, $options);
            self::assertSame([1, 'STALE'], [$answer['revision'], $answer['state']]);
            self::assertLessThan(10.0, $answer['seconds']);
            self::assertLessThan(20.0, (hrtime(true) - $begun) / 1e9); // though the one that asks waits for a minute, after its response
        }
        self::assertCount(1, file($asked), 'one asks for all');
    }

    public function testAServerThatIsDownIsAskedRarely(): void
    {
        $asked = "{$this->folder->path}/asked";
        $server = $this->slowServer($asked, 0);
        $options = ['endpoint' => $server->url, 'token' => 'token', 'lastGood' => $this->flags, 'readyWithin' => 30];
        $fpm = $this->preloaded(2);
        $begun = hrtime(true);
        for ($i = 0; $i < 10; $i++) {
            $answer = $this->get($fpm, $options);
            self::assertSame([false, 'NOT_READY'], [$answer['a'], $answer['state']]);
            self::assertLessThan(10.0, $answer['seconds']);
        }
        // At once, and then after pauses that begin with a quarter of a second at least, and double.
        $most = 1 + floor(log(1 + (hrtime(true) - $begun) / 1e9 / 0.25, 2));
        self::assertLessThanOrEqual($most, count(file($asked)));
    }

    public function testAFileThatIsKeptBySyncIsServedWithoutAsking(): void
    {
        $plane = new ControlPlane("{$this->folder->path}/data");
        $plane->turn('a', true);
        $fpm = $this->preloaded(1);
        chmod($this->folder->path, 0777);
        $sync = proc_open(
            [PHP_BINARY, '-d', 'ffi.enable=1', dirname(__DIR__) . '/bin/gonfalon-sync', $this->flags],
            [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', "{$this->folder->path}/sync", 'w']],
            $pipes,
            null,
            ['GONFALON_ENDPOINT' => $plane->url, 'GONFALON_TOKEN' => $plane->sdkToken()] + getenv(),
        );
        for ($said = ''; !str_ends_with($said, " READY\n") || !is_file($this->flags); usleep(1000)) {
            $said = str_ends_with($said, " READY\n") ? $said : (string) fgets($pipes[1]);
            self::assertNotSame('', $said, (string) file_get_contents("{$this->folder->path}/sync"));
        }
        // A client that could only ask a server that isn't there.
        $options = ['endpoint' => 'http://127.0.0.1:9', 'token' => 'token', 'lastGood' => $this->flags, 'pollInterval' => 0.001];
        self::assertSame([true, 'READY'], array_values(array_intersect_key($this->get($fpm, $options), ['a' => 1, 'state' => 1])));
        $plane->turn('a', false);
        for ($tries = 0; $this->get($fpm, $options)['a']; $tries++) {
            self::assertLessThan(200, $tries);
            usleep(10_000);
        }
        proc_terminate($sync, SIGTERM);
        while (proc_get_status($sync)['running']) {
            usleep(10_000);
        }
        proc_close($sync);
        self::assertSame('', file_get_contents("{$this->folder->path}/sync"));
        $this->assertUsage($plane, 2); // what the requests have counted went with the last report
    }

    /** Many at once, workers that are killed, and a file that others write nonsense into: each answer is still one. */
    public function testWorkersThatAreKilledAndAFileOfGarbage(): void
    {
        $plane = new ControlPlane("{$this->folder->path}/data");
        $plane->turn('a', true);
        $options = ['endpoint' => $plane->url, 'token' => $plane->sdkToken(), 'lastGood' => $this->flags, 'pollInterval' => 0.001];
        $fpm = $this->preloaded(4);
        $revision = $this->get($fpm, $options)['revision'];
        $garbage = ['', 'garbage', random_bytes(1000), substr((string) file_get_contents($this->flags), 0, -5)];
        foreach ([...$garbage, ...$garbage] as $round => $bytes) {
            $asked = array_map(fn (): array => $fpm->begin(__DIR__ . '/app/app.php', urlencode((string) json_encode($options))), range(1, 6));
            file_put_contents($round % 2 === 0 ? $this->flags : "$this->flags.lock", $bytes);
            $on = $round % 2 === 1;
            $plane->turn('a', $on);
            foreach ($fpm->workers() as $i => $worker) {
                $i % 2 === 0 && posix_kill($worker, SIGKILL);
            }
            foreach ($asked as $one) {
                $answer = json_decode($fpm->end($one), true);
                self::assertTrue($answer === null || is_bool($answer['a'])); // null of one that was killed
            }
            for ($tries = 0, $last = null; ($last['a'] ?? null) !== $on || $last['state'] !== 'READY'; $tries++) {
                self::assertLessThan(100, $tries, json_encode($last) . $fpm->log());
                $last = json_decode($fpm->get(__DIR__ . '/app/app.php', urlencode((string) json_encode($options))), true);
            }
            self::assertGreaterThan($revision, $last['revision']);
            $revision = $last['revision'];
        }
        self::assertDoesNotMatchRegularExpression('/Fatal|Uncaught|SIGSEGV/', $fpm->log());
    }

    public function testFfiThatIsRestrictedIsSaid(): void
    {
        $fpm = new Fpm($this->folder->path, ['ffi.enable' => 'preload'], workers: 1);
        $answer = $fpm->get(__DIR__ . '/app/app.php', '%7B%22lastGood%22:%22/x%22%7D');
        self::assertStringContainsString('FFI is restricted to preloaded files', $answer);
    }

    private function assertUsage(ControlPlane $plane, int $atLeast): void
    {
        self::assertGreaterThanOrEqual($atLeast, $plane->evaluations('a'));
    }

    private function slowServer(string $asked, int $milliseconds): Server
    {
        $environment = ['ASKED' => $asked, 'LATE' => (string) $milliseconds, 'PHP_CLI_SERVER_WORKERS' => '4'];
        return Server::builtIn(__DIR__ . '/app/silent.php', $environment);
    }

    private function preloaded(int $workers): Fpm
    {
        $settings = ['opcache.preload' => (string) realpath(self::PRELOAD), 'ffi.enable' => 'preload'];
        if (posix_geteuid() === 0) {
            $settings += ['opcache.preload_user' => 'www-data', 'ffi.preload' => Library::header((string) realpath(Library::path()))];
        }
        return new Fpm($this->folder->made(), $settings, [], $workers);
    }

    private function unpreloaded(int $workers): Fpm
    {
        return new Fpm($this->folder->made(), ['ffi.enable' => 'true'], [], $workers);
    }

    /**
     * @param array<string, mixed> $options of the client
     * @return array<string, mixed>
     */
    private function get(Fpm $fpm, array $options): array
    {
        $answer = $fpm->get(__DIR__ . '/app/app.php', urlencode((string) json_encode($options)));
        $read = json_decode($answer, true);
        self::assertIsArray($read, $answer . $fpm->log());
        return $read;
    }
}
