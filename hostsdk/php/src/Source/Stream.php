<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Log;
use Gonfalon\Net\CurlExchange;
use Gonfalon\Net\Event;
use Gonfalon\Net\EventReader;
use Gonfalon\Net\Exchange;
use Gonfalon\Net\Wire;
use Gonfalon\Net\WireError;
use Gonfalon\Pace;
use Gonfalon\Refused;
use Gonfalon\Status;
use Gonfalon\Store;

/**
 * Follows the control plane's stream. With a last good file it holds the lease if it can, so that web requests have
 * nothing to ask for, and reports what they have counted.
 *
 * @internal
 */
final class Stream extends Source
{
    private const RETRY = 300.0; // seconds: a server can't send its clients away for longer
    private const LEASE = 5.0; // seconds between two attempts to get the lease

    private readonly Backoff $backoff;
    private Reporter $reporter;
    private readonly ?Lease $lease;
    private readonly ?Spool $spool;
    private ?CurlExchange $stream = null;
    private ?Exchange $fetch = null; // of a full snapshot; the stream's events wait for it
    private bool $fetchEnds = false; // the stream is over, whatever the fetch comes to
    private EventReader $reader;
    private bool $opened = false;
    private bool $delivered = false;
    private ?string $supersedes = null;
    private ?float $later = null; // when the server wants its hosts back
    private float $next = 0.0; // of an attempt
    private float $heard = 0.0; // the last byte
    private int $received = 0;
    private float $leased = 0.0;
    private float $collected = 0.0;

    /** @var list<Event> */
    private array $events = [];

    public function __construct(
        Store $store,
        Status $status,
        Log $log,
        private readonly Wire $wire,
        private readonly Pace $pace,
    ) {
        parent::__construct($store, $status, $log);
        $this->backoff = new Backoff($pace);
        $this->lease = $store->lastGood === null ? null : new Lease($store->lastGood->path, $log);
        $this->spool = $store->lastGood === null ? null : new Spool($store->lastGood->path, $log);
        $this->reporter = $this->newReporter();
        $this->reader = new EventReader();
        $this->collected = self::now();
    }

    public function tick(): void
    {
        if ($this->lease !== null && self::now() >= $this->leased) {
            $this->leased = self::now() + self::LEASE;
            $this->lease->take();
        }
        try {
            $this->follow();
        } catch (WireError | Refused $error) {
            $this->end($error);
        }
        if ($this->lease?->held() === true && self::now() - $this->collected >= $this->pace->usage) {
            $this->collected = self::now();
            $this->store->putUsageBack($this->spool?->take() ?? []); // goes with the next report
        }
        $this->reporter->tick();
        $this->status->settle();
    }

    public function wait(float $seconds): void
    {
        if ($this->reporter->busy()) {
            $this->reporter->wait(min($seconds, 0.01));
        }
        $seconds = min($seconds, 0.25); // a report, a schedule or a grace may be due
        if ($this->fetch !== null) {
            $this->fetch->wait($seconds);
        } elseif ($this->stream !== null) {
            $this->stream->wait($seconds);
        } else {
            usleep((int) (max(0.0, min($seconds, $this->next - self::now())) * 1e6));
        }
    }

    public function flush(float $within): bool
    {
        return $this->reporter->flush($within, $this->lease?->held() === true ? $this->spool?->take() ?? [] : []);
    }

    public function close(float $within): void
    {
        $more = $this->lease?->held() === true ? $this->spool?->take() ?? [] : [];
        $this->reporter->flush($within, $more, true);
        $this->spool?->add($this->store->takeUsage());
        $this->stream?->cancel();
        $this->fetch?->cancel();
        [$this->stream, $this->fetch] = [null, null];
        $this->lease?->release();
    }

    public function isUnderWay(): bool
    {
        $opens = $this->stream !== null && (!$this->opened || !$this->delivered || $this->reader->isInside());
        return $opens || $this->fetch !== null || $this->reporter->busy();
    }

    public function forked(): void
    {
        parent::forked();
        [$this->stream, $this->fetch, $this->events, $this->next] = [null, null, [], 0.0];
        $this->reporter = $this->newReporter();
        $this->lease?->release();
    }

    private function newReporter(): Reporter
    {
        return new Reporter($this->store, $this->wire, 'stream', $this->pace->usage, bin2hex(random_bytes(8)));
    }

