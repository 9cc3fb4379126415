<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Decision;
use Gonfalon\Explanation;
use Gonfalon\LoadError;
use Gonfalon\Msgpack;
use Gonfalon\Step;
use PHPUnit\Framework\TestCase;

/** Compares the words of explanations with hostsdk/explanations.json, as every SDK does. */
final class WordsTest extends TestCase
{
    public function testTheWordsAreThoseOfEveryLanguage(): void
    {
        foreach (Tree::json('hostsdk/explanations.json') as $case) {
            $written = Msgpack::read((string) base64_decode($case['explanation'], true));
            $steps = array_map(Step::read(...), $written[1]);
            $found = array_map(static fn (Step $step): array => [$step->gate, (string) $step->target, $step->outcome, $step->detail()], $steps);
            self::assertSame($case['steps'], $found, $case['about']);
            $table = (string) new Explanation(new Decision('a', $written[0]), $steps, 'default', 7);
            self::assertCount(count($steps) + 1, explode("\n", $table));
        }
    }

    /** The engine writes them (hostsdk/testdata/load-codes.json). */
    public function testARefusedSnapshotHasTheEnginesWords(): void
    {
        $codes = Tree::json('hostsdk/testdata/load-codes.json');
        self::assertGreaterThan(10, count($codes));
        foreach ($codes as $code) {
            self::assertSame("$code[words] (code $code[code]) at byte 7", (new LoadError($code['code'], 7))->getMessage());
        }
        self::assertStringStartsWith('refused', (new LoadError(count($codes) + 1, 0))->getMessage());
    }
}
