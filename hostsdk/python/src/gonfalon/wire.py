"""What goes over the network: requests to the control plane, and the frames of its stream."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import quote

import httpx
from httpx_sse import EventSource, ServerSentEvent

from .abi import MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT, SnapshotInfo
from .secret import Secret

SILENCE = 45.0  # seconds without a byte, three heartbeats, are a lost connection
TIMEOUT = 10.0  # seconds for anything else that the network can keep waiting, and for a whole report
PATIENCE = 32.0  # seconds for a whole snapshot: 32 MiB at 1 MiB a second
EVENT_CHARACTERS = MAX_SNAPSHOT_BYTES * 4 // 3 + 4096  # the largest snapshot in base64, and its field names
USAGE_FLAGS = 1000  # a request
FORMATS = {"formats": str(SNAPSHOT_FORMAT)}  # so that a newer server writes what this SDK reads
SUPERSEDES = "X-Gonfalon-Supersedes"  # the position of what serves here, if the server is sure that it never had it
REDIRECTS = 5
EVENT_LINES = 1000  # of one event: ours have three
RETRY_AFTER = 300.0  # seconds: a server can't send its clients away for longer


class WireError(Exception):
    """The server answered, but not with what was asked for. ``status`` is HTTP's."""

    def __init__(self, message: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def refusal(self) -> bool:
        """Whether the token or the environment is at fault. It is tried again, but rarely."""
        return self.status in (401, 403, 404)

    @property
    def final(self) -> bool:
        """Whether the server means it: asking again at once would have the same answer."""
        return 400 <= self.status < 500 and self.status not in (408, 425, 429)


class UnreadableError(WireError):
    """The server sends what can't be read."""

    final = True


class Wire:
    """One environment of one server."""

    def __init__(self, endpoint: str, token: Secret, environment: str, tls: ssl.SSLContext | None, agent: str) -> None:
        self.token = token
        url = httpx.URL(endpoint)
        self._http = httpx.AsyncClient(
            base_url=url.copy_with(path=url.path.rstrip("/") + f"/v1/envs/{quote(environment, safe='')}/"),
            headers={"Authorization": f"Bearer {token.reveal()}", "User-Agent": agent, "Accept-Encoding": "gzip"},
            timeout=TIMEOUT,
            verify=tls if tls is not None else True,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def snapshot(self, known: SnapshotInfo | None) -> tuple[bytes | None, str | None]:
        """The current snapshot, or None if it is the one that is known; and the position that it supersedes, if any."""
        headers = {"If-None-Match": f'"{known.id}"', "X-Gonfalon-Position": known.position} if known else {}
        async with asyncio.timeout(PATIENCE), self._asking("GET", "snapshot", headers, params=FORMATS) as response:
            supersedes = response.headers.get(SUPERSEDES)
            if response.status_code == httpx.codes.NOT_MODIFIED and known:
                return None, supersedes
            await _check(response)
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_SNAPSHOT_BYTES:
                    raise UnreadableError(f"a snapshot of more than {MAX_SNAPSHOT_BYTES} bytes")
            return bytes(data), supersedes

    @asynccontextmanager
    async def stream(self, position: str | None) -> AsyncIterator[tuple[AsyncIterator[ServerSentEvent], str | None]]:
        """The events from position on, or from a snapshot on; and the position that the first snapshot supersedes, if any."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", "Accept-Encoding": "identity"}
        if position:
            headers["Last-Event-ID"] = position
        timeout = httpx.Timeout(TIMEOUT, read=SILENCE)
        async with (
            asyncio.timeout(SILENCE) as opening,
            self._asking("GET", "stream", headers, params=FORMATS, timeout=timeout) as response,
        ):
            await _check(response)
            kind = response.headers.get("content-type", "of no type")
            if kind.split(";")[0].strip().lower() != "text/event-stream":
                raise UnreadableError(f"the stream is {kind}, not text/event-stream")
            response.encoding = "utf-8"  # as every stream of events is, whatever its type says
            opening.reschedule(None)
            yield _events(response), response.headers.get(SUPERSEDES)

    async def usage(self, counts: dict[str, list[int]], host: dict[str, Any] | None) -> None:
        """Reports at most USAGE_FLAGS flags: key → [count, Unix microseconds of the last evaluation, how often it was on], and
        the host; without one, only what older servers know."""
        flags: dict[str, dict[str, Any]] = {}
        for key, (count, last, on) in counts.items():
            flags[key] = {"count": count, "last": datetime.fromtimestamp(last / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
            if host is not None:
                flags[key]["on"] = on
        report = {"flags": flags} if host is None else {"flags": flags, "host": host}
        async with asyncio.timeout(TIMEOUT), self._asking("POST", "usage", {}, json=report) as response:
            await _check(response)

    @asynccontextmanager
    async def _asking(self, method: str, path: str, headers: dict[str, str], **more: Any) -> AsyncIterator[httpx.Response]:
        """The answer to a request, whose body is still to be read. Redirects are followed within the endpoint's origin only: the
        token goes along."""
        timeout = more.pop("timeout", TIMEOUT)
        request = self._http.build_request(method, path, headers=headers, timeout=timeout, **more)
        for _ in range(REDIRECTS + 1):
            response = await self._http.send(request, stream=True)
            try:
                following = response.next_request
                if following is None:
                    _check_encoding(response)
                    yield response
                    return
                if _origin(following.url) != _origin(self._http.base_url):
                    raise WireError(
                        f"{response.status_code} redirects to {_origin(following.url)}, another origin", response.status_code
                    )
                request = following
            finally:
                await response.aclose()
        raise WireError(f"more than {REDIRECTS} redirects")


def frame_bytes(event: ServerSentEvent) -> bytes:
    """The bytes that an event carries."""
    try:
        return base64.b64decode(event.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(f"a {event.event} that isn't base64: {error}") from error


async def _events(response: httpx.Response) -> AsyncIterator[ServerSentEvent]:
    bounded = _Bounded(response)
    async for event in EventSource(cast(httpx.Response, bounded)).aiter_sse():
        bounded.reset()
        yield event


class _Bounded:
    """A response whose events are no longer than a snapshot can be, so that no server can fill the memory."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.headers = {"content-type": "text/event-stream"}  # it is one, however its type is written
        self.reset()

    def reset(self) -> None:
        self._characters, self._lines = EVENT_CHARACTERS, EVENT_LINES

    async def aiter_text(self) -> AsyncIterator[str]:
        async for text in self._response.aiter_text():
            for line in text.splitlines(keepends=True) if _ends(text) > 1 else (text,):  # events end between lines
                self._characters -= len(line)
                self._lines -= _ends(line)
                if self._characters < 0 or self._lines < 0:
                    raise UnreadableError(f"an event of more than {EVENT_CHARACTERS} characters or {EVENT_LINES} lines")
                yield line


def _ends(text: str) -> int:
    """How many lines end in a text, of those that end in two signs twice."""
    return text.count("\n") + text.count("\r")


def _origin(url: httpx.URL) -> str:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{url.host}:{port}"


def _check_encoding(response: httpx.Response) -> None:
    """Refuses what was packed in another way than asked for. Of a body that is packed twice, a few bytes fill the memory."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("identity", "gzip"):
        raise UnreadableError(f"an answer in the encoding {encoding}, not in gzip")


async def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > 4096:
            break
    what = _title(body) or response.reason_phrase
    raise WireError(f"{response.status_code} {what}", response.status_code, _retry_after(response))


def _title(body: bytes) -> str:
    """What a problem document says."""
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    return ": ".join(str(document[name]) for name in ("title", "detail") if document.get(name))


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    if response.status_code not in (429, 503) or not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER)
