<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Conformance;
use PHPUnit\Framework\TestCase;

/** Runs the cases of the reference implementations. */
final class ConformanceTest extends TestCase
{
    public function testTheEngineAnswersAsTheReferencesDo(): void
    {
        $folder = new Folder();
        $cases = "$folder->path/cases";
        exec(escapeshellarg((string) getenv('GONFALON_BIN')) . ' conformance --emit-cases ' . escapeshellarg($cases) . ' 2>&1', $said, $status);
        self::assertSame(0, $status, implode("\n", $said));
        $conformance = new Conformance(STDERR);
        $conformance->run($cases);
        self::assertGreaterThan(6000, $conformance->passed);
        self::assertSame(0, $conformance->failed);
    }

    public function testAnotherAnswerIsNoticed(): void
    {
        $snapshot = \Gonfalon\Testing\FlagForTest::compile(['a' => new \Gonfalon\Testing\FlagForTest()], 1);
        $case = [
            'file' => 'f', 'id' => 1, 'family' => 'g', 'flag' => 'a', 'snapshot' => base64_encode($snapshot),
            'request' => base64_encode("\x91\xa1a"), 'expect' => ['enabled' => true, 'variant' => null],
        ];
        $folder = new Folder();
        file_put_contents("$folder->path/cases", json_encode($case) . "\n\n" . json_encode(['skipped' => 'why'] + $case) . "\n");
        $out = fopen('php://memory', 'w+b');
        $conformance = new Conformance($out);
        $conformance->run("$folder->path/cases");
        self::assertSame([0, 1, 1], [$conformance->passed, $conformance->failed, $conformance->skipped]);
        rewind($out);
        self::assertStringContainsString('enabled is false, the reference answered true', (string) stream_get_contents($out));

        file_put_contents("$folder->path/cases", "no case\n");
        $this->expectExceptionMessage('line 1 is not a case');
        $conformance->run("$folder->path/cases");
    }
}
