<?php

declare(strict_types=1);

namespace Gonfalon;

use Gonfalon\Net\Endpoint;
use Gonfalon\Net\Secret;
use Gonfalon\Net\Wire;
use Gonfalon\Source\File;
use Gonfalon\Source\Poll;
use Gonfalon\Source\Schedules;
use Gonfalon\Source\Source;
use Gonfalon\Source\Stream;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Log\LoggerInterface;

/**
 * A client: feature flags evaluated in memory, by the same engine in every language.
 *
 *     $flags = new Gonfalon('http://127.0.0.1:8080', $token, lastGood: '/var/lib/shop/flags');
 *     if ($flags->enabled('new_checkout', 'user:3', groups: ['staff'], attributes: ['plan' => 'pro'])) { … }
 *
 * In a web request it serves the last good file, which all requests of a host share, and asks the control plane after
 * the response has been sent, if the file is too old and no other process asks. A request waits for the network only if
 * there are no flags at all, and then for at most readyWithin seconds.
 *
 * A program that runs for long calls tick() between two pieces of work. With `stream: true` changes come as they are
 * made.
 */
final class Gonfalon extends Flags
{
    public const VERSION = '0.2.0';

    private const PAUSE = 1.0; // seconds between two ticks, after which a tick may wait, and for how long

    private readonly ?Source $source;
    private readonly Schedules $schedules;
    private readonly Pace $pace;
    private bool $closed = false;
    private bool $stepping = false;
    private int|false $process;
    private float $ticked;

    /**
     * @param string|null $endpoint the control plane's address, or GONFALON_ENDPOINT. Without one, the flags come from
     *     file or bootstrap
     * @param string|null $token a token of role sdk, or GONFALON_TOKEN
     * @param string|null $environment its key; default is "default". Snapshots of another one are refused
     * @param string|null $bootstrap a snapshot's bytes to start with
     * @param string|null $lastGood a file that keeps the last snapshot, shared by all processes of a host
     * @param string|null $file a snapshot file to serve instead of a control plane
     * @param bool $stream follow the control plane's stream, in a program that calls tick(); a web request polls anyway
     * @param float $pollInterval otherwise: seconds between two polls
     * @param float $readyWithin seconds that a start waits for the source; a web request only does if nothing serves
     * @param float|null $ttl seconds without a word of the source until STALE; null: never
     * @param float $grace seconds that a lost source isn't yet STALE
     * @param LoggerInterface|null $logger takes the log; without one, warnings and errors go to PHP's own
     * @param ClientInterface|null $http a PSR-18 client for everything but the stream, with a PSR-17 factory of
     *     requests
     * @param array{ca?: string, cert?: string, key?: string} $tls files for a private authority or a client certificate
     * @param Pace|null $pace how patient the source is
     * @throws \InvalidArgumentException for options that don't fit
     * @throws LoadError|Trap|\RuntimeException for a bootstrap that can't be used, or a library that isn't there
     */
    public function __construct(
        ?string $endpoint = null,
        #[\SensitiveParameter] ?string $token = null,
        ?string $environment = null,
        ?string $bootstrap = null,
        ?string $lastGood = null,
        ?string $file = null,
        bool $stream = false,
        float $pollInterval = 30.0,
        private readonly float $readyWithin = 5.0,
        ?float $ttl = null,
        float $grace = 5.0,
        ?LoggerInterface $logger = null,
        ?ClientInterface $http = null,
        ?RequestFactoryInterface $requests = null,
        array $tls = [],
        ?Pace $pace = null,
    ) {
        $endpoint ??= $file === null ? self::env('GONFALON_ENDPOINT') : null;
        $token ??= self::env('GONFALON_TOKEN') ?? '';
        self::check($endpoint, $token, $environment, $bootstrap, $lastGood, $file, $pollInterval, $tls);
        if (($http === null) !== ($requests === null)) {
            throw new \InvalidArgumentException('http and requests go together: a PSR-18 client, and a PSR-17 factory');
        }
        Library::ffi(); // one that isn't there is a mistake of the installation, and no state
        $this->process = getmypid();
        $this->ticked = self::now();
        $log = new Log($logger, new Secret($token));
        $status = new Status($log, $ttl, $grace);
        $environment ??= $endpoint === null ? null : 'default';
        $kept = $lastGood === null ? null : new LastGood($lastGood, $log);
        $store = new Store($environment, $status, $log, $kept);
        parent::__construct($store, $status, $log);
        $this->pace = $pace ?? new Pace();
        $this->schedules = new Schedules($store, $status, static fn (): int => (int) (microtime(true) * 1e6));
        $store->start($bootstrap);
        if ($file !== null) {
            $this->source = new File($store, $status, $log, $file);
        } elseif ($endpoint === null) {
            $this->source = null;
            if ($store->engine !== null) {
                $status->contact(); // there is nothing that could know better
            }
        } else {
            $wire = new Wire($endpoint, $token, (string) $environment, $tls, $this->pace, $http, $requests);
            $this->source = $stream && !self::isWeb()
                ? new Stream($store, $status, $log, $wire, $this->pace)
                : new Poll($store, $status, $log, $wire, $this->pace, $pollInterval, $grace);
        }
        $this->begin();
    }

