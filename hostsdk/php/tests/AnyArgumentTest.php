<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Context;
use Gonfalon\Flags;
use Gonfalon\Score;
use Gonfalon\Testing\FlagsForTest;
use PHPUnit\Framework\TestCase;

/** Every question of a client, found by reflection, with whatever a program can hand in. */
final class AnyArgumentTest extends TestCase
{
    private const LISTENING = ['__construct', 'subscribe']; // no questions

    private FlagsForTest $flags;

    protected function setUp(): void
    {
        $this->flags = new FlagsForTest(new Silent());
        $this->flags->enable('a', forGroup: 'staff');
    }

    /** @return list<mixed> */
    private static function odd(): array
    {
        $endless = static function (): iterable {
            while (true) {
                yield 'g';
            }
        };
        $itself = [];
        $itself['list'] = &$itself;
        return [
            null, true, false, 0, -1, PHP_INT_MIN, 1.5, NAN, INF, '', "\xff", "a\0b", str_repeat('x', 1 << 20), [], [[]], [null], ['a' => 1], $itself,
            new \stdClass(), new Hostile(), new Context(new Hostile(), new Hostile(), ['a' => new Hostile()]), $endless(), STDIN, strlen(...),
            static fn (string $name): bool => throw new \Error($name), new \DateTime(), (static fn (): iterable => yield from [throw new \Error()])(),
            new \ArrayIterator([new Hostile()]),
        ];
    }

    public function testNoQuestionThrows(): void
    {
        $empty = new FlagsForTest(new Silent());
        $empty->unload();
        $asked = 0;
        foreach ((new \ReflectionClass(Flags::class))->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
            if (in_array($method->name, self::LISTENING, true)) {
                continue;
            }
            $asked++;
            foreach ($method->getParameters() as $parameter) {
                foreach (self::odd() as $odd) {
                    $arguments = [$parameter->name => $odd];
                    if ($parameter->name !== 'key' && $method->getNumberOfRequiredParameters() > 0) {
                        $arguments['key'] = 'a';
                    }
                    $this->flags->{$method->name}(...$arguments);
                    $empty->{$method->name}(...$arguments);
                }
            }
        }
        self::assertGreaterThanOrEqual(14, $asked);
        foreach (self::odd() as $key) {
            foreach (self::odd() as $actor) {
                $place = Score::of($key, $actor);
                self::assertTrue($place === null || ($place >= 0 && $place < 1));
            }
        }
        self::assertSame(28946 / 65536, Score::of('hero', 'user:3')); // of wasm/ABI.md
    }

    public function testADefaultIsOfTheTypeThatIsAskedFor(): void
    {
        self::assertSame('5', $this->flags->payloadString('none', default: 5));
        self::assertSame('', $this->flags->payloadString('none', default: [1]));
        self::assertSame(1, $this->flags->payloadInt('none', default: '1'));
        self::assertSame([], $this->flags->payloadObject('none', default: 'x'));
        self::assertNull($this->flags->variant('none', default: new \stdClass()));
    }

    public function testAMillionOfAnythingIsSoonOver(): void
    {
        $million = array_fill(0, 1_000_000, 'x');
        $attributes = ['list' => $million, 'deep' => [$million]];
        $this->flags->enable('b', forGroup: 'x');
        foreach ([
            'groups' => fn () => $this->flags->enabled('a', 'u', $million),
            'explain' => fn () => $this->flags->explain('a', 'u', null, $attributes),
            'attributes' => fn () => $this->flags->enabled('a', 'u', ['x'], $attributes),
            'names' => fn () => $this->flags->enabled('a', 'u', ['x'], $million),
            'all' => fn () => $this->flags->decideAll('u', null, $attributes),
            'keys' => fn () => $this->flags->decideAll('u', keys: $million),
        ] as $what => $ask) {
            $begun = $this->worked();
            $ask();
            self::assertLessThan(0.5, $this->worked() - $begun, $what);
        }
    }

    /** How many seconds a processor has worked for this process, which no other process makes more. */
    private function worked(): float
    {
        $used = getrusage();
        return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'] + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e6;
    }

    public function testAKeyTooLongToBeAFlagsIsUnknownAndNotKept(): void
    {
        $long = str_repeat('x', 1 << 20);
        $before = memory_get_usage();
        for ($i = 0; $i < 20; $i++) {
            $decision = $this->flags->decide($long . $i, 'u');
            self::assertSame('UNKNOWN_FLAG', $decision->reason);
        }
        self::assertLessThan(4 << 20, memory_get_usage() - $before);
        self::assertSame(['UNKNOWN_FLAG', 'DEFAULT'], array_column($this->flags->decideAll('u', keys: [$long, 'a']), 'reason'));
        self::assertSame('UNKNOWN_FLAG', $this->flags->explain($long)->decision->reason);
    }
}

/** Throws whatever is done with it. */
final class Hostile implements \ArrayAccess, \Countable, \IteratorAggregate, \JsonSerializable, \Stringable
{
    public function actorId(): string
    {
        throw new \Error('actorId');
    }

    public function inGroup(string $name): bool
    {
        throw new \Error('inGroup');
    }

    public function __get(string $name): mixed
    {
        throw new \Error($name);
    }

    public function __isset(string $name): bool
    {
        throw new \Error($name);
    }

    public function __toString(): string
    {
        throw new \Error('__toString');
    }

    public function jsonSerialize(): mixed
    {
        throw new \Error('jsonSerialize');
    }

    public function getIterator(): \Iterator
    {
        throw new \Error('getIterator');
    }

    public function count(): int
    {
        throw new \Error('count');
    }

    public function offsetExists(mixed $offset): bool
    {
        throw new \Error('offsetExists');
    }

    public function offsetGet(mixed $offset): mixed
    {
        throw new \Error('offsetGet');
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        throw new \Error('offsetSet');
    }

    public function offsetUnset(mixed $offset): void
    {
        throw new \Error('offsetUnset');
    }
}
