<?php

declare(strict_types=1);

namespace Gonfalon\Net;

use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestInterface;

/** A request by the program's own PSR-18 client, which answers before it returns. @internal */
final class PsrExchange implements Exchange
{
    private const PIECE = 64 << 10;

    private Answer|WireError $answer;

    public function __construct(ClientInterface $client, RequestInterface $request, int $limit)
    {
        try {
            $response = $client->sendRequest($request);
            $headers = [];
            foreach ($response->getHeaders() as $name => $values) {
                $headers[strtolower((string) $name)] = implode(', ', $values);
            }
            $body = '';
            $stream = $response->getBody();
            while (!$stream->eof()) {
                $body .= $stream->read(self::PIECE);
                if (strlen($body) > $limit) {
                    throw new WireError("an answer of more than $limit bytes", unreadable: true);
                }
            }
            $this->answer = new Answer($response->getStatusCode(), $headers, $body);
        } catch (WireError $error) {
            $this->answer = $error;
        } catch (\Throwable $error) { // whatever the program's client throws
            $this->answer = new WireError(get_debug_type($error) . ": {$error->getMessage()}");
        }
    }

    public function step(): bool
    {
        return true;
    }

    public function wait(float $seconds): void
    {
    }

    public function answer(): Answer
    {
        return $this->answer instanceof Answer ? $this->answer : throw $this->answer;
    }

    public function cancel(): void
    {
    }
}
