<?php

declare(strict_types=1);

namespace Gonfalon\Net;

use Gonfalon\Gonfalon;
use Gonfalon\Instance;
use Gonfalon\Mistakes;
use Gonfalon\Pace;
use Gonfalon\RegularFile;
use Gonfalon\SnapshotInfo;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;

/** One environment of one control plane: the requests that go to it. @internal */
final class Wire
{
    public const SUPERSEDES = 'x-gonfalon-supersedes'; // the position of what serves here, if the server never had it
    public const SILENCE = 45.0; // seconds without a byte, three heartbeats, are a lost connection
    public const USAGE_FLAGS = 1000; // a report

    private const TIMEOUT = 10.0; // seconds for anything else that the network can keep waiting, and for a whole report
    private const PATIENCE = 32.0; // seconds for a whole snapshot: 32 MiB at 1 MiB a second
    private const ANSWER_BYTES = 1 << 20; // of an answer to a report
    private const HOST = '~^(?:\[[0-9a-f:.]+\]|[^\x00-\x20\x7f/?#@:<>"{}|\\\\^`\[\]]+)$~Di';
    private const FORMATS = '?formats=1'; // so that a newer server writes what this SDK reads

    private readonly string $base;
    private readonly string $origin;
    private readonly Secret $token;

    /** @param array<string, string> $tls ca, cert, key: files for a private authority or a client certificate */
    public function __construct(
        string $endpoint,
        #[\SensitiveParameter] string $token,
        string $environment,
        private readonly array $tls = [],
        private readonly Pace $pace = new Pace(),
        private readonly ?ClientInterface $client = null,
        private readonly ?RequestFactoryInterface $requests = null,
    ) {
        $this->origin = (string) self::origin($endpoint);
        $this->token = new Secret($token);
        $this->base = rtrim($endpoint, '/') . '/v1/envs/' . rawurlencode($environment) . '/';
    }

    /** Scheme, host and port of a URL; null if it isn't one of http or https. */
    public static function origin(string $url): ?string
    {
        $parts = parse_url($url) ?: []; // which is false for a port above 65535
        $scheme = strtolower($parts['scheme'] ?? '');
        $host = $parts['host'] ?? '';
        if (!in_array($scheme, ['http', 'https'], true) || ($parts['port'] ?? 1) < 1 || preg_match(self::HOST, $host) !== 1) {
            return null;
        }
        return "$scheme://" . strtolower($host) . ':' . ($parts['port'] ?? ($scheme === 'http' ? 80 : 443));
    }

    /** Asks for the current snapshot, which is answered 304 if it is the one that is known. */
    public function snapshot(?SnapshotInfo $known, float $within = self::PATIENCE): Exchange
    {
        $headers = $known === null ? [] : ['If-None-Match' => "\"$known->id\"", 'X-Gonfalon-Position' => $known->position()];
        return $this->send('GET', 'snapshot' . self::FORMATS, $headers, min($within, self::PATIENCE), Instance::MAX_BYTES);
    }

    /**
     * Asks for the events from a position on, or from a snapshot on.
     *
     * @param \Closure(string): void $onBytes
     */
    public function stream(?string $position, \Closure $onBytes): CurlExchange
    {
        $headers = ['Accept' => 'text/event-stream', 'Cache-Control' => 'no-store', 'Accept-Encoding' => 'identity'];
        if ($position !== null) {
            $headers['Last-Event-ID'] = $position;
        }
        $options = $this->options('GET', 'stream' . self::FORMATS, $headers);
        return new CurlExchange($this->origin, $options, $this->pace->opening, PHP_INT_MAX, $onBytes);
    }

    /** Sends a report of usage. */
    public function usage(string $json, float $within = self::TIMEOUT): Exchange
    {
        $headers = ['Content-Type' => 'application/json'];
        return $this->send('POST', 'usage', $headers, min($within, self::TIMEOUT), self::ANSWER_BYTES, $json);
    }

    /** @param array<string, string> $headers */
    private function send(string $method, string $path, array $headers, float $within, int $limit, ?string $body = null): Exchange
    {
        if ($this->client !== null && $this->requests !== null) {
            try {
                $request = $this->requests->createRequest($method, $this->base . $path);
                foreach ($headers + $this->identity() as $name => $value) {
                    $request = $request->withHeader($name, $value);
                }
                if ($body !== null) {
                    $request->getBody()->write($body);
                }
            } catch (\Throwable $error) { // whatever the program's factory throws
                throw new WireError(get_debug_type($error) . ": {$error->getMessage()}", unreachable: true);
            }
            return new PsrExchange($this->client, $request, $limit);
        }
        $options = $this->options($method, $path, $headers + ['Accept-Encoding' => 'gzip']) + [
            CURLOPT_TIMEOUT_MS => max(1, (int) ($within * 1000)),
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => (int) self::TIMEOUT,
        ];
        if ($body !== null) {
            $options[CURLOPT_POSTFIELDS] = $body;
        }
        return new CurlExchange($this->origin, $options, $this->pace->opening, $limit);
    }

    /**
     * @param array<string, string> $headers
     * @return array<int, mixed>
     * @throws WireError if a file can't be read: curl would wait for what a pipe says
     */
    private function options(string $method, string $path, array $headers): array
    {
        foreach ($this->tls as $name => $file) {
            $trouble = RegularFile::trouble($file) ?? (is_readable($file) ? null : 'it can\'t be read');
            if ($trouble !== null) {
                throw new WireError("tls has the $name $file, which can't be used: $trouble", unreachable: true);
            }
        }
        $lines = ['Expect:'];
        foreach ($headers + $this->identity() as $name => $value) {
            $lines[] = "$name: $value";
        }
        return array_filter([
            CURLOPT_URL => $this->base . $path,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $lines,
            CURLOPT_CONNECTTIMEOUT_MS => max(1, (int) ($this->pace->opening * 1000)),
            CURLOPT_CAINFO => $this->tls['ca'] ?? null,
            CURLOPT_SSLCERT => $this->tls['cert'] ?? null,
            CURLOPT_SSLKEY => $this->tls['key'] ?? null,
        ], static fn (mixed $value): bool => $value !== null);
    }

    /** @return array<string, string> */
    private function identity(): array
    {
        return ['Authorization' => 'Bearer ' . $this->token->reveal(), 'User-Agent' => 'gonfalon-php/' . Gonfalon::VERSION];
    }
}
