<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * Compares the engine's decisions with what the reference implementations answered.
 *
 * A file has one JSON object a line, as `gonfalon conformance --emit-cases` writes it: {file, id, family, flag,
 * snapshot, request, expect} with bytes in base64, or {file, id, family, flag, skipped} with the reason. A member that
 * `expect` leaves out is not compared, and a decision that needed no score has none to compare.
 *
 * @internal
 */
final class Conformance
{
    public int $passed = 0;
    public int $failed = 0;
    public int $skipped = 0;

    private string $snapshot = '';
    private ?Instance $instance = null;

    /** @param resource $out where failures are written */
    public function __construct(private readonly mixed $out)
    {
    }

    /** Runs the cases of a file. @throws \UnexpectedValueException for a line that is no case */
    public function run(string $path): void
    {
        $file = @fopen($path, 'rb') ?: throw new \UnexpectedValueException("$path can't be read");
        for ($number = 1; ($line = fgets($file)) !== false; $number++) {
            if (trim($line) === '') {
                continue;
            }
            $case = json_decode($line, true);
            if (!is_array($case) || !isset($case['file'], $case['id'], $case['family'], $case['flag'])) {
                throw new \UnexpectedValueException("$path: line $number is not a case");
            }
            if (isset($case['skipped'])) {
                $this->skipped++;
                continue;
            }
            try {
                $differs = $this->compare($case);
            } catch (\Throwable $error) { // whatever it is, it is this case's failure
                $differs = [get_debug_type($error) . ": {$error->getMessage()}"];
            }
            $differs === [] ? $this->passed++ : $this->failed++;
            if ($differs !== []) {
                $name = "$case[file] $case[family] " . json_encode($case['id']) . " ($case[flag])";
                fwrite($this->out, "failed $name: " . implode('; ', $differs) . "\n");
            }
        }
        fclose($file);
    }

    /** Decides by raw request bytes. An instance is kept as long as the snapshot stays the same. */
    public function decide(string $snapshot, string $request, string $flag): Decision
    {
        if ($this->instance === null || $snapshot !== $this->snapshot) {
            [$this->instance, $this->snapshot] = [Instance::load($snapshot), $snapshot];
        }
        return $this->instance->decide($request, $flag, 0);
    }

    /**
     * @param array<string, mixed> $case
     * @return list<string> what differs
     */
    private function compare(array $case): array
    {
        $bytes = static fn (mixed $text): string => is_string($text) ? (string) base64_decode($text, true) : '';
        $decision = $this->decide($bytes($case['snapshot'] ?? null), $bytes($case['request'] ?? null), $case['flag']);
        $answer = [
            'enabled' => $decision->enabled,
            'variant' => $decision->variant,
            'score16' => $decision->score === null ? null : (int) ($decision->score * Decision::SCORES),
        ];
        $differs = [];
        if ($decision->reason === Reason::UNKNOWN_FLAG && ($case['expect']['enabled'] ?? null) !== false) {
            $differs[] = 'the snapshot has no such flag';
        }
        foreach ($case['expect'] as $member => $wanted) {
            if (!array_key_exists($member, $answer)) {
                $differs[] = "there is no $member to compare";
            } elseif ($answer[$member] !== $wanted && !($member === 'score16' && $answer[$member] === null)) {
                $differs[] = "$member is " . json_encode($answer[$member]) . ', the reference answered ' . json_encode($wanted);
            }
        }
        return $differs;
    }
}