    /**
     * Takes what has come from the source by now, tells listeners, and reports usage. A program that runs for long
     * calls it between two pieces of work. It doesn't wait for the network. Only if the last tick was more than a
     * second ago, it waits for an answer that is under way, for a second at most: nothing goes on between two ticks.
     */
    public function tick(): void
    {
        $pause = self::now() - $this->ticked;
        $this->step();
        $deadline = self::now() + self::PAUSE;
        while ($pause > self::PAUSE && $this->source?->isUnderWay() === true && self::now() < $deadline) {
            $this->source->wait($deadline - self::now());
            $this->step();
        }
        $this->ticked = self::now();
    }

    private function step(): void
    {
        if ($this->closed || $this->stepping) {
            return; // a listener may wait for something, too
        }
        $this->stepping = true;
        try {
            if (getmypid() !== $this->process) { // a child: the connection, the lease and the counts are its parent's
                $this->process = getmypid();
                $this->source?->forked();
            }
            try {
                $this->source?->tick();
            } catch (\Throwable $error) { // whatever it is, the next tick goes on
                $this->log->once('error', 'following failed with ' . get_debug_type($error) . ": {$error->getMessage()}");
            }
            $this->status->settle();
            $this->schedules->tick();
        } finally {
            $this->stepping = false;
        }
    }

    /** Ticks for so many seconds. A program that has nothing else to do waits here. */
    public function run(float $seconds): void
    {
        $this->until(static fn (): bool => false, $seconds);
    }

    /** Ticks until the client is READY. Returns false if that takes longer, or the client is closed. */
    public function waitReady(float $seconds): bool
    {
        return $this->until(fn (): bool => $this->state() === State::Ready, $seconds);
    }

    /**
     * Ticks until a snapshot of this revision or a later one serves, such as the one that a write was answered with.
     * Returns false if that takes longer, or the client is closed.
     */
    public function waitFor(int $revision, float $seconds): bool
    {
        return $this->until(fn (): bool => ($this->info()->revision ?? -1) >= $revision, $seconds);
    }

    /** Reports usage now. Returns false if it couldn't be delivered; it then goes into the next report. */
    public function flush(float $seconds = 5.0): bool
    {
        return !$this->closed && $this->source !== null && $this->source->flush($seconds);
    }

    /** Reports usage and ends the connection. The client keeps answering from its last snapshot. */
    public function close(): void
    {
        if (!$this->closed) {
            $this->closed = true;
            getmypid() === $this->process ? $this->source?->close($this->pace->farewell) : $this->source?->forked();
        }
    }

    public function __destruct()
    {
        try {
            $this->close();
        } catch (\Throwable $error) {
            $this->log->error("the client didn't end well: {$error->getMessage()}");
        }
    }

