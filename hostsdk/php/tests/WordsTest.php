<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Decision;
use Gonfalon\Explanation;
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
}
