<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Msgpack;
use Gonfalon\Net\EventReader;
use Gonfalon\Net\WireError;
use PHPUnit\Framework\TestCase;

/** The readers of what comes from elsewhere, fed with anything. */
final class MsgpackTest extends TestCase
{
    public function testAnyBytesAreAValueOrRefused(): void
    {
        mt_srand(7);
        $refused = 0;
        $seeds = [base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']), "\x93\xc0\xcb@\x00\x00\x00\x00\x00\x00\x00\xc7\x02\x0142"];
        for ($i = 0; $i < 3000; $i++) {
            $bytes = $seeds[$i % 2];
            for ($changes = mt_rand(1, 4); $changes > 0; $changes--) {
                $bytes[mt_rand(0, strlen($bytes) - 1)] = chr(mt_rand(0, 255));
            }
            $bytes = mt_rand(0, 1) === 1 ? $bytes : substr($bytes, 0, mt_rand(0, strlen($bytes)));
            try {
                Msgpack::read($bytes);
            } catch (\UnexpectedValueException | \InvalidArgumentException) {
                $refused++;
            }
        }
        self::assertGreaterThan(1000, $refused);
        $deep = str_repeat("\x91", 100_000) . "\xc0";
        $this->expectExceptionMessage('too deep');
        Msgpack::read($deep);
    }

    public function testAnEventIsTheSameHoweverItComes(): void
    {
        $stream = "\u{FEFF}: comment\r\nevent: delta\rid: 1\r\ndata: a\ndata:  b\r\r\nretry: 20\n\nretry: x\ndata\n\nevent: heartbeat\ndata:\n\n";
        $read = static function (array $pieces): array {
            $reader = new EventReader();
            $events = [];
            foreach ($pieces as $piece) {
                foreach ($reader->read($piece) as $event) {
                    $events[] = [$event->type, $event->data, $event->retry];
                }
            }
            return $events;
        };
        $whole = [['delta', "a\n b", null], ['', '', 20], ['', '', null], ['heartbeat', '', null]];
        self::assertSame($whole, $read([$stream]));
        self::assertSame($whole, $read(str_split($stream)));
        for ($size = 2; $size < 40; $size++) {
            self::assertSame($whole, $read(str_split($stream, $size)));
        }
    }

    public function testAnEventWithoutAnEndIsGivenUp(): void
    {
        $reader = new EventReader();
        $this->expectException(WireError::class);
        for ($i = 0; $i < 1001; $i++) {
            $reader->read("data: x\n");
        }
    }
}
