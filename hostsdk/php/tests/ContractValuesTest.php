<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Actor;
use Gonfalon\BigInteger;
use Gonfalon\Gonfalon;
use Gonfalon\Member;
use PHPUnit\Framework\TestCase;

/** Runs hostsdk/testdata/values.json, as every SDK does. */
final class ContractValuesTest extends TestCase
{
    private const FILE = 'hostsdk/testdata/values.json';

    /** @return iterable<string, array{array<string, mixed>}> */
    public function cases(): iterable
    {
        foreach (Tree::json(self::FILE)['cases'] as $case) {
            if (in_array('sdk', $case['hosts'] ?? ['sdk'], true)) {
                yield ($n = ($n ?? 0) + 1) . " $case[about]" => [$case];
            }
        }
    }

    /**
     * @dataProvider cases
     * @param array<string, mixed> $case
     */
    public function testAClientReadsValuesAsTheContractSays(array $case): void
    {
        $actor = isset($case['actor']) ? self::typed($case['actor']) : null;
        $groups = isset($case['groups']) ? self::typed($case['groups'], $actor) : null;
        $asking = ['attributes' => array_map(self::typed(...), $case['attributes'] ?? [])];
        if ($groups instanceof Member) {
            $actor = $groups; // it knows the actor's id, too
        } else {
            $asking['groups'] = $groups;
        }
        if (isset($case['roll'])) {
            $asking['roll'] = (int) $case['roll'];
        }
        $flags = ($case['loaded'] ?? true)
            ? new Gonfalon(bootstrap: base64_decode(Tree::json(self::FILE)['snapshot']), logger: new Silent())
            : new Gonfalon(file: '/nonexistent/flags.snapshot', readyWithin: 0, logger: new Silent());
        $want = $case['want'];

        $decision = $flags->decide($case['flag'], $actor, ...$asking);
        self::assertSame([$want['enabled'], $want['reason'], $want['gate']], [$decision->enabled, $decision->reason, $decision->path()]);
        if ($want['reason'] === 'NOT_READY') {
            self::assertSame($want['error'] ?? '', Values::error($decision));
        }
        $default = array_key_exists('default', $case) ? ['default' => $case['default']] : [];
        $value = match ($case['as'] ?? '') {
            '' => $flags->enabled($case['flag'], $actor, ...$asking, ...$default),
            'boolean' => $flags->payloadBool($case['flag'], $actor, ...$asking, ...$default),
            'string' => $flags->payloadString($case['flag'], $actor, ...$asking, ...$default),
            'integer' => $flags->payloadInt($case['flag'], $actor, ...$asking, ...$default),
            'float' => $flags->payloadFloat($case['flag'], $actor, ...$asking, ...$default),
            'object' => $flags->payloadObject($case['flag'], $actor, ...$asking, ...$default),
        };
        $wanted = array_key_exists('value', $want) ? $want['value'] : $want['enabled'];
        self::assertSame(json_encode(self::whole($wanted)), json_encode(self::whole($value)));
    }

    public function testTheContractIsThere(): void
    {
        self::assertGreaterThan(100, count(iterator_to_array($this->cases())));
    }

    /** A value in one form: numbers without a fraction are integers, and names ascend. */
    private static function whole(mixed $value): mixed
    {
        if (is_array($value)) {
            ksort($value);
            return array_map(self::whole(...), $value);
        }
        return is_float($value) && floor($value) === $value ? (int) $value : $value;
    }

    /** @param array<string, mixed> $value */
    public static function typed(array $value, mixed $actor = null): mixed
    {
        $kind = array_key_first($value);
        $content = $value[$kind];
        return match ($kind) {
            'string', 'bool' => $content,
            'null' => null,
            'surrogate' => "\xff",
            'int' => (string) (int) $content === $content ? (int) $content : new BigInteger($content),
            'bigint' => function_exists('gmp_init') ? gmp_init($content) : new BigInteger($content),
            'float' => match ($content) {
                'NaN' => NAN,
                'Infinity' => INF,
                '-Infinity' => -INF,
                default => (float) $content,
            },
            'repeated' => array_fill(0, $content[1], self::typed($content[0])),
            'list' => array_map(self::typed(...), $content),
            'map' => array_map(self::typed(...), $content),
            'bytes' => self::skip('PHP tells no bytes from strings'),
            'time' => new \DateTimeImmutable($content),
            'uuid' => new RamseyUuid($content),
            'prints' => new class ($content) implements \Stringable {
                public function __construct(private readonly string $text)
                {
                }

                public function __toString(): string
                {
                    return $this->text;
                }
            },
            'id' => new class (isset($content['raises']) ? null : self::typed($content), isset($content['raises'])) implements Actor {
                public function __construct(private readonly mixed $id, private readonly bool $throws)
                {
                }

                public function actorId(): mixed
                {
                    return $this->throws ? throw new \LogicException('it has none') : $this->id;
                }
            },
            'member' => new class ($actor, $content) implements Actor, Member {
                /** @param list<string>|null $groups */
                public function __construct(private readonly mixed $id, private readonly ?array $groups)
                {
                }

                public function actorId(): mixed
                {
                    return $this->id;
                }

                public function inGroup(string $name): bool
                {
                    return in_array($name, $this->groups ?? throw new \LogicException('who knows'), true);
                }
            },
            default => self::skip("PHP has no $kind"),
        };
    }

    private static function skip(string $why): never
    {
        self::markTestSkipped($why);
    }
}