    private function follow(): void
    {
        if ($this->fetch !== null && !$this->fetched()) {
            return;
        }
        if ($this->stream === null) {
            if (self::now() < $this->next) {
                return;
            }
            $this->open();
        }
        $ended = $this->stream->step();
        $this->readHead();
        if ($this->stream->received() !== $this->received) {
            [$this->received, $this->heard] = [$this->stream->received(), self::now()];
        }
        $this->handle();
        if ($this->fetch !== null || $this->stream === null) {
            return; // what ended is seen once the snapshot is there; or a listener has closed the client
        }
        if ($ended) {
            $this->stream->answer()->check();
            throw new WireError('the stream ended');
        }
        if (self::now() - $this->heard > Wire::SILENCE) {
            throw new WireError('nothing came for ' . Wire::SILENCE . ' seconds');
        }
    }

    private function open(): void
    {
        [$this->reader, $this->events] = [new EventReader(), []];
        [$this->delivered, $this->supersedes, $this->later, $this->received] = [false, null, null, 0];
        $this->next = $this->heard = self::now();
        $this->opened = false;
        $this->stream = $this->wire->stream($this->store->engine?->info()->position(), function (string $bytes): void {
            $this->readHead();
            array_push($this->events, ...$this->reader->read($bytes));
        });
    }

    /** Reads the head of the stream, once. */
    private function readHead(): void
    {
        if ($this->opened || $this->stream?->opened() !== true) {
            return;
        }
        $this->opened = true;
        $headers = $this->stream->headers();
        $kind = $headers['content-type'] ?? 'of no type';
        if (strtolower(trim(explode(';', $kind)[0])) !== 'text/event-stream') {
            throw new WireError("the stream is $kind, not text/event-stream", unreadable: true);
        }
        $this->supersedes = $headers[Wire::SUPERSEDES] ?? null;
    }

    /** Takes the events that have come, up to one that a full snapshot has to be fetched for. */
    private function handle(): void
    {
        while ($this->events !== [] && $this->fetch === null) {
            $event = array_shift($this->events);
            $this->take($event);
            if ($event->type === 'snapshot') {
                $this->supersedes = null; // it is about the first
            }
            if ($event->retry !== null) {
                $this->later = min($event->retry / 1000, self::RETRY);
            }
            if (in_array($event->type, ['snapshot', 'delta', 'heartbeat'], true)) {
                $this->delivered = true;
                $this->backoff->reset();
            }
        }
    }

    private function take(Event $event): void
    {
        if ($event->type === 'heartbeat') {
            $this->confirmed();
            return;
        }
        if ($event->type !== 'snapshot' && $event->type !== 'delta') {
            return; // of a newer server
        }
        try {
            $bytes = $event->bytes();
        } catch (WireError $error) {
            $this->store->refuse($error->getMessage());
            $this->status->refused($error->getMessage()); // what serves stays, and stays good
            return;
        }
        try {
            $event->type === 'snapshot' ? $this->store->takeSnapshot($bytes, $this->supersedes) : $this->store->takeDelta($bytes);
        } catch (Refused $error) {
            if ($event->type === 'delta') {
                $this->fetch = $this->wire->snapshot($this->store->engine?->info());
            } else {
                $this->status->refused($error->getMessage());
            }
            return;
        }
        $this->confirmed();
    }

    /** Goes on with the fetch. Returns whether it is over. */
    private function fetched(): bool
    {
        if ($this->fetch === null || !$this->fetch->step()) {
            return false;
        }
        [$fetch, $this->fetch] = [$this->fetch, null];
        try {
            $answer = $fetch->answer();
            if ($answer->status !== 304 || $this->store->engine === null) {
                $this->store->takeSnapshot($answer->check()->body, $answer->headers[Wire::SUPERSEDES] ?? null);
            }
            $this->confirmed();
        } catch (WireError | Refused $error) {
            if (!$this->fetchEnds) {
                throw $error;
            }
        }
        $this->fetchEnds = false;
        return true;
    }

    private function confirmed(): void
    {
        if ($this->store->engine !== null) {
            $this->lease?->confirm($this->store->engine->info()->id);
        }
        $this->contact();
    }

    /** The stream is over. */
    private function end(\Throwable $error): void
    {
        $this->failed($error);
        $this->stream?->cancel();
        [$this->stream, $this->events] = [null, []];
        $away = $error instanceof WireError && ($error->unreachable || $error->refusal() || $error->retryAfter !== null);
        $delay = $this->backoff->delay($error, $this->delivered ? $this->later : null);
        $this->next = self::now() + $delay;
        if ($this->lease?->held() === true) {
            $this->lease->note(['attempts' => $this->backoff->attempts(), 'next' => microtime(true) + $delay]);
        }
        if (!$this->delivered && !$away) {
            // The server is there, but something between doesn't let the stream through.
            [$this->fetch, $this->fetchEnds] = [$this->wire->snapshot($this->store->engine?->info()), true];
        }
        $this->delivered = true;
    }
}
