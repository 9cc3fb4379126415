<?php

declare(strict_types=1);

namespace Gonfalon\Net;

use Gonfalon\Warnings;

/**
 * A request by PHP's curl. TLS is verified; a redirect is followed within the origin only, since the token goes along.
 *
 * @internal
 */
final class CurlExchange implements Exchange
{
    private const HEADER_BYTES = 64 << 10; // of an answer, with those before it
    private const ERROR_BYTES = 4096; // of a body that isn't what was asked for
    private const REDIRECTS = 5;
    private const UNREACHABLE = [CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT];
    private const TRIES = 64; // of curl, in one step, as long as bytes come

    private ?\CurlMultiHandle $multi;
    private \CurlHandle $curl;
    private bool $ended = false;
    private bool $fresh = true; // the next header line begins an answer
    private float $begun;
    private int $redirects = 0;
    private int $headerBytes = 0;
    private int $received = 0;
    private ?WireError $error = null;
    private int $status = 0;
    private string $body = '';
    private ?\InflateContext $packed = null; // reads a body in gzip; curl's own wouldn't tell that its end is missing

    /** @var array<string, string> */
    private array $headers = [];

    /**
     * @param string $origin scheme, host and port that the exchange may not leave
     * @param array<int, mixed> $options of curl
     * @param float $opening seconds for the head of the answer, whatever redirects come before it
     * @param int $limit bytes that the body of a success may have
     * @param \Closure(string): void|null $onBytes takes the body of a success as it comes
     */
    public function __construct(
        private readonly string $origin,
        array $options,
        private readonly float $opening,
        private readonly int $limit,
        private readonly ?\Closure $onBytes = null,
    ) {
        $curl = curl_init();
        $this->curl = $curl === false ? throw new WireError('curl has no handle') : $curl;
        curl_setopt_array($this->curl, $options + [
            CURLOPT_HEADERFUNCTION => $this->onHeader(...),
            CURLOPT_WRITEFUNCTION => $this->onBody(...),
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
            CURLOPT_SSL_VERIFYPEER => true,
            CURLOPT_SSL_VERIFYHOST => 2,
            CURLOPT_NOSIGNAL => true,
        ]);
        $this->begun = self::now();
        $this->multi = curl_multi_init();
        curl_multi_add_handle($this->multi, $this->curl);
    }

    public function __destruct()
    {
        $this->cancel();
    }

    /** Whether the head of a success has come. */
    public function opened(): bool
    {
        return $this->status >= 200 && $this->status < 300 && $this->fresh;
    }

    /** How many bytes have come, headers included. */
    public function received(): int
    {
        return $this->received;
    }

    /** @return array<string, string> */
    public function headers(): array
    {
        return $this->headers;
    }

    public function step(): bool
    {
        for ($try = 0; $try < self::TRIES && !$this->ended && $this->multi !== null; $try++) {
            $before = $this->received;
            curl_multi_exec($this->multi, $running);
            while ($this->multi !== null && ($message = curl_multi_info_read($this->multi)) !== false) {
                $this->onEnd($message['result']);
            }
            if ($this->received === $before && !$this->ended && $try > 0) {
                break;
            }
        }
        if (!$this->ended && !$this->opened() && self::now() - $this->begun > $this->opening) {
            $this->error = new WireError("no answer within $this->opening seconds");
            $this->cancel();
        }
        return $this->ended;
    }

    public function wait(float $seconds): void
    {
        if ($this->multi === null || $this->ended || curl_multi_select($this->multi, max($seconds, 0.0)) === -1) {
            usleep((int) (min(max($seconds, 0.0), 0.01) * 1e6)); // curl has nothing to select on yet
        }
    }

    public function answer(): Answer
    {
        if ($this->error !== null) {
            throw $this->error;
        }
        return new Answer($this->status, $this->headers, $this->body);
    }

    public function cancel(): void
    {
        if ($this->multi !== null) {
            curl_multi_remove_handle($this->multi, $this->curl);
            $this->multi = null;
        }
        $this->ended = true;
    }

