<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language.
 *
 * @internal
 */
final class Words
{
    private const DRAWS = 10_000;
    private const LONGEST = 80;
    private const PLAIN = '~^[A-Za-z0-9_.:@/-]+$~D';
    private const SHOWN_OTHERWISE = '/["\\\\\x{00}-\x{1f}\x{7f}-\x{9f}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]/u';
    private const SIMPLE = ['"' => '\\"', '\\' => '\\\\', "\n" => '\\n', "\t" => '\\t', "\r" => '\\r'];

    /** Says what the step's gate compared. */
    public static function detail(Step $step): string
    {
        [$outcome, $facts] = [$step->outcome, $step->facts];
        $compares = $step->gate === Gate::RULE || $step->gate === Gate::SEGMENT;
        if ($outcome === 'not_asked') {
            return $compares ? 'the context is empty' : 'there is no actor';
        }
        return match ($step->gate) {
            Gate::NONE => $facts['exhausted'] === null
                ? "a newer build wrote this flag, and this one can't read it"
                : 'the comparisons took too many steps over this context',
            Gate::ACTOR => ['yes' => 'named, and allowed', 'deny' => 'named, and denied'][$outcome] ?? 'not named',
            Gate::GROUP => ['yes' => 'a member, and allowed', 'deny' => 'a member, and denied'][$outcome]
                ?? "in none of the flag's groups",
            Gate::RULE, Gate::SEGMENT => self::rule($step),
            Gate::BOOLEAN => self::onOff($facts['on']),
            Gate::SCHEDULE => self::window($facts['from'], $facts['until']) . ', and it is ' . self::moment($facts['now'] ?? 0),
            Gate::PERCENTAGE_OF_ACTORS => self::share($facts['score'], $facts['limit'], 'actors'),
            Gate::PERCENTAGE_OF_TIME => self::draw($facts['draw'] ?? 0, $facts['limit'] ?? 0),
            Gate::PREREQUISITE => self::prerequisite($outcome, $facts['required'], $facts['found']),
            Gate::KILL => 'the flag is killed',
            default => '',
        };
    }

    /** The name of an attribute or a target, in quotes unless it is a plain word. */
    public static function name(string $text): string
    {
        return preg_match(self::PLAIN, $text) === 1 ? $text : self::quoted($text);
    }

    private static function rule(Step $step): string
    {
        $told = [];
        foreach ($step->comparisons as $comparison) {
            $told[] = self::constraint($comparison);
            if (!$comparison->held) {
                return implode(' and ', $told);
            }
        }
        if ($step->facts['limit'] !== null) {
            $told[] = self::share($step->facts['score'], $step->facts['limit'], 'them');
        }
        return implode(' and ', $told);
    }

    private static function constraint(Comparison $c): string
    {
        $single = count($c->values) === 1 && $c->operator !== 'in' && $c->operator !== 'not_in';
        $text = self::name($c->attribute) . " $c->operator " . self::short($single ? $c->values[0] : $c->values);
        if ($c->held) {
            return $text;
        }
        return $c->actual === null ? "$text: it is missing" : "$text: it is " . self::short($c->actual);
    }

    private static function draw(int $draw, int $limit): string
    {
        $percent = self::percent($limit, self::DRAWS);
        return "$percent% of the time: drew $draw " . self::sign($draw, $limit) . " $limit of 10000";
    }

    private static function prerequisite(string $outcome, ?int $required, ?int $found): string
    {
        $state = match ($found) {
            null => 'missing',
            0, 1 => self::onOff($found),
            default => 'in a cycle, too deep, too costly, or unreadable',
        };
        return $outcome === 'pass' ? "$state, as required" : "$state, but must be " . self::onOff($required);
    }

    private static function onOff(?int $value): string
    {
        return $value === 1 ? 'on' : 'off';
    }

    private static function sign(int $n, int $limit): string
    {
        return $n > $limit ? '>' : '≤';
    }

    private static function share(?int $score, ?int $limit, string $of): string
    {
        $most = $limit ?? 0;
        $text = self::percent($most, Decision::SCORES) . "% of $of";
        if ($score === null) {
            return "$text: there is no actor";
        }
        return "$text: score " . self::place($score) . ' ' . self::sign($score, $most) . ' ' . self::place($most);
    }

    /** The roundest percentage that grants what is at most n of the whole. */
    private static function percent(int $n, int $whole): string
    {
        for ($decimals = 0; ; $decimals++) {
            $power = 10 ** $decimals;
            $rounded = intdiv($n * 100 * $power + $whole - 1, $whole);
            if ($rounded * $whole < ($n + 1) * 100 * $power || $decimals === 6) {
                return self::decimal($rounded, $decimals);
            }
        }
    }

