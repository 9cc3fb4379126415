<?php

declare(strict_types=1);

namespace Gonfalon;

/** The answer about one flag for one context. */
final class Decision
{
    // The packed decision of the module's ABI.
    /** @internal */
    public const ENABLED = 1;
    /** @internal */
    public const REASON = 15 << 1;
    /** @internal */
    public const NOT_READY = 7 << 1;
    /** @internal */
    public const HAS_VARIANT = 1 << 26;
    /** @internal */
    public const HAS_TARGET = 1 << 27;
    /** @internal */
    public const IS_FIXED = 1 << 29;
    private const HAS_VARIANT_GATE = 1 << 28;
    private const EXHAUSTED = 1 << 30;
    private const KILLED = 5 << 1;
    /** @internal how many different scores there are */
    public const SCORES = 65536;

    /** What the gates said. It is false where no snapshot could decide. */
    public readonly bool $enabled;

    /** One of Reason's words. */
    public readonly string $reason;

    /** The kind of gate that decided, one of Gate's words; empty if none did. */
    public readonly string $gate;

    /** Whether a snapshot decided, and has the flag. */
    public readonly bool $known;

    /** Whether the flag is killed: off, whatever its gates say. */
    public readonly bool $killed;

    /** Whether the flag has a variant gate, whether or not a variant is served. */
    public readonly bool $hasVariants;

    /** Whether the flag's comparisons took too many steps over the context, so that it is off. */
    public readonly bool $exhausted;

    /** The actor's place in [0, 1) for this flag, which percentages and variants go by; null if it wasn't needed. */
    public readonly ?float $score;

    /**
     * @param string $key the flag's key
     * @param int $packed the decision as the module's ABI packs it
     * @param string|null $variant the name of the variant served; a disabled flag serves one, too
     * @param string|null $target the deciding gate's target: a group, a segment, a parent flag or an actor
     * @param int|null $revision the revision of the snapshot that decided
     * @param \Throwable|null $error what kept the engine from deciding, such as a ContextError. The reason is then
     *     NOT_READY
     * @param string $json the variant's payload as canonical JSON, empty if it has none
     */
    public function __construct(
        public readonly string $key,
        public readonly int $packed,
        public readonly ?string $variant = null,
        public readonly ?string $target = null,
        public readonly ?int $revision = null,
        public readonly ?\Throwable $error = null,
        private readonly string $json = '',
    ) {
        $reason = $packed >> 1 & 15;
        $gate = $packed >> 5 & 15;
        $score = $packed >> 9 & 0x1ffff;
        $this->enabled = ($packed & self::ENABLED) !== 0;
        $this->reason = Reason::ALL[$reason] ?? "reason $reason";
        $this->gate = Gate::ALL[$gate] ?? "gate $gate";
        $this->known = ($packed & self::REASON) !== 0 && ($packed & self::REASON) !== self::NOT_READY;
        $this->killed = ($packed & self::REASON) === self::KILLED;
        $this->hasVariants = ($packed & self::HAS_VARIANT_GATE) !== 0;
        $this->exhausted = ($packed & self::EXHAUSTED) !== 0;
        $this->score = $score === 0 ? null : ($score - 1) / self::SCORES;
    }

    /** The gate that decided, and its target after a slash: "group/staff"; empty if none did. */
    public function path(): string
    {
        return $this->target === null || $this->target === '' ? $this->gate : "$this->gate/$this->target";
    }

    /** Whether the variant that was served has a payload. */
    public function hasPayload(): bool
    {
        return $this->json !== '';
    }

    /**
     * The served variant's payload: a boolean, a string, a number or an array of an object's members; null without one.
     */
    public function payload(): mixed
    {
        return Payload::read($this->json);
    }
}
