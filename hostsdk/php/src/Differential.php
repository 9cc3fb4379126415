<?php

declare(strict_types=1);

namespace Gonfalon;

/**
 * Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.
 *
 * The input has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes,
 * or length 0 for that of the pair before; then the request's bytes. The output gets, for each pair, the packed
 * decision (u32, little-endian), then the variant's name, its payload and the deciding gate's target, each with its
 * length before it. A snapshot or request that the engine refuses becomes 0xffffffff and three empty texts.
 *
 * What a program could ask is asked again as a program would, by a context as it comes and by one prepared, which leave
 * out of their requests what the flag doesn't need. Another decision than that of the request ends it.
 *
 * @internal
 */
final class Differential
{
    private const REFUSED = "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0";

    public int $decided = 0;
    public int $again = 0;

    private string $snapshot = '';
    private ?Instance $instance = null;
    private ?Engine $engine = null;

    /**
     * @param resource $in
     * @param resource $out
     * @throws \UnexpectedValueException for a file that ends in the middle, or a decision that differs
     */
    public function run(mixed $in, mixed $out): void
    {
        while (($head = (string) fread($in, 4)) !== '') {
            $snapshot = self::record($in, $head);
            $request = self::record($in, (string) fread($in, 4));
            if ($snapshot !== '') {
                [$this->snapshot, $this->instance, $this->engine] = [$snapshot, null, null];
            }
            try {
                $this->instance ??= Instance::load($this->snapshot);
                $written = $this->instance->raw($request);
                $this->ask($request, unpack('V', $written)[1]);
            } catch (LoadError | RequestError) {
                $written = self::REFUSED;
            }
            fwrite($out, $written);
            $this->decided++;
        }
    }

    /** Asks as a program would, if one can ask so. */
    private function ask(string $request, int $packed): void
    {
        $asked = self::question($request);
        if ($asked === null) {
            return;
        }
        [$key, $who, $groups, $attributes, $now, $roll] = $asked;
        $this->engine ??= Engine::load($this->snapshot, new Mistakes(new Log()), static function (): void {
        });
        $context = new Context($who, $groups, $attributes);
        $answers = [
            'a context' => $this->engine->evaluate($key, $who, $groups, $attributes, $now, $roll),
            'a prepared context' => $this->engine->evaluate($key, $context, null, null, $now, $roll),
        ];
        foreach ($answers as $way => $answer) {
            if ($answer !== $packed) {
                $hex = bin2hex($request);
                throw new \UnexpectedValueException(sprintf('%s is %#x, asked by %s %#x', $hex, $packed, $way, $answer));
            }
        }
        $this->again++;
    }

    /**
     * @return array{string, mixed, list<mixed>, array<array-key, mixed>, int, int}|null null if no program can ask so
     */
    private static function question(string $request): ?array
    {
        try {
            $items = Msgpack::readItems($request);
            if (count($items) !== 6 || !is_string($items[0][0]) || !is_object($items[5][0]) || !is_array($items[2][0])) {
                return null;
            }
            [[$key], [$actor, $a], [$groups, $g], [$now], [$roll, $r], [$attributes, $t]] = $items;
            $who = $actor === false ? (object) ['actorId' => null] : $actor;
            $context = new Context($who, $groups, (array) $attributes);
            $again = $context->packedActor() . $context->memberOf([]) . $context->known(null);
        } catch (\UnexpectedValueException | \InvalidArgumentException | ContextError) {
            return null;
        }
        if ($again !== "$a$g$t" || !is_int($now)) {
            return null;
        }
        $roll = $roll instanceof BigInteger ? unpack('J', $r, 1)[1] : $roll; // of 64 bits without a sign
        return is_int($roll) ? [$key, $who, $groups, (array) $attributes, $now, $roll] : null;
    }

    /** @param resource $in */
    private static function record(mixed $in, string $head): string
    {
        $length = strlen($head) === 4 ? unpack('V', $head)[1] : -1;
        $body = $length > 0 ? (string) stream_get_contents($in, $length) : '';
        return strlen($body) === $length ? $body : throw new \UnexpectedValueException('the file ends in the middle of a record');
    }
}