    /** A score as a place in [0, 1), to four decimals. */
    private static function place(int $score): string
    {
        return self::decimal(intdiv($score * 10_000 + Decision::SCORES / 2, Decision::SCORES), 4);
    }

    private static function decimal(int $n, int $decimals): string
    {
        $digits = str_pad((string) $n, $decimals + 1, '0', STR_PAD_LEFT);
        return $decimals === 0 ? $digits : substr($digits, 0, -$decimals) . '.' . substr($digits, -$decimals);
    }

    private static function window(?int $from, ?int $until): string
    {
        if ($from === null) {
            return $until === null ? 'always open' : 'until ' . self::moment($until);
        }
        $start = 'from ' . self::moment($from);
        return $until === null ? "$start on" : "$start until " . self::moment($until);
    }

    /** A time in Unix microseconds, for people. */
    private static function moment(int $at): string
    {
        $micros = (($at % 1_000_000) + 1_000_000) % 1_000_000;
        $seconds = intdiv($at - $micros, 1_000_000);
        $year = (int) gmdate('Y', $seconds);
        if ($year < 1 || $year > 9999) {
            return "$at µs";
        }
        $fraction = rtrim(sprintf('%06d', $micros), '0');
        return gmdate('Y-m-d\TH:i:s', $seconds) . ($fraction === '' ? '' : ".$fraction") . 'Z';
    }

    /** A value as JSON, cut if it is long. */
    private static function short(mixed $value): string
    {
        $characters = preg_split('//u', self::written($value), self::LONGEST + 2, PREG_SPLIT_NO_EMPTY);
        return count($characters) <= self::LONGEST
            ? implode('', $characters)
            : implode('', array_slice($characters, 0, self::LONGEST - 1)) . '…';
    }

    private static function written(mixed $value): string
    {
        if (is_object($value) && !$value instanceof BigInteger) {
            $members = [];
            foreach ((array) $value as $name => $item) {
                $members[] = self::quoted((string) $name) . ': ' . self::written($item);
            }
            return '{' . implode(', ', $members) . '}';
        }
        return match (true) {
            $value === null => 'null',
            is_bool($value) => $value ? 'true' : 'false',
            is_float($value) => self::number($value),
            is_string($value) => self::quoted($value),
            is_array($value) => '[' . implode(', ', array_map(self::written(...), $value)) . ']',
            default => (string) $value,
        };
    }

    /** A float as JavaScript writes it. */
    private static function number(float $value): string
    {
        if ($value == 0) {
            return '0'; // as it writes -0, too
        }
        $shortest = '';
        for ($precision = 0; $precision < 17 && (float) $shortest !== $value; $precision++) {
            $shortest = str_replace(',', '.', sprintf("%.{$precision}e", $value)); // a locale may have a comma
        }
        [$mantissa, $exponent] = explode('e', ltrim($shortest, '-'));
        $minus = $value < 0 ? '-' : '';
        $digits = rtrim(str_replace('.', '', $mantissa), '0');
        $point = (int) $exponent + 1; // the digits before it
        return $minus . match (true) {
            $point > 21 || $point < -5 => $digits[0] . (strlen($digits) > 1 ? '.' . substr($digits, 1) : '')
                . 'e' . ($point > 0 ? '+' : '-') . abs($point - 1),
            $point <= 0 => '0.' . str_repeat('0', -$point) . $digits,
            $point >= strlen($digits) => str_pad($digits, $point, '0'),
            default => substr($digits, 0, $point) . '.' . substr($digits, $point),
        };
    }

    /** A text as a JSON string in which whatever could change how a line is shown is escaped. */
    private static function quoted(string $text): string
    {
        $escape = static fn (array $found): string => self::SIMPLE[$found[0]] ?? sprintf('\\u%04x', self::codePoint($found[0]));
        return '"' . preg_replace_callback(self::SHOWN_OTHERWISE, $escape, $text) . '"';
    }

    /** The number of a character of at most three bytes of UTF-8, which all are that are escaped. */
    private static function codePoint(string $character): int
    {
        $bytes = array_values(unpack('C*', $character));
        return match (count($bytes)) {
            1 => $bytes[0],
            2 => ($bytes[0] & 0x1f) << 6 | $bytes[1] & 0x3f,
            default => ($bytes[0] & 0x0f) << 12 | ($bytes[1] & 0x3f) << 6 | $bytes[2] & 0x3f,
        };
    }
}
