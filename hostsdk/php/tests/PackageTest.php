<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use PHPUnit\Framework\TestCase;

/** Installs the package in an empty project, as Composer does it. */
final class PackageTest extends TestCase
{
    private const PROGRAM = <<<'PHP'
        <?php
        require 'vendor/autoload.php';
        $flags = new Gonfalon\Gonfalon(file: $argv[1]);
        echo json_encode([$flags->enabled('who', 'user:42'), $flags->state()->value]), "\n";
        PHP;

    private Folder $folder;

    protected function setUp(): void
    {
        $this->folder = new Folder();
        file_put_contents("{$this->folder->path}/flags", base64_decode(Tree::json('hostsdk/testdata/values.json')['snapshot']));
    }

    public function testThePackageInstallsFromAPath(): void
    {
        $this->install(['type' => 'path', 'url' => dirname(__DIR__)]);
    }

    public function testThePackageInstallsAsItIsReleased(): void
    {
        $made = $this->folder->made();
        $this->sh(dirname(__DIR__) . '/package.sh ' . escapeshellarg($made), '/');
        $this->install(['type' => 'path', 'url' => $made, 'options' => ['symlink' => false]]);
    }

    public function testTheVersionIsThatOfThePackage(): void
    {
        self::assertSame(Tree::json('hostsdk/php/composer.json')['version'], Gonfalon::VERSION);
    }

    /** @param array<string, mixed> $repository */
    private function install(array $repository): void
    {
        $project = $this->folder->made();
        $wanted = ['repositories' => [$repository, ['packagist.org' => false]], 'require' => ['gonfalon/gonfalon' => '*']];
        file_put_contents("$project/composer.json", json_encode($wanted));
        file_put_contents("$project/program.php", self::PROGRAM);
        $this->sh('composer install --no-interaction --no-progress --quiet', $project);
        $this->sh('CFLAGS=-O1 vendor/bin/gonfalon-build library.so', $project);
        $said = $this->sh('php -d ffi.enable=1 program.php ' . escapeshellarg("{$this->folder->path}/flags"), $project);
        self::assertSame('[true,"READY"]', trim($said));
        self::assertStringContainsString('usage: gonfalon-sync', $this->sh('vendor/bin/gonfalon-sync 2>&1 || true', $project));
    }

    private function sh(string $command, string $folder): string
    {
        $environment = 'COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=' . escapeshellarg($this->folder->path)
            . ' GONFALON_LIBRARY=' . escapeshellarg("$folder/library.so");
        exec("cd " . escapeshellarg($folder) . " && export $environment && $command", $said, $status);
        self::assertSame(0, $status, implode("\n", $said));
        return implode("\n", $said);
    }
}
