<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\BigInteger;
use Gonfalon\Context;
use Gonfalon\ContextError;
use Gonfalon\Msgpack;
use Gonfalon\Values;
use PHPUnit\Framework\TestCase;

final class ContextTest extends TestCase
{
    /** Values that values.json has no word for, since they are PHP's own. */
    public function testPhpsOwnValues(): void
    {
        $packed = static fn (mixed $value): mixed => Msgpack::read(Values::pack($value));
        self::assertSame([], $packed([]));
        self::assertEquals((object) ['5' => 'x'], $packed([5 => 'x']));
        self::assertEquals((object) [], $packed(new \stdClass()));
        self::assertSame(5, $packed(Number::Five));
        self::assertNull($packed(Word::Only));
        self::assertNull($packed(STDIN));
        self::assertNull($packed(static fn (): int => 1));
        self::assertSame(5, $packed(new BigInteger('5')));
        self::assertSame(['a-b', 'c-d'], $packed([new RamseyUuid('a-b'), new SymfonyUuid('c-d')]));
        self::assertSame('c-d', (new Context(new SymfonyUuid('c-d')))->actor);
        self::assertEquals(new BigInteger('-18446744073709551616'), $packed(new BigInteger('-18446744073709551616')));
        self::assertSame('2026-11-27T10:00:00.25Z', $packed(new \DateTime('2026-11-27T11:00:00.250000+01:00')));
        self::assertSame("a\u{FFFD}\u{FFFD}b", $packed("a\xe2\x82b"));
        self::assertSame(str_repeat("\u{FFFD}", 100_000), $packed(str_repeat("\xff", 100_000)));
        self::assertSame(PHP_INT_MIN, $packed(PHP_INT_MIN));
        $edges = [0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296];
        foreach ([...$edges, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649] as $n) {
            self::assertSame($n, $packed($n));
            self::assertSame([$n, "$n"], $packed([$n, "$n"]));
        }
        foreach ([15, 16, 70_000] as $count) {
            self::assertSame(array_fill(0, $count, 1), $packed(array_fill(0, $count, 1)));
            self::assertSame(str_repeat('x', $count), $packed(str_repeat('x', $count)));
        }
    }

    public function testAnArrayWithReferencesToItselfEnds(): void
    {
        $array = [];
        for ($i = 0; $i < 40; $i++) {
            $array[] = &$array;
        }
        $context = new Context('a', null, ['endless' => $array, 'plan' => 'pro']);
        self::assertSame(['an attribute of array, which throws Gonfalon\ContextError'], $context->unreadable);
        self::assertEquals((object) ['endless' => null, 'plan' => 'pro'], Msgpack::read($context->known(null)));
    }

    public function testEndlessGroupsEnd(): void
    {
        $endless = static function (): iterable {
            while (true) {
                yield 'g';
            }
        };
        $context = new Context('a', $endless());
        $this->expectExceptionMessage('more than 100000 groups');
        $context->memberOf([]);
    }

    public function testGroupsThatArrayFilterLeftAreAList(): void
    {
        $context = new Context('a', array_filter(['', 'staff', '', 'sales']));
        self::assertSame(['staff', 'sales'], $context->groups);
        self::assertSame([], (new Context('a', ['name' => 'staff']))->groups);
        self::assertSame(['strlen'], (new Context('a', 'strlen'))->groups, 'the name of a function is a group');
    }

    /** An object that answers every call, or every property, has no id by that. */
    public function testMagicIsNoActor(): void
    {
        $magic = new class () {
            /** @param array<mixed> $arguments */
            public function __call(string $name, array $arguments): mixed
            {
                throw new \BadMethodCallException($name);
            }

            public function __get(string $name): mixed
            {
                throw new \LogicException($name);
            }
        };
        $context = new Context($magic, $magic);
        self::assertNull($context->actor);
        self::assertSame("\x90", $context->memberOf(['staff']));
        $private = new class () {
            private string $actorId = 'user:1';

            private function inGroup(): bool
            {
                return $this->actorId !== '';
            }
        };
        self::assertNull((new Context($private))->actor);
        self::assertSame('7', (new Context((object) ['actorId' => 7]))->actor);
        self::assertFalse((new Context((object) ['actorId' => null]))->actor);
    }

    public function testAnIdThatIsAnActorIsReadFourTimes(): void
    {
        $endless = new \stdClass();
        $endless->actorId = $endless;
        self::assertNull((new Context($endless))->actor);
    }

    public function testTooManyAttributesAreCutToThoseThatAreNamed(): void
    {
        $context = new Context('a', null, array_fill(0, 300, 1) + ['plan' => 'pro']);
        $named = ['plan' => "\xa4plan", 'none' => "\xa4none", '7' => "\xa17"];
        self::assertEquals((object) ['plan' => 'pro', '7' => 1], Msgpack::read($context->known($named)));
        $this->expectException(ContextError::class);
        $context->known(null);
    }
}

enum Number: int
{
    case Five = 5;
}

enum Word
{
    case Only;
}
