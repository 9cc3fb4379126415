<?php

declare(strict_types=1);

namespace Gonfalon\Testing;

use Gonfalon\Msgpack;

/**
 * One flag's gates, as far as tests need them. States of actors and groups: true allows, false denies.
 *
 * @internal
 */
final class FlagForTest
{
    private const ENVIRONMENT = 'test';

    public bool $on = false;
    public bool $killed = false;
    public ?float $actorsRatio = null;
    public ?float $timeRatio = null;
    public ?string $variant = null;
    public mixed $payload = null;
    public bool $servesOff = false;

    /** @var array<array-key, bool> */
    public array $actors = [];

    /** @var array<array-key, bool> */
    public array $groups = [];

    /** @var array<array-key, bool> */
    public array $requires = [];

    /** @var list<array{int, int}> Unix microseconds */
    public array $windows = [];

    /**
     * A snapshot of flags, in the bytes that engine/snapshot/FORMAT.md describes.
     *
     * @param array<array-key, self> $flags by their keys
     */
    public static function compile(
        array $flags,
        int $revision,
        string $environment = self::ENVIRONMENT,
        string $lineage = '',
    ): string {
        ksort($flags, SORT_STRING);
        $counts = array_fill(0, 12, 0);
        $counts[0] = count($flags);
        $records = Msgpack::arrayOf(count($flags));
        foreach ($flags as $key => $flag) {
            $counts[2] += self::slots(count($flag->actors)) + self::slots(count($flag->groups));
            $counts[6] += (int) ($flag->variant !== null);
            $counts[7] += count($flag->requires);
            $counts[8] += count($flag->windows);
            $records .= "\x92" . Msgpack::text((string) $key) . Msgpack::binary($flag->record());
        }
        $header = "\x97" . Msgpack::text('gonfalon') . "\x01" . Msgpack::text($environment)
            . Msgpack::binary(str_pad($lineage, 16, "\0")) . Msgpack::integer($revision)
            . "\x91\x00" . Msgpack::arrayOf(12) . implode('', array_map(Msgpack::integer(...), $counts));
        $unsealed = "\x94$header\x90$records\xc4\x20";
        return $unsealed . hash('sha256', $unsealed, true);
    }

    private function record(): string
    {
        $flat = static fn (array $parts): string => Msgpack::arrayOf(count($parts)) . implode('', $parts);
        $requires = $windows = [];
        foreach ($this->requires as $parent => $on) {
            array_push($requires, Msgpack::text((string) $parent), $on ? "\xc3" : "\xc2");
        }
        foreach ($this->windows as [$from, $until]) {
            array_push($windows, Msgpack::integer($from), Msgpack::integer($until));
        }
        return Msgpack::arrayOf(10)
            . Msgpack::integer((int) $this->on | (int) $this->killed << 1)
            . Msgpack::integer($this->actorsRatio === null ? 0 : 1 + min((int) ($this->actorsRatio * 65536), 65535))
            . Msgpack::integer($this->timeRatio === null ? 0 : 1 + self::draws($this->timeRatio))
            . Msgpack::integer((int) $this->servesOff)
            . $flat(self::table($this->actors))
            . $flat(self::table($this->groups))
            . "\x90"
            . $this->variants()
            . $flat($requires)
            . $flat($windows);
    }

    private function variants(): string
    {
        if ($this->variant === null) {
            return "\x90";
        }
        return "\x91\x93" . Msgpack::text($this->variant) . Msgpack::integer(65536) . $this->json();
    }

    private function json(): string
    {
        if ($this->payload === null) {
            return "\xc0";
        }
        $payload = is_array($this->payload) ? (object) self::sorted($this->payload) : $this->payload;
        return Msgpack::binary(json_encode($payload, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
    }

    /**
     * @param array<array-key, mixed> $members
     * @return array<array-key, mixed>
     */
    private static function sorted(array $members): array
    {
        array_is_list($members) || ksort($members, SORT_STRING);
        return array_map(static fn (mixed $member): mixed => is_array($member) ? self::sorted($member) : $member, $members);
    }

    /**
     * @param array<array-key, bool> $states
     * @return list<string>
     */
    private static function table(array $states): array
    {
        ksort($states, SORT_STRING);
        $table = [];
        foreach ($states as $name => $allowed) {
            array_push($table, Msgpack::text((string) $name), $allowed ? "\x02" : "\x01");
        }
        return $table;
    }

    /** The smallest power of two that is at least 2 and at least n + n/2; nothing for an empty table. */
    private static function slots(int $n): int
    {
        for ($slots = 2; $slots < $n + intdiv($n, 2); $slots *= 2);
        return $n === 0 ? 0 : $slots;
    }

    /** The greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none. */
    private static function draws(float $ratio): int
    {
        for ($n = (int) ($ratio * 10000) + 1; $n / 10000 > $ratio; $n--);
        return $n;
    }
}
