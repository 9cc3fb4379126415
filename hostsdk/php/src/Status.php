<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * State and listeners of one client. Nothing happens between two calls, so a state that comes with time (of a grace, a
 * time to live) is worked out when it is asked for, and told at the next settle().
 *
 * @internal
 */
final class Status
{
    /** What the source's trouble is, for people; null once it is well again. */
    public ?string $error = null;

    /** Times that the source was lost. */
    public int $losses = 0;

    private State $told = State::NotReady;
    private bool $loaded = false;
    private bool $refused = false; // the source answers, but with a refusal
    private ?float $contact = null; // when the source last stood behind the snapshot
    private ?float $failed = null; // when it was lost, since then

    /** @var array<int, \Closure(StateChanged|FlagsChanged): void> */
    private array $listeners = [];

    /**
     * @param float|null $ttl seconds without a word of the source until STALE
     * @param float $grace seconds that a lost source isn't yet STALE
     */
    public function __construct(
        private readonly Log $log,
        private readonly ?float $ttl = null,
        private readonly float $grace = 5.0,
    ) {
    }

    public function state(): State
    {
        if (!$this->loaded) {
            return $this->refused ? State::Error : State::NotReady;
        }
        $age = $this->age();
        $away = $this->failed !== null && self::clock() - $this->failed >= $this->grace;
        return $age === null || $away || ($this->ttl !== null && $age > $this->ttl) ? State::Stale : State::Ready;
    }

    /** Seconds since the source last confirmed the snapshot; null if it never did. */
    public function age(): ?float
    {
        return $this->contact === null ? null : self::clock() - $this->contact;
    }

    /** A snapshot serves, and the source stood behind it so many seconds ago. */
    public function contact(float $ago = 0.0): void
    {
        $this->contact = self::clock() - $ago;
        [$this->loaded, $this->refused, $this->failed, $this->error] = [true, false, null, null];
        $this->settle();
    }

    /** A snapshot serves that the source hasn't confirmed. */
    public function loaded(): void
    {
        $this->loaded = true;
        $this->settle();
    }

    /** The source is away. The state follows when that lasts longer than the grace. */
    public function failed(string $error): void
    {
        $this->losses++;
        $this->error = $this->log->clean($error);
        $this->failed ??= self::clock();
        $this->settle();
    }

    /** The source refuses, or sends what can't be read. */
    public function refused(string $error): void
    {
        [$this->refused, $this->error] = [true, $this->log->clean($error)];
        $this->settle();
    }

    /** Nothing serves any more, as in a test. */
    public function unloaded(): void
    {
        [$this->loaded, $this->contact] = [false, null];
        $this->settle();
    }

    /**
     * @param \Closure(StateChanged|FlagsChanged): void $listener
     * @return \Closure(): void ends that
     */
    public function subscribe(\Closure $listener): \Closure
    {
        $this->listeners[] = $listener;
        $number = array_key_last($this->listeners);
        return function () use ($number): void {
            unset($this->listeners[$number]);
        };
    }

    /** Whether anybody listens. */
    public function heard(): bool
    {
        return $this->listeners !== [];
    }

    public function emit(StateChanged|FlagsChanged $event): void
    {
        foreach ($this->listeners as $listener) {
            try {
                $listener($event);
            } catch (\Throwable $error) {
                $this->log->error('a listener threw ' . get_debug_type($error) . ": {$error->getMessage()}");
            }
        }
    }

    /** Tells the state if it is another one than was told last. */
    public function settle(): void
    {
        [$previous, $state] = [$this->told, $this->state()];
        if ($state === $previous) {
            return;
        }
        $this->told = $state;
        $message = "$state->value, was $previous->value" . ($this->error === null ? '' : ": $this->error");
        if ($previous === State::Ready || $state === State::Error) {
            $this->log->warning($message);
        } else {
            $this->log->info($message);
        }
        $this->emit(new StateChanged($state, $previous, $this->error));
    }

    private static function clock(): float
    {
        return hrtime(true) / 1e9;
    }
}
