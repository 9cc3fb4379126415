"""What a client makes of a server's redirects, limits and wishes."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fake import HEARTBEAT, FakeServer
from flagset import frame, position, snapshot
from gonfalon import AsyncGonfalon, Gonfalon, State
from gonfalon.source import Backoff, Pace
from watcher import QUICK, Watcher

ONE, TWO = snapshot(1, a=True), snapshot(2, a=False)


class Redirecting(FakeServer):
    """Sends everything below /old to another address."""

    target = ""

    def _moved(self, request: BaseHTTPRequestHandler) -> bool:
        if not request.path.startswith("/old"):
            return False
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.requests.put((request.path, {}))
        self._answer(request, 307, b"", {"Location": self.target + request.path.removeprefix("/old")})
        return body is not None

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        if not self._moved(request):
            super()._get(request)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        if not self._moved(request):
            super()._post(request)


@pytest.mark.parametrize("poll", [None, 0.01])
def test_a_redirect_within_the_origin_is_followed(poll: float | None) -> None:
    with Redirecting(ONE) as server, Gonfalon(server.url + "/old", "token", poll=poll, **QUICK) as flags:
        assert flags.state is State.READY and flags.enabled("a")
        assert flags.flush()
        assert server.usage.get(timeout=10)["a"]["count"] == 1


@pytest.mark.parametrize("poll", [None, 0.01])
def test_a_redirect_to_another_origin_is_not_followed(poll: float | None) -> None:
    with Redirecting(ONE) as server, FakeServer(ONE) as other:
        server.target = other.url
        with Gonfalon(server.url + "/old", "token", poll=poll, ready_within=0, **QUICK) as flags:
            watcher = Watcher(flags)
            watcher.until(lambda: other.url in str(flags.stats.last_error))
            assert not flags.flush() or not flags.stats.info
        assert other.requests.empty() and other.usage.empty()


def test_redirects_have_an_end() -> None:
    with FakeServer(ONE) as server:
        server.status, server.headers = 307, {"Location": "again"}
        with Gonfalon(server.url, "token", ready_within=0, **QUICK) as flags:
            Watcher(flags).until(lambda: "redirects" in str(flags.stats.last_error))


@pytest.mark.parametrize("line", [b"data: x\n", b"data: x\r", b"data: x\r\n", b"id: 1\n", b": x\n"])
def test_an_event_without_an_end_is_given_up(server: FakeServer, line: bytes) -> None:
    with Gonfalon(server.url, "token", **QUICK) as flags:
        watcher = Watcher(flags)
        server.await_stream()
        server.send(line * 2000)
        watcher.until(lambda: flags.stats.lost > 0)
        server.await_stream()
        server.publish(snapshot(2, a=False, b=True))
        watcher.until(lambda: flags.enabled("b"))


def test_many_small_events_are_fine(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", **QUICK) as flags:
        watcher = Watcher(flags)
        server.await_stream()
        server.send(HEARTBEAT * 5000)
        server.publish(snapshot(2, a=False, b=True))
        watcher.until(lambda: flags.enabled("b"))
        assert flags.stats.lost == 0


def test_an_endless_answer_to_a_report_is_not_read(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def post(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(200)
        request.send_header("Content-Length", str(1 << 40))
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65536)
        except OSError:
            ended.set()

    monkeypatch.setattr(server, "_post", post)
    with Gonfalon(server.url, "token", **QUICK) as flags:
        assert flags.enabled("a")
        assert flags.flush()
    assert ended.wait(10)


def test_a_server_says_when_it_wants_its_hosts_back(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", grace=60, pace=Pace(backoff=0.01, longest=0.02)) as flags:
        server.await_stream()
        server.send(b"retry: 1200\n\n" + HEARTBEAT)
        cut = time.monotonic()
        server.cut()
        server.await_stream()
        assert time.monotonic() - cut > 1.1
        assert flags.stats.lost == 1


@pytest.mark.parametrize(
    ("wish", "least", "most"), [("0", 0.25, 0.75), ("1", 0.25, 0.75), ("2000", 2, 2.2), ("99999999", 300, 330)]
)
def test_what_a_server_wants_is_bounded(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, wish: str, least: float, most: float
) -> None:
    pauses: queue.Queue[float] = queue.Queue()
    delay = Backoff.delay

    def note(self: Backoff, error: Exception, asked: float | None = None) -> float:
        pauses.put(delay(self, error, asked))
        return 3600

    monkeypatch.setattr(Backoff, "delay", note)
    with Gonfalon(server.url, "token", grace=60):
        server.await_stream()
        server.send(b"retry: " + wish.encode() + b"\n\n" + HEARTBEAT)
        server.cut()
        assert least <= pauses.get(timeout=10) <= most


def test_a_wish_alone_is_nothing_delivered(server: FakeServer) -> None:
    server.greets, server.snapshot = False, b""
    with Gonfalon(server.url, "token", ready_within=0, **QUICK) as flags:
        server.await_stream()
        server.send(b"retry: 60000\n\n")
        server.cut()
        server.await_stream()
        assert flags.state is State.NOT_READY


def test_a_refused_token_is_known_at_once_and_said_once(server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    server.status = 401
    with caplog.at_level(logging.WARNING, "gonfalon"), Gonfalon(server.url, "token", ready_within=30, **QUICK) as flags:
        assert flags.state is State.ERROR
        assert "no flags within" not in caplog.text  # it did not wait for them
        Watcher(flags).until(lambda: flags.stats.lost > 3)
    assert caplog.text.count("source failed: 401") == 1


def test_a_proxy_that_can_not_be_used_is_an_error_of_construction(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(ValueError, match="socks"):
        Gonfalon(server.url, "token")

    async def program() -> None:
        with pytest.raises(ValueError, match="socks"):
            await AsyncGonfalon(server.url, "token").start()

    asyncio.run(program())


def test_whoever_has_what_the_server_never_had_gets_the_kill(tmp_path: Path) -> None:
    forged = tmp_path / "last"
    forged.write_bytes(snapshot(900, a=True))
    with FakeServer(TWO) as server:
        server.supersedes = True
        with Gonfalon(server.url, "token", last_good=forged, **QUICK) as flags:
            Watcher(flags).until(lambda: not flags.enabled("a"))
            assert flags.info is not None and flags.info.revision == 2
        assert server.next_request("/stream")["last-event-id"] == position(snapshot(900, a=True))
        assert forged.read_bytes() == TWO


def test_a_lower_revision_is_taken_only_where_the_server_is_sure(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", bootstrap=snapshot(900, a=True), **QUICK) as flags:
        watcher = Watcher(flags)
        watcher.until(lambda: flags.stats.refused > 0)
        server.send(frame("snapshot", TWO, position(TWO)))
        watcher.until(lambda: flags.stats.refused > 1)
        assert flags.enabled("a")


def test_a_program_waits_for_what_it_wrote(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", **QUICK) as flags:
        assert flags.wait_for(1, 0) and not flags.wait_for(2, 0.01)
        server.await_stream()
        later = threading.Thread(target=server.publish, args=[TWO])
        later.start()
        assert flags.wait_for(2, 10) and not flags.enabled("a")
        later.join()


def test_closing_ends_all_waiting(server: FakeServer) -> None:
    flags = Gonfalon(server.url, "token", **QUICK)
    answers: list[Any] = []
    waiting = [threading.Thread(target=lambda: answers.append(flags.wait_for(99)))]
    server.close()
    Watcher(flags).until(lambda: flags.state is State.STALE)
    waiting.append(threading.Thread(target=lambda: answers.append(flags.wait_ready())))
    for thread in waiting:
        thread.start()
    time.sleep(0.05)  # so that they wait; the test holds without it, too
    flags.close()
    for thread in waiting:
        thread.join(10)
    assert answers == [False, False]


def test_waiting_in_asyncio(server: FakeServer) -> None:
    async def program() -> None:
        flags = await AsyncGonfalon(server.url, "token", **QUICK).start()
        assert await flags.wait_for(1, 0) and not await flags.wait_for(2, 0.01)
        await asyncio.to_thread(server.await_stream)
        waiting = asyncio.create_task(flags.wait_for(2))
        server.publish(TWO)
        assert await asyncio.wait_for(waiting, 10)
        waiting = asyncio.create_task(flags.wait_for(3))
        await asyncio.sleep(0)
        await flags.close()
        assert not await asyncio.wait_for(waiting, 10)

    asyncio.run(program())
