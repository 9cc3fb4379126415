<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use PHPUnit\Framework\TestCase;

/** Compares what PHP's FFI reads with the headers that the library is compiled from. */
final class DeclarationsTest extends TestCase
{
    public function testTheDeclarationsAreThoseOfTheHeaders(): void
    {
        $ours = self::declarations((string) file_get_contents(dirname(__DIR__) . '/native/declarations.h'));
        $theirs = self::declarations(
            file_get_contents(Tree::path('hostsdk/c/gonfalon.h')) . file_get_contents(dirname(__DIR__) . '/native/shared.h'),
        );
        self::assertCount(20, $ours);
        self::assertSame([], array_diff($ours, $theirs));
    }

    /** @return list<string> types and functions in one form: without comments, with single spaces */
    private static function declarations(string $header): array
    {
        $header = (string) preg_replace(['~/\*.*?\*/~s', '/^\s*#.*\n/m', '/GONFALON_API|extern "C" \{/'], '', $header);
        preg_match_all('/typedef struct \{[^}]*\} \w+;|typedef struct \w+ \w+;|[\w *]+\b\w+\([^)]*\);/', $header, $found);
        // FFI hands a PHP string over as chars, and an array is a pointer.
        $forms = ['/\bvoid \*(?=(bytes|request|delta)\b)/' => 'char *', '/(\w+) (\w+)\[GONFALON_BATCH\]/' => '$1 *$2', '/\s+/' => ' '];
        $one = static fn (string $declaration): string => trim((string) preg_replace(array_keys($forms), $forms, $declaration));
        return array_map($one, $found[0]);
    }
}
