<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * One loaded snapshot in the engine: the calls of the C library. Nothing that it returns points into the library's
 * memory.
 *
 * @internal
 */
final class Instance
{
    public const BATCH = 1024; // decisions a call
    public const MAX_BYTES = 32 << 20; // of a snapshot or a delta

    private const TRAPPED = -100;
    private const NO_MEMORY = -101;
    private const NO_FILE = -200;
    private const BAD_FILE = -201;

    private readonly \FFI\CData $answer;
    private ?\FFI\CData $answers = null;
    private bool $busy = false;

    /** @var array<int, array{string, string}> names and payloads of variants, by their indexes */
    private array $variants = [];

    private function __construct(
        private readonly \FFI $ffi,
        private readonly \FFI\CData $snapshot,
        private readonly bool $shared,
    ) {
        $this->answer = $ffi->new('gonfalon_decision');
    }

    /** @throws LoadError|Trap */
    public static function load(string $bytes): self
    {
        $ffi = Library::ffi();
        [$snapshot, $offset] = [$ffi->new('gonfalon_snapshot *'), $ffi->new('uint32_t')];
        self::check($ffi->gonfalon_load($bytes, strlen($bytes), \FFI::addr($snapshot), \FFI::addr($offset)), $offset->cdata);
        return new self($ffi, $snapshot, false);
    }

    /**
     * Opens the snapshot in a file, which this process keeps over its requests; null if there is no file.
     *
     * @throws LoadError|Trap|\RuntimeException
     */
    public static function open(string $path): ?self
    {
        if (str_contains($path, "\0")) {
            throw new \RuntimeException('a path with a NUL in it');
        }
        $ffi = Library::ffi();
        [$snapshot, $offset] = [$ffi->new('gonfalon_snapshot *'), $ffi->new('uint32_t')];
        $code = $ffi->gonfalon_shared_open($path, \FFI::addr($snapshot), \FFI::addr($offset));
        if ($code === self::NO_FILE) {
            return null;
        }
        if ($code === self::BAD_FILE) {
            throw new \RuntimeException("$path isn't a regular file, or can't be read");
        }
        self::check($code, $offset->cdata);
        return new self($ffi, $snapshot, true);
    }

    public function __destruct()
    {
        $this->shared ? $this->ffi->gonfalon_shared_release($this->snapshot) : $this->ffi->gonfalon_free($this->snapshot);
    }

    /** Returns the packed decision. @throws RequestError|Trap */
    public function evaluate(string $request): int
    {
        $packed = $this->ffi->gonfalon_evaluate($this->snapshot, $request, strlen($request));
        return $packed < 0 ? $this->fail($packed) : $packed;
    }

    /** @throws RequestError|Trap */
    public function decide(string $request, string $key, int $revision): Decision
    {
        return $this->alone(function () use ($request, $key, $revision): Decision {
            $packed = $this->ffi->gonfalon_decide($this->snapshot, $request, strlen($request), \FFI::addr($this->answer));
            return $packed < 0 ? $this->fail($packed) : $this->decision($this->answer, $packed, $key, $revision);
        }) ?? $this->beside()->decide($request, $key, $revision);
    }

    /**
     * Returns the packed decision, and the texts of its variant's name and payload and of its target.
     *
     * @throws RequestError|Trap
     */
    public function raw(string $request): string
    {
        $packed = $this->ffi->gonfalon_decide($this->snapshot, $request, strlen($request), \FFI::addr($this->answer));
        if ($packed < 0) {
            $this->fail($packed);
        }
        $written = pack('V', $packed);
        foreach ([$this->answer->name, $this->answer->payload, $this->answer->target] as $text) {
            $written .= pack('V', $text->size) . self::copy($text);
        }
        return $written;
    }

    /**
     * @param list<string> $keys the keys of the request's flags, from the first one on
     * @return list<Decision> at most BATCH of them
     * @throws RequestError|Trap
     */
    public function batch(string $request, int $first, array $keys, int $revision): array
    {
        return $this->alone(function () use ($request, $first, $keys, $revision): array {
            $answers = $this->answers ??= $this->ffi->new('gonfalon_decision[' . self::BATCH . ']');
            $count = $this->ffi->gonfalon_batch($this->snapshot, $request, strlen($request), $first, \FFI::addr($answers[0]));
            if ($count < 0) {
                $this->fail($count);
            }
            $decisions = [];
            for ($i = 0; $i < $count; $i++) {
                $answer = $answers[$i];
                $decisions[] = $this->decision($answer, $answer->packed, $keys[$i], $revision);
            }
            return $decisions;
        }) ?? $this->beside()->batch($request, $first, $keys, $revision);
    }

