<?php

declare(strict_types=1);

namespace Gonfalon\Net;

/**
 * The address of a server, checked before anything is asked there. The words are every SDK's, and don't repeat the address, since it may
 * have a secret in it. The cases are in hostsdk/testdata/endpoints.json.
 */
final class Endpoint
{
    /** Says what is wrong with an endpoint; null if nothing is. */
    public static function trouble(string $endpoint): ?string
    {
        $wrong = match (true) {
            preg_match('/^[!-\[\]-~]*$/D', $endpoint) !== 1 => 'has a character that no URL has',
            preg_match('~^https?://([^/?#]*)[^?#]*(.*)$~iD', $endpoint, $url) !== 1 => 'is not an http or https URL',
            str_contains($url[1], '@') => 'has a user in it',
            $url[2] !== '' => 'has a query or a fragment',
            preg_match('/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:.*)?$/D', $url[1], $authority) !== 1 => 'has no host',
            !self::isPort($authority[1] ?? null) => 'has a port that is not in 1 to 65535',
            default => parse_url($endpoint) === false ? 'has no host' : null,
        };
        return $wrong === null ? null : "the endpoint $wrong";
    }

    /** Says what is wrong with an environment's key that would lead a request to another path; null if nothing is. */
    public static function environmentTrouble(string $key): ?string
    {
        return in_array($key, ['', '.', '..'], true) ? "no environment has the key \"$key\"" : null;
    }

    private static function isPort(?string $text): bool
    {
        return $text === null || preg_match('/^:([0-9]{1,5})$/D', $text, $port) === 1 && $port[1] >= 1 && $port[1] <= 65535;
    }
}
