"""The address of a server, checked before anything is asked there."""

from __future__ import annotations

import re

_URL = re.compile(r"(?i:https?)://([^/?#]*)[^?#]*")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(.*))?")
_PORT = re.compile(r"[0-9]{1,5}")


def check(endpoint: str) -> str:
    """Returns the endpoint. Raises ValueError if it can't be one; the words are every SDK's, and don't repeat it, since it may
    have a secret in it. The cases are in hostsdk/testdata/endpoints.json."""
    if not all("!" <= character <= "~" and character != "\\" for character in endpoint):
        raise ValueError("the endpoint has a character that no URL has")
    url = _URL.match(endpoint)
    if url is None:
        raise ValueError("the endpoint is not an http or https URL")
    if "@" in url[1]:
        raise ValueError("the endpoint has a user in it")
    if url.end() < len(endpoint):
        raise ValueError("the endpoint has a query or a fragment")
    authority = _AUTHORITY.fullmatch(url[1])
    if authority is None:
        raise ValueError("the endpoint has no host")
    port = authority[2]
    if port is not None and not (_PORT.fullmatch(port) and 1 <= int(port) <= 65535):
        raise ValueError("the endpoint has a port that is not in 1 to 65535")
    return endpoint


def check_environment(key: str) -> None:
    """Raises ValueError if an environment's key would lead a request to another path. What else is no key is escaped."""
    if key in ("", ".", ".."):
        raise ValueError(f'no environment has the key "{key}"')