    /** @return array{list<string>, list<string>|null, int|null, bool, bool} as the module's ABI has it */
    public function needs(string $request): array
    {
        return Msgpack::read($this->text('gonfalon_needs', $request));
    }

    /** @return array{int, list<list<mixed>>} as the module's ABI has it */
    public function explain(string $request): array
    {
        return Msgpack::read($this->text('gonfalon_explain', $request));
    }

    public function flagKey(int $number): string
    {
        return $this->alone(function () use ($number): string {
            $key = $this->ffi->new('gonfalon_text');
            $code = $this->ffi->gonfalon_flag_key($this->snapshot, $number, \FFI::addr($key), null);
            return $code < 0 ? $this->fail($code) : self::copy($key);
        }) ?? $this->beside()->flagKey($number);
    }

    public function info(): SnapshotInfo
    {
        return $this->alone(function (): SnapshotInfo {
            $info = $this->ffi->new('gonfalon_info_t');
            $code = $this->ffi->gonfalon_info($this->snapshot, \FFI::addr($info));
            return $code < 0 ? $this->fail($code) : new SnapshotInfo(
                self::copy($info->environment),
                bin2hex(\FFI::string($info->id, 32)),
                bin2hex(\FFI::string($info->lineage, 16)),
                $info->revision,
                $info->flags,
                $info->segments,
                $info->unreadable,
            );
        }) ?? $this->beside()->info();
    }

    /** The bytes of the snapshot that a delta makes of this one. @throws LoadError|Trap */
    public function splice(string $delta): string
    {
        [$spliced, $offset] = [$this->ffi->new('gonfalon_text'), $this->ffi->new('uint32_t')];
        $code = $this->ffi->gonfalon_splice($this->snapshot, $delta, strlen($delta), \FFI::addr($spliced), \FFI::addr($offset));
        self::check($code, $offset->cdata);
        return self::copy($spliced);
    }

    /** How many bytes the snapshot takes in memory. */
    public function memory(): int
    {
        return $this->ffi->gonfalon_memory($this->snapshot);
    }

    private function decision(\FFI\CData $answer, int $packed, string $key, int $revision): Decision
    {
        $target = ($packed & Decision::HAS_TARGET) !== 0 ? self::copy($answer->target) : null;
        if (($packed & Decision::HAS_VARIANT) === 0) {
            return new Decision($key, $packed, null, $target, $revision);
        }
        [$name, $json] = $this->variants[$answer->variant] ??= [self::copy($answer->name), self::copy($answer->payload)];
        return new Decision($key, $packed, $name, $target, $revision, null, $json);
    }

    private function text(string $call, string $request): string
    {
        return $this->alone(function () use ($call, $request): string {
            $text = $this->ffi->new('gonfalon_text');
            $code = $this->ffi->$call($this->snapshot, $request, strlen($request), \FFI::addr($text));
            return $code < 0 ? $this->fail($code) : self::copy($text);
        }) ?? $this->beside()->text($call, $request);
    }

    /**
     * Asks, unless this is a signal's handler that interrupted another question: its answer is still being read. Null
     * then.
     *
     * @template T
     * @param \Closure(): T $ask
     * @return T|null
     */
    private function alone(\Closure $ask): mixed
    {
        if ($this->busy) {
            return null;
        }
        $this->busy = true;
        try {
            return $ask();
        } finally {
            $this->busy = false;
        }
    }

    /** Another instance of the same snapshot. */
    private function beside(): self
    {
        $clone = $this->ffi->new('gonfalon_snapshot *');
        self::check($this->ffi->gonfalon_clone($this->snapshot, \FFI::addr($clone)), 0);
        return new self($this->ffi, $clone, false);
    }

    private function fail(int $code): never
    {
        if ($code !== self::TRAPPED && $code !== self::NO_MEMORY) {
            throw new RequestError($code);
        }
        if ($this->shared) {
            $this->ffi->gonfalon_shared_drop($this->snapshot);
        }
        throw self::trap($code);
    }

    private static function check(int $code, int $offset): void
    {
        if ($code !== 0) {
            throw $code > 0 ? new LoadError($code, $offset) : self::trap($code);
        }
    }

    private static function trap(int $code): Trap
    {
        $noMemory = $code === self::NO_MEMORY;
        return new Trap($noMemory ? 'there is no memory for a snapshot' : 'the engine stopped in the middle of a call');
    }

    private static function copy(\FFI\CData $text): string
    {
        return $text->size === 0 ? '' : \FFI::string($text->data, $text->size);
    }
}
