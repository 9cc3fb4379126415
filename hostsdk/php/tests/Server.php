<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;

/** A program that a test started, and what is asked of it over HTTP while a client goes on. */
final class Server
{
    /** @var resource */
    private mixed $process;

    /** @var array<int, resource> */
    private array $pipes = [];

    public readonly string $url;

    /**
     * @param list<string> $command
     * @param \Closure(string): ?string $url finds the address in a line of its output
     * @param array<string, string>|null $environment
     */
    public function __construct(array $command, ?\Closure $url = null, ?array $environment = null)
    {
        $url ??= static fn (string $line): string => trim($line);
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $this->pipes, null, $environment);
        $this->process = $process === false ? throw new \RuntimeException("$command[0] doesn't start") : $process;
        for ($found = null; $found === null;) {
            $line = fgets($this->pipes[1]);
            $found = $line === false ? throw new \RuntimeException("$command[0] ended without an address") : $url($line);
        }
        $this->url = $found;
    }

    public static function contract(string ...$arguments): self
    {
        $path = getenv('GONFALON_CONTRACT');
        return new self([$path !== false ? $path : throw new \RuntimeException('GONFALON_CONTRACT is not set'), ...$arguments]);
    }

    /** A script behind PHP's own web server. @param array<string, string> $environment */
    public static function builtIn(string $script, array $environment): self
    {
        $command = implode(' ', array_map(escapeshellarg(...), [PHP_BINARY, '-d', 'ffi.enable=1', '-S', '127.0.0.1:0', $script]));
        return new self(
            ['setsid', 'sh', '-c', "exec $command 2>&1"],
            static fn (string $line): ?string => preg_match('~\((http://\S+)\) started~', $line, $found) === 1 ? $found[1] : null,
            $environment + getenv(),
        );
    }

    public function __destruct()
    {
        array_map(fclose(...), $this->pipes);
        $group = proc_get_status($this->process)['pid'];
        proc_terminate($this->process);
        exec("kill -- -$group 2>/dev/null"); // the workers of PHP's own web server, which it leaves behind
        proc_close($this->process);
    }

    /** @return array{int, string} the status and the body of an answer; the client goes on until it is there */
    public function ask(string $method, string $path, ?Gonfalon $flags = null): array
    {
        $curl = curl_init($this->url . $path);
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 60,
        ]);
        $multi = curl_multi_init();
        curl_multi_add_handle($multi, $curl);
        do {
            curl_multi_exec($multi, $running);
            $flags?->tick();
            curl_multi_select($multi, 0.005);
        } while ($running > 0);
        $answer = [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), (string) curl_multi_getcontent($curl)];
        curl_multi_remove_handle($multi, $curl);
        return $answer;
    }
}
