<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Context;
use Gonfalon\Gonfalon;
use PHPUnit\Framework\TestCase;

/** Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large. */
final class BoundsTest extends TestCase
{
    private const FILE = 'hostsdk/testdata/bounds.json';

    /** @return iterable<string, array{array<string, mixed>}> */
    public function cases(): iterable
    {
        foreach (Tree::json(self::FILE)['cases'] as $case) {
            yield $case['about'] => [$case];
        }
    }

    /**
     * @dataProvider cases
     * @param array<string, mixed> $case
     */
    public function testAContextThatIsTooLargeComesToWhatTheContractSays(array $case): void
    {
        $actor = isset($case['actor']) ? ContractValuesTest::typed($case['actor']) : null;
        $groups = isset($case['groups']) ? ContractValuesTest::typed($case['groups']) : null;
        $attributes = array_map(ContractValuesTest::typed(...), $case['attributes'] ?? []);
        for ($i = 0; $i < ($case['more_attributes'] ?? 0); $i++) {
            $attributes["more $i"] = 0;
        }
        $want = $case['want'];
        $flags = self::client();
        foreach ([[$actor, $groups, $attributes], [new Context($actor, $groups, $attributes), null, null]] as [$who, $in, $with]) {
            $decisions = [$flags->decide($case['flag'], $who, $in, $with), ...$flags->decideAll($who, $in, $with, [$case['flag']])];
            foreach ($decisions as $decision) {
                self::assertSame([$want['enabled'], $want['reason'], $want['gate']], [$decision->enabled, $decision->reason, $decision->path()]);
                if ($want['reason'] === 'NOT_READY') {
                    self::assertSame($want['error'], Values::error($decision));
                }
            }
            self::assertSame($want['enabled'], $flags->enabled($case['flag'], $who, $in, $with));
        }
        self::assertSame(0, $flags->stats()->broken);
    }

    public function testAQuestionNamesNoMoreKeysThanTheContractSays(): void
    {
        foreach (Tree::json(self::FILE)['keys'] as $case) {
            $flags = self::client();
            self::assertCount($case['decisions'], $flags->decideAll(keys: array_fill(0, $case['count'], 'who')));
            self::assertSame($case['decisions'] === 0 ? 1 : 0, $flags->stats()->broken);
        }
    }

    private static function client(): Gonfalon
    {
        return new Gonfalon(bootstrap: base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']), logger: new Silent());
    }
}
