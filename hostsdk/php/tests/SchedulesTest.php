<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\FlagsChanged;
use Gonfalon\Log;
use Gonfalon\Source\Schedules;
use Gonfalon\Status;
use Gonfalon\Store;
use Gonfalon\Testing\FlagForTest;
use PHPUnit\Framework\TestCase;

final class SchedulesTest extends TestCase
{
    public function testEdgesAreToldAsChanges(): void
    {
        $log = new Log(new Silent());
        $status = new Status($log);
        $store = new Store(null, $status, $log);
        [$window, $child, $other] = [new FlagForTest(), new FlagForTest(), new FlagForTest()];
        $window->windows = [[1000, 2000], [PHP_INT_MIN, 500]];
        $child->requires = ['window' => true];
        $store->start(FlagForTest::compile(['window' => $window, 'child' => $child, 'other' => $other], 1));
        $now = 600;
        $schedules = new Schedules($store, $status, static function () use (&$now): int {
            return $now;
        });
        $told = [];
        $status->subscribe(static function (object $event) use (&$told): void {
            $told[] = $event instanceof FlagsChanged ? $event->flags : null;
        });
        $at = static function (int $time) use (&$now, &$told, $schedules): array {
            [$now, $told] = [$time, []];
            $schedules->tick();
            return $told;
        };
        self::assertSame([], $at(999));
        self::assertSame([['child', 'window']], $at(1000));
        self::assertSame([], $at(1500));
        self::assertSame([['child', 'window']], $at(3000));
        self::assertSame([['child', 'window']], $at(1500), 'a clock that was set back');
    }
}
