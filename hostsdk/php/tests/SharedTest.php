<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Instance;
use Gonfalon\Library;
use Gonfalon\LoadError;
use Gonfalon\Testing\FlagForTest;
use PHPUnit\Framework\TestCase;

/** Snapshots that a process keeps over its requests. */
final class SharedTest extends TestCase
{
    private Folder $folder;
    private string $path;

    protected function setUp(): void
    {
        $this->folder = new Folder();
        $this->path = "{$this->folder->path}/flags";
    }

    public function testAFileIsLoadedOnce(): void
    {
        self::assertNull(Instance::open($this->path));
        $this->write(1);
        $first = Instance::open($this->path);
        self::assertSame($this->address($first), $this->address(Instance::open($this->path)));
        touch($this->path, 1000); // as a refresh does that finds nothing new
        self::assertSame($this->address($first), $this->address(Instance::open($this->path)));

        $this->write(2);
        $second = Instance::open($this->path);
        self::assertSame([1, 2], [$first->info()->revision, $second->info()->revision]); // the first lives on while it is held
        unset($first);
        Library::ffi()->gonfalon_shared_begin();
        self::assertSame(2, $second->info()->revision);
    }

    public function testADamagedFileIsRefusedUntilItIsAnother(): void
    {
        file_put_contents($this->path, 'damaged, and longer than a content id is');
        for ($i = 0; $i < 2; $i++) {
            try {
                Instance::open($this->path);
                self::fail('it loads');
            } catch (LoadError $error) {
                self::assertSame(2, $error->getCode());
            }
        }
        $this->write(3);
        self::assertSame(3, Instance::open($this->path)->info()->revision);
    }

    public function testNoOtherKindOfFileIsOpened(): void
    {
        posix_mkfifo($this->path, 0600);
        foreach ([$this->path, $this->folder->path, '/dev/zero', "a\0b"] as $path) {
            try {
                Instance::open($path);
                self::fail("$path is opened");
            } catch (\RuntimeException $error) {
                self::assertStringNotContainsString('code', $error->getMessage());
            }
        }
        file_put_contents("$this->path.large", '');
        $large = fopen("$this->path.large", 'r+b');
        ftruncate($large, Instance::MAX_BYTES + 1);
        $this->expectExceptionCode(LoadError::TOO_LARGE);
        Instance::open("$this->path.large");
    }

    public function testMoreFilesThanAreKept(): void
    {
        $held = [];
        for ($i = 1; $i <= 20; $i++) {
            file_put_contents("$this->path.$i", FlagForTest::compile([], $i));
            $held[$i] = Instance::open("$this->path.$i");
        }
        foreach ($held as $i => $instance) {
            self::assertSame($i, $instance->info()->revision);
        }
    }

    private function write(int $revision): void
    {
        file_put_contents("$this->path.new", FlagForTest::compile([], $revision));
        rename("$this->path.new", $this->path);
    }

    private function address(?Instance $instance): int
    {
        $snapshot = (new \ReflectionProperty(Instance::class, 'snapshot'))->getValue($instance);
        return Library::ffi()->cast('uintptr_t', $snapshot)->cdata;
    }
}