    private function onHeader(\CurlHandle $curl, string $line): int
    {
        $size = strlen($line);
        $this->received += $size;
        $this->headerBytes += $size;
        if ($this->headerBytes > self::HEADER_BYTES) {
            $why = 'an answer with more than ' . self::HEADER_BYTES . ' bytes of headers';
            return $this->abort(new WireError($why, unreadable: true));
        }
        if ($this->fresh) {
            [$this->headers, $this->fresh] = [[], false];
        }
        [$name, $value] = explode(':', $line, 2) + [1 => ''];
        if (trim($line) !== '') {
            $this->headers[strtolower(trim($name))] = trim($value);
            return $size;
        }
        $this->fresh = true;
        $this->status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        try {
            $isPacked = (new Answer($this->status, $this->headers))->isPacked();
        } catch (WireError $error) {
            return $this->abort($error);
        }
        $this->packed = $isPacked && !in_array($this->status, [204, 304], true) ? inflate_init(ZLIB_ENCODING_GZIP) ?: null : null;
        return $size;
    }

    private function onBody(\CurlHandle $curl, string $bytes): int
    {
        $size = strlen($bytes);
        $this->received += $size;
        if ($this->packed !== null) {
            [$packed, $given] = [$this->packed, $bytes];
            $bytes = Warnings::without(static fn (): string|false => inflate_add($packed, $given));
            if ($bytes === false) {
                return $this->abort(new WireError("gzip that can't be read", $this->status, unreadable: true));
            }
        }
        if (!$this->opened()) {
            $this->body .= substr($bytes, 0, max(0, self::ERROR_BYTES - strlen($this->body)));
            return strlen($this->body) < self::ERROR_BYTES ? $size : -1; // enough to say what is wrong
        }
        try {
            if ($this->onBytes !== null) {
                ($this->onBytes)($bytes);
                return $size;
            }
        } catch (WireError $error) {
            return $this->abort($error);
        }
        $this->body .= $bytes;
        if (strlen($this->body) > $this->limit) {
            $this->body = '';
            return $this->abort(new WireError("an answer of more than $this->limit bytes", unreadable: true));
        }
        return $size;
    }

    private function onEnd(int $result): void
    {
        $cut = $result === CURLE_WRITE_ERROR && strlen($this->body) >= self::ERROR_BYTES && !$this->opened();
        if ($result !== CURLE_OK && $this->error === null && !$cut) {
            $unreachable = in_array($result, self::UNREACHABLE, true);
            $message = curl_error($this->curl) ?: (string) curl_strerror($result);
            $this->error = new WireError($message, unreachable: $unreachable);
        }
        if ($this->error === null && $this->packed !== null && !$cut && inflate_get_status($this->packed) !== ZLIB_STREAM_END) {
            $this->error = new WireError('gzip that ends in the middle', $this->status, unreadable: true);
        }
        if ($this->error === null && $this->status >= 300 && $this->status < 400 && $this->status !== 304) {
            if ($this->redirect()) {
                return;
            }
        }
        $this->cancel();
    }

    /** Follows a redirect, if it may be. */
    private function redirect(): bool
    {
        $url = (string) curl_getinfo($this->curl, CURLINFO_REDIRECT_URL);
        $origin = Wire::origin($url);
        if ($url === '' || $origin === null) {
            $this->error = new WireError("$this->status redirects to nowhere", $this->status);
            return false;
        }
        if ($origin !== $this->origin) {
            $this->error = new WireError("$this->status redirects to $origin, another origin", $this->status);
            return false;
        }
        if (++$this->redirects > self::REDIRECTS) {
            $this->error = new WireError('more than ' . self::REDIRECTS . ' redirects');
            return false;
        }
        curl_multi_remove_handle($this->multi, $this->curl);
        curl_setopt($this->curl, CURLOPT_URL, $url);
        [$this->body, $this->status] = ['', 0];
        curl_multi_add_handle($this->multi, $this->curl);
        return true;
    }

    private function abort(WireError $error): int
    {
        $this->error = $error;
        return -1;
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