    private function begin(): void
    {
        if ($this->source === null) {
            return;
        }
        if (self::isWeb() && $this->source instanceof Poll) {
            try {
                $this->source->look();
            } catch (\Throwable $error) { // such as what a program's error handler makes of a warning
                $this->log->error('the last good file failed with ' . get_debug_type($error) . ": {$error->getMessage()}");
            }
            if ($this->store->lastGood === null) {
                $this->log->warning('without lastGood, each web request asks the control plane');
            }
            // The last of all shutdown functions: those of the program may still write to the response.
            register_shutdown_function(fn () => register_shutdown_function($this->end(...)));
            if ($this->store->engine !== null) {
                return;
            }
        }
        $deadline = self::now() + $this->readyWithin;
        do {
            $this->tick();
            $left = $deadline - self::now();
            if ($this->source->answered || ($this->source instanceof Poll && $this->source->isHeldOff())) {
                return;
            }
            $this->source->wait(min($left, 0.1));
        } while ($left > 0);
        if ($this->readyWithin > 0) {
            $this->log->warning("no flags within $this->readyWithin s; the client starts as {$this->state()->value}");
        }
    }

    /** Ends a web request: sends the response, and asks the control plane if it is time. */
    private function end(): void
    {
        if (!$this->closed && $this->source instanceof Poll && ($this->source->isDue() || $this->store->lastGood === null)) {
            if (session_status() === PHP_SESSION_ACTIVE) {
                session_write_close(); // the visitor's next request waits for it
            }
            if (function_exists('fastcgi_finish_request')) {
                fastcgi_finish_request();
            }
            try {
                $this->source->finish(max($this->readyWithin, $this->pace->farewell));
            } catch (\Throwable $error) { // the response has been sent
                $this->log->error('refreshing failed with ' . get_debug_type($error) . ": {$error->getMessage()}");
            }
        }
        $this->__destruct();
    }

    /** @param \Closure(): bool $holds */
    private function until(\Closure $holds, float $seconds): bool
    {
        $deadline = self::now() + $seconds;
        while (true) {
            $this->tick();
            $left = $deadline - self::now();
            if ($holds() || $this->closed || $left <= 0) {
                return $holds();
            }
            if ($this->source !== null) {
                $this->source->wait(min($left, 0.25));
            } else {
                usleep((int) (min($left, 0.05) * 1e6));
            }
        }
    }

    /** @param array<array-key, mixed> $tls */
    private static function check(
        ?string $endpoint,
        #[\SensitiveParameter] string $token,
        ?string $environment,
        ?string $bootstrap,
        ?string $lastGood,
        ?string $file,
        float $pollInterval,
        array $tls,
    ): void {
        $wrong = match (true) {
            $endpoint !== null && $file !== null => 'endpoint and file are two sources; give one',
            $endpoint === null && $file === null && $bootstrap === null && $lastGood === null
                => 'nothing to take flags from: give endpoint and token, or file, or bootstrap, or lastGood',
            $pollInterval <= 0 => "pollInterval is $pollInterval seconds; it must be above 0",
            $endpoint !== null && $token === '' => 'endpoint needs a token (or GONFALON_TOKEN)',
            $endpoint !== null && preg_match('/[^\x21-\x7e]/', $token) === 1 => 'the token has characters that no token has',
            array_diff_key($tls, ['ca' => 1, 'cert' => 1, 'key' => 1]) !== [] || array_filter($tls, is_string(...)) !== $tls
                => 'tls has the files ca, cert and key',
            default => $endpoint === null ? null : Endpoint::trouble($endpoint) ?? Endpoint::environmentTrouble($environment ?? 'default'),
        };
        if ($wrong !== null) {
            throw new \InvalidArgumentException($wrong);
        }
    }

    private static function env(string $name): ?string
    {
        $value = $_SERVER[$name] ?? getenv($name);
        return is_string($value) && $value !== '' ? $value : null;
    }

    private static function isWeb(): bool
    {
        return !in_array(PHP_SAPI, ['cli', 'phpdbg', 'embed', 'micro', 'frankenphp'], true);
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
