<?php

declare(strict_types=1);

namespace Gonfalon\Source;

use Gonfalon\Log;
use Gonfalon\RegularFile;
use Gonfalon\Refused;
use Gonfalon\Status;
use Gonfalon\Store;

/** Serves a snapshot file, and takes it again when it has changed. @internal */
final class File extends Source
{
    private const INTERVAL = 1.0; // seconds between two looks

    private ?float $next = null;

    private readonly string $path;

    public function __construct(Store $store, Status $status, Log $log, string $path)
    {
        parent::__construct($store, $status, $log);
        $this->path = RegularFile::absolute($path);
    }

    public function tick(): void
    {
        if ($this->next !== null && self::now() < $this->next) {
            return;
        }
        $this->next = self::now() + self::INTERVAL;
        try {
            $this->store->takeFile($this->path);
            $this->contact();
        } catch (Refused $error) {
            $this->failed($error);
        }
        $this->answered = true;
    }
}
