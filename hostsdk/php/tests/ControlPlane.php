<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

/** A running gonfalon, and what an admin asks of it. */
final class ControlPlane
{
    private const ADMIN = 'an-admin-token-for-tests';

    private ?Server $server;

    /** Keeps the port of one that is stopped, which nobody else is given meanwhile. */
    private mixed $held = null;
    public readonly string $url;

    public function __construct(private readonly string $folder, string $listen = '127.0.0.1:0')
    {
        $binary = getenv('GONFALON_BIN') ?: throw new \RuntimeException('GONFALON_BIN is not set');
        $this->server = new Server(
            [$binary, 'serve', '--data-dir', $this->folder, '--listen', $listen, '--seed=false', '--log-level', 'error'],
            static fn (string $line): ?string => preg_match('~(https?://[^/\s]+)/v1~', $line, $found) === 1 ? $found[1] : null,
            ['GONFALON_ADMIN_TOKEN' => self::ADMIN] + getenv(),
        );
        $this->url = $this->server->url;
    }

    public function stop(): void
    {
        $this->server = null;
        if (PHP_OS_FAMILY === 'Linux') { // elsewhere nobody could listen there
            $this->held ??= stream_socket_server(str_replace('http:', 'tcp:', $this->url), $code, $message, STREAM_SERVER_BIND);
        }
    }

    public function restarted(): self
    {
        $this->stop();
        return new self($this->folder, substr($this->url, strlen('http://')));
    }

    public function sdkToken(): string
    {
        return $this->ask('POST', '/tokens', ['name' => 'php', 'role' => 'sdk', 'envs' => ['default']])['token'];
    }

    /** Writes a flag that is on or off. Returns the revision that this made. */
    public function turn(string $key, bool $on): int
    {
        return $this->put($key, ['type' => 'boolean', 'enabled' => $on]);
    }

    /** @param array<string, mixed> ...$gates */
    public function put(string $key, array ...$gates): int
    {
        return $this->ask('PUT', "/envs/default/flags/$key", ['gates' => $gates])['revision'];
    }

    /** How often hosts have told that they evaluated a flag. */
    public function evaluations(string $key): int
    {
        $hours = $this->ask('GET', "/envs/default/flags/$key/usage")['counts'];
        return array_sum(array_column($hours, 'on')) + array_sum(array_column($hours, 'off'));
    }

    /** @param array<string, mixed>|null $body */
    public function ask(string $method, string $path, ?array $body = null): mixed
    {
        $curl = curl_init("$this->url/v1$path");
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . self::ADMIN, 'Content-Type: application/json'],
            CURLOPT_TIMEOUT => 10,
        ] + ($body === null ? [] : [CURLOPT_POSTFIELDS => json_encode($body)]));
        $answer = (string) curl_exec($curl);
        if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) >= 300) {
            throw new \RuntimeException("$method $path: $answer");
        }
        return json_decode($answer, true);
    }
}
