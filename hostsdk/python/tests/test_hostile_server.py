"""What a client makes of a server, or of something in between, that answers with anything at all."""

from __future__ import annotations

import gzip
import itertools
import time
from http.server import BaseHTTPRequestHandler

import pytest

from fake import FakeServer
from flagset import frame, position, snapshot
from gonfalon import Gonfalon, State, wire
from watcher import QUICK, Watcher

ONE = snapshot(1, a=True)


@pytest.mark.parametrize("poll", [None, 0.01])
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (500, {}, b"[" * 4000),
        (500, {}, b'{"title":' * 400),
        (503, {"Retry-After": "²"}, b""),
        (503, {"Retry-After": "Mon, 99 Foo 99999999 99:99:99 -9999"}, b""),
        (500, {"Content-Encoding": "zstd, br, gzip"}, b"no"),
        (500, {"Content-Encoding": "gzip"}, b"no"),
        (302, {"Location": "http://["}, b""),
        (302, {}, b""),
    ],
)
def test_no_answer_ends_following(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, poll: float | None, status: int, headers: dict[str, str], body: bytes
) -> None:
    get = server._get
    asked = itertools.count(1)

    def answer(request: BaseHTTPRequestHandler) -> None:
        if next(asked) > 4:
            get(request)
        else:
            server._answer(request, status, body, headers)

    monkeypatch.setattr(server, "_get", answer)
    with Gonfalon(server.url, "token", poll=poll, ready_within=0, **QUICK) as flags:
        Watcher(flags).until(lambda: flags.state is State.READY)
        assert flags.enabled("a")


@pytest.mark.parametrize("where", ["/snapshot", "/stream"])
def test_nothing_that_is_packed_twice_is_unpacked(server: FakeServer, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    packed = gzip.compress(gzip.compress(ONE if where == "/snapshot" else frame("snapshot", ONE, position(ONE))))

    def answer(request: BaseHTTPRequestHandler) -> None:
        server.requests.put((request.path, {}))
        headers = {"Content-Encoding": "gzip, gzip", "Content-Type": "text/event-stream"}
        server._answer(request, 200, packed, headers)

    monkeypatch.setattr(server, "_get", answer)
    poll = 0.01 if where == "/snapshot" else None
    with Gonfalon(server.url, "token", poll=poll, ready_within=0, **QUICK) as flags:
        Watcher(flags).until(lambda: flags.state is State.ERROR)
        server.next_request(where)
        server.next_request(where)
        assert not flags.enabled("a")
        assert "gzip, gzip" in (flags.stats.last_error or "")


@pytest.mark.parametrize("kind", ["Text/Event-Stream", "text/event-stream; charset=utf-16", "text/event-stream;charset=zlib"])
def test_a_stream_is_read_as_utf_8_whatever_its_type_says(server: FakeServer, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if "/stream" in request.path:
            server._answer(request, 200, frame("snapshot", ONE, position(ONE)), {"Content-Type": kind})
        else:
            server._answer(request, 500, b"")

    monkeypatch.setattr(server, "_get", answer)
    with Gonfalon(server.url, "token", ready_within=10, **QUICK) as flags:
        assert flags.enabled("a")


@pytest.mark.parametrize("poll", [None, 0.01])
@pytest.mark.parametrize("drip", [b"X-More: y\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"\r\nx"])
def test_an_answer_that_never_ends_is_given_up(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, poll: float | None, drip: bytes
) -> None:
    for name in ("SILENCE", "PATIENCE"):
        monkeypatch.setattr(wire, name, 0.3)
    get = server._get
    dripped: set[str] = set()

    def answer(request: BaseHTTPRequestHandler) -> None:
        path = request.path.split("?")[0]
        if path in dripped:
            get(request)
            return
        dripped.add(path)
        start = b"HTTP/1.1 500 No\r\nContent-Length: 4000\r\n" if drip.startswith(b"\r") else b""
        request.wfile.write(start if drip.startswith(b"HTTP") else start or b"HTTP/1.1 200 OK\r\n")
        while True:  # until the client hangs up
            request.wfile.write(drip)
            time.sleep(0.02)

    monkeypatch.setattr(server, "_get", answer)
    with Gonfalon(server.url, "token", poll=poll, ready_within=0, **QUICK) as flags:
        Watcher(flags).until(lambda: flags.state is State.READY)
        assert flags.enabled("a")
