<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

use Gonfalon\Gonfalon;
use Gonfalon\State;
use Gonfalon\Testing\FlagForTest;
use PHPUnit\Framework\TestCase;
use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\StreamInterface;
use Psr\Log\AbstractLogger;

/** The program's own logger and HTTP client. */
final class PsrTest extends TestCase
{
    protected function setUp(): void
    {
        if (!interface_exists(ClientInterface::class) || !interface_exists(RequestFactoryInterface::class)) {
            self::markTestSkipped('php-psr-http-client and php-psr-http-factory are not installed');
        }
    }

    public function testRequestsGoThroughTheProgramsClient(): void
    {
        $flag = new FlagForTest();
        $flag->on = true;
        $snapshot = FlagForTest::compile(['a' => $flag], 7, 'default', str_repeat('l', 16));
        $asked = [];
        $client = $this->client(function (string $method, string $url, array $headers, string $body) use (&$asked, $snapshot): ResponseInterface {
            $asked[] = [$method, $url, $headers['Authorization'], $body];
            return $method === 'GET' ? $this->response(200, $snapshot) : $this->response(204, '');
        });
        $flags = new Gonfalon('https://flags.example.com/x/', 'token', ...$client);
        self::assertSame([State::Ready, true, 7], [$flags->state(), $flags->enabled('a'), $flags->info()?->revision]);
        $flags->close();
        self::assertSame(['GET', 'https://flags.example.com/x/v1/envs/default/snapshot?formats=1', 'Bearer token', ''], $asked[0]);
        [$method, $url, , $body] = end($asked);
        self::assertSame(['POST', 'https://flags.example.com/x/v1/envs/default/usage'], [$method, $url]);
        self::assertSame(['count' => 1, 'on' => 1], array_intersect_key(json_decode($body, true)['flags']['a'], ['count' => 1, 'on' => 1]));
    }

    public function testWhatAClientThrowsIsAFailure(): void
    {
        $client = $this->client(static function (): never {
            throw new class ('no network') extends \RuntimeException implements ClientExceptionInterface {
            };
        });
        $flags = new Gonfalon('https://flags.example.com', 'token', ...$client, readyWithin: 0.05, logger: new Silent());
        self::assertSame(State::NotReady, $flags->state());
        self::assertStringContainsString('no network', (string) $flags->stats()->lastError);
        self::assertTrue($flags->enabled('a', default: true));
    }

    public function testALoggerThatThrowsEndsNothing(): void
    {
        $logger = new class () extends AbstractLogger {
            /**
             * @param mixed $level
             * @param mixed[] $context
             */
            public function log($level, $message, array $context = []): void
            {
                throw new \LogicException('the disk is full');
            }
        };
        $flags = new Gonfalon(bootstrap: FlagForTest::compile([], 1), logger: $logger);
        self::assertFalse($flags->enabled('unknown', 1.5));
    }

    public function testTheTokenIsNeverPrinted(): void
    {
        $log = new Silent();
        $flags = new Gonfalon('http://127.0.0.1:9', 'gfn_sdk_secret', readyWithin: 0.1, logger: $log);
        self::assertStringNotContainsString('gfn_sdk_secret', implode("\n", $log->lines) . $flags->stats()->lastError);
        try {
            new Gonfalon('nowhere', 'gfn_sdk_secret');
            self::fail('nowhere is an endpoint');
        } catch (\InvalidArgumentException $error) {
            self::assertStringNotContainsString('gfn_sdk_secret', $error->getMessage());
        }
    }

    /** @return array{http: ClientInterface, requests: RequestFactoryInterface} */
    private function client(\Closure $answer): array
    {
        $http = $this->createMock(ClientInterface::class);
        $http->method('sendRequest')->willReturnCallback(static fn (RequestInterface $request): ResponseInterface => $answer(
            $request->getMethod(),
            $request->url,
            $request->headers->getArrayCopy(),
            (string) $request->getBody(),
        ));
        $requests = $this->createMock(RequestFactoryInterface::class);
        $requests->method('createRequest')->willReturnCallback(function (string $method, string $url): RequestInterface {
            $request = $this->createMock(RequestInterface::class);
            $request->url = $url;
            $request->headers = new \ArrayObject();
            $body = '';
            $stream = $this->createMock(StreamInterface::class);
            $stream->method('write')->willReturnCallback(static function (string $bytes) use (&$body): int {
                $body .= $bytes;
                return strlen($bytes);
            });
            $stream->method('__toString')->willReturnCallback(static function () use (&$body): string {
                return $body;
            });
            $request->method('getMethod')->willReturn($method);
            $request->method('getBody')->willReturn($stream);
            $request->method('withHeader')->willReturnCallback(static function (string $name, string $value) use ($request): RequestInterface {
                $request->headers[$name] = $value;
                return $request;
            });
            return $request;
        });
        return ['http' => $http, 'requests' => $requests];
    }

    private function response(int $status, string $body): ResponseInterface
    {
        $stream = $this->createMock(StreamInterface::class);
        $stream->method('eof')->willReturnOnConsecutiveCalls($body === '', true);
        $stream->method('read')->willReturn($body);
        $response = $this->createMock(ResponseInterface::class);
        $response->method('getStatusCode')->willReturn($status);
        $response->method('getHeaders')->willReturn(['ETag' => ['"x"']]);
        $response->method('getBody')->willReturn($stream);
        return $response;
    }
}
