<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\FlagsChanged;
use Gonfalon\LoadError;
use Gonfalon\Testing\FlagsForTest;
use Gonfalon\Testing\WithFlags;
use PHPUnit\Framework\TestCase;

final class TestingTest extends TestCase
{
    use WithFlags;

    public function testFlagsAreWhatATestSays(): void
    {
        $flags = $this->flags();
        $flags->enable('a')->enable('b', forActor: 'user:1')->enable('c', forGroup: 'staff')->disable('c', forGroup: 'banned');
        $flags->enable('d', forPercentageOfActors: 0.5)->enable('e', requires: 'a')->enable('e')->enable('42');
        self::assertTrue($flags->enabled('a') && $flags->enabled('e') && $flags->enabled('42'));
        self::assertSame([true, false], [$flags->enabled('b', 'user:1'), $flags->enabled('b', 'user:2')]);
        self::assertSame([true, false], [$flags->enabled('c', 1, 'staff'), $flags->enabled('c', 1, ['staff', 'banned'])]);
        $on = array_filter(range(1, 1000), static fn (int $actor): bool => $flags->enabled('d', $actor));
        self::assertEqualsWithDelta(500, count($on), 80);
        self::assertFalse($flags->disable('a')->enabled('e'));
        self::assertSame(['42', 'a', 'b', 'c', 'd', 'e'], $flags->keys());
        self::assertFalse($flags->clear('42')->decide('42')->known);
    }

    public function testWhatIsRefusedChangesNothing(): void
    {
        $flags = $this->flags();
        try {
            $flags->enable(str_repeat('k', 2000)); // no flag has this key
            self::fail('it is taken');
        } catch (LoadError) {
            self::assertTrue($flags->enable('a')->enabled('a'));
        }
    }

    public function testVariantsAndPayloads(): void
    {
        $flags = $this->flags()->serve('hero', 'blue', ['hex' => '#00f', 'b' => [1, 2.5]]);
        self::assertSame('blue', $flags->variant('hero', 'user:1'));
        self::assertEquals(['hex' => '#00f', 'b' => [1, 2.5]], $flags->payloadObject('hero', 'user:1'));
        self::assertSame('none', $flags->variant('hero', default: 'none'));
        self::assertSame('blue', $flags->kill('hero', servingVariant: true)->variant('hero', 'user:1'));
        self::assertNull($flags->kill('hero')->variant('hero', 'user:1'));
        self::assertSame(7, $flags->serve('limit', 'low', 7)->payloadInt('limit', 1));
    }

    public function testAChangeIsTold(): void
    {
        $flags = $this->flags()->enable('parent')->enable('child', requires: 'parent');
        $told = [];
        $stop = $flags->subscribe(static function (object $event) use (&$told): void {
            $told[] = $event instanceof FlagsChanged ? $event->flags : null;
        });
        $flags->kill('parent');
        self::assertSame([['child', 'parent']], $told);
        $stop();
        $flags->clear();
        self::assertCount(1, $told);
    }

    public function testNothingLoadedIsTheDefault(): void
    {
        $flags = $this->flags()->enable('a')->unload();
        self::assertSame(['NOT_READY', true, 'x'], [
            $flags->state()->value, $flags->enabled('a', default: true), $flags->variant('a', 1, default: 'x'),
        ]);
        self::assertSame([], $flags->decideAll(1));
        self::assertSame('NOT_READY', $flags->decideAll(1, keys: ['a'])[0]->reason);
        self::assertTrue($flags->enable('b')->enabled('a'));
    }

    public function testScopesThatDoNotFitAreRefused(): void
    {
        $wrong = [['forActor' => 'a', 'forGroup' => 'b'], ['forPercentageOfActors' => 1.0], ['forPercentageOfTime' => 0.0]];
        foreach ($wrong as $scope) {
            try {
                (new FlagsForTest())->enable('a', ...$scope);
                self::fail(json_encode($scope) . ' is taken');
            } catch (\InvalidArgumentException) {
                self::assertTrue(true);
            }
        }
    }
}
