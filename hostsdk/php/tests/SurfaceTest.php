<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Comparison;
use Gonfalon\Decision;
use Gonfalon\Explanation;
use Gonfalon\Flags;
use Gonfalon\FlagsChanged;
use Gonfalon\Gate;
use Gonfalon\Gonfalon;
use Gonfalon\Reason;
use Gonfalon\SnapshotInfo;
use Gonfalon\State;
use Gonfalon\StateChanged;
use Gonfalon\Stats;
use Gonfalon\Step;
use Gonfalon\Testing\FlagsForTest;
use PHPUnit\Framework\TestCase;

/** Holds hostsdk/surface.json and features.json against what this package has. */
final class SurfaceTest extends TestCase
{
    public function testTheNamesAreThoseOfTheSurface(): void
    {
        $ours = Tree::json('hostsdk/php/surface.json');
        $has = [
            'client' => self::members(Gonfalon::class),
            'config' => self::parameters(Gonfalon::class, '__construct'),
            'decision' => self::members(Decision::class),
            'explanation' => self::members(Explanation::class),
            'step' => self::members(Step::class),
            'comparison' => self::members(Comparison::class),
            'stats' => self::members(Stats::class),
            'info' => self::members(SnapshotInfo::class),
            'state_event' => self::members(StateChanged::class),
            'flags_event' => self::members(FlagsChanged::class),
            'test' => array_values(array_diff(self::members(FlagsForTest::class), self::members(Flags::class))),
            'target' => array_values(array_diff(self::parameters(FlagsForTest::class, 'enable'), ['key'])),
            'package' => self::package(),
        ];
        foreach (Tree::json('hostsdk/surface.json') as $section => $surface) {
            if (in_array($section, ['languages', 'features', 'words'], true)) {
                continue;
            }
            $other = $ours['other'][$section] ?? [];
            $wanted = array_keys($ours['more'][$section] ?? []);
            foreach (array_column($surface['names'], 1) as $name) {
                $wanted[] = array_key_exists($name, $other) ? $other[$name] : self::camel($name);
            }
            $wanted = array_values(array_unique(array_filter($wanted, static fn (?string $name): bool => $name !== null)));
            sort($wanted);
            sort($has[$section]);
            self::assertSame($wanted, $has[$section], $section);
        }
    }

    public function testTheWordsAreThoseOfTheSurface(): void
    {
        self::assertSame(Tree::json('hostsdk/surface.json')['words'], [
            'reason' => Reason::ALL,
            'gate' => array_values(array_filter(Gate::ALL)),
            'outcome' => Step::OUTCOMES,
            'operator' => Comparison::OPERATORS,
            'state' => array_column(State::cases(), 'value'),
        ]);
    }

    public function testTheFeaturesAreThoseOfThePackage(): void
    {
        $has = static fn (string ...$methods): bool => array_diff($methods, self::members(Gonfalon::class)) === [];
        $takes = static fn (string ...$options): bool => array_diff($options, self::parameters(Gonfalon::class, '__construct')) === [];
        $isMissing = static fn (string $test): bool => !is_file(__DIR__ . "/{$test}Test.php");
        $tested = static fn (string ...$tests): bool => array_filter($tests, $isMissing) === [];
        $features = [
            'engine' => is_file(__DIR__ . '/../native/declarations.h') ? 'C by FFI' : false,
            'enabled, variant, typed payload, decide, decide all, explain' => $has(
                'enabled',
                'variant',
                'payloadBool',
                'payloadString',
                'payloadInt',
                'payloadFloat',
                'payloadObject',
                'decide',
                'decideAll',
                'explain',
            ),
            'prepared context, reused without building it again' => class_exists(\Gonfalon\Context::class),
            'stream with resume and deltas; polling with ETag' => $takes('stream', 'pollInterval') && $tested('Recorded', 'Server'),
            'file, bootstrap, last good on disk' => $takes('file', 'bootstrap', 'lastGood'),
            'in process with the control plane' => false,
            'states, events, age' => $has('state', 'subscribe', 'stats') && property_exists(Stats::class, 'age'),
            'usage batches' => $has('flush') && $tested('Fpm'),
            'test helper with overrides, no network' => class_exists(FlagsForTest::class) ? '`Gonfalon\Testing`' : false,
            'OpenFeature provider' => class_exists('Gonfalon\OpenFeature\Provider'),
            'conformance vectors, shared cases and recorded streams (`testdata/`)' => $tested('Conformance', 'ContractValues', 'Recorded'),
            'wait for a revision; events of schedules' => $has('waitFor') && $tested('Schedules'),
            "an actor's score for any flag" => class_exists(\Gonfalon\Score::class) ? '`Score`' : false,
            'an admin client, which reads and writes flags' => class_exists('Gonfalon\Admin'),
        ];
        self::assertSame(Tree::json('hostsdk/surface.json')['features'], array_keys($features));
        $said = array_map(static fn (bool|string $has): string => is_string($has) ? $has : ($has ? 'yes' : '–'), $features);
        $written = json_encode($said, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        $text = preg_replace('/^    /m', '  ', (string) $written) . "\n";
        $file = Tree::path('hostsdk/php/features.json');
        if (getenv('GONFALON_UPDATE') !== false) {
            file_put_contents($file, $text);
        }
        self::assertSame($text, file_get_contents($file));
    }

    /**
     * @param class-string $class
     * @return list<string> its public methods and properties
     */
    private static function members(string $class): array
    {
        $reflection = new \ReflectionClass($class);
        $public = [];
        $methods = $reflection->getMethods(\ReflectionMethod::IS_PUBLIC);
        foreach ([...$methods, ...$reflection->getProperties(\ReflectionProperty::IS_PUBLIC)] as $member) {
            $hidden = str_starts_with($member->getName(), '__') || str_contains((string) $member->getDocComment(), '@internal');
            if (!$hidden) {
                $public[] = $member->getName();
            }
        }
        return $public;
    }

    /**
     * @param class-string $class
     * @return list<string>
     */
    private static function parameters(string $class, string $method): array
    {
        return array_map(
            static fn (\ReflectionParameter $parameter): string => $parameter->getName(),
            (new \ReflectionMethod($class, $method))->getParameters(),
        );
    }

    /** @return list<string> the classes that aren't internal */
    private static function package(): array
    {
        $names = [];
        foreach (glob(dirname(__DIR__) . '/src/*.php') ?: [] as $file) {
            $name = basename($file, '.php');
            if (!str_contains((string) (new \ReflectionClass("Gonfalon\\$name"))->getDocComment(), '@internal')) {
                $names[] = $name;
            }
        }
        return $names;
    }

    private static function camel(string $name): string
    {
        return ctype_upper($name[0]) ? $name : lcfirst(str_replace('_', '', ucwords($name, '_')));
    }
}
