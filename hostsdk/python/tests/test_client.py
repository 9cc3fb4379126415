"""A client's life: what it starts with, what it keeps and reports, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from fake import FakeServer
from flagset import DATA, frame, position, snapshot
from gonfalon import Context, Gonfalon, LoadError, State
from gonfalon.admin import Admin
from gonfalon.source import Pace
from watcher import QUICK, Watcher

TWO = snapshot(2, a=False, b=True)


def client(server: FakeServer, **options: Any) -> Gonfalon:
    return Gonfalon(server.url, options.pop("token", "token"), **QUICK, **options)


def test_the_first_question_is_answered_right(server: FakeServer) -> None:
    with client(server) as flags:
        assert flags.enabled("a", actor="user:3", attributes={"plan": "pro"})
        assert not flags.enabled("b", default=True)
        assert flags.state is State.READY
        assert flags.info is not None and flags.info.environment == "default"
        assert flags.keys == ("a", "b")
        assert flags.stats.age is not None and flags.stats.age < 10
    assert flags.enabled("a")  # a closed client goes on answering


def test_a_server_that_is_down_keeps_no_program_from_starting(tmp_path: Path) -> None:
    (tmp_path / "last").write_bytes(TWO)
    with FakeServer(TWO) as gone:
        pass
    with client(gone, last_good=tmp_path / "last", ready_within=60) as flags:  # it answers long before
        assert flags.state is State.STALE
        assert flags.enabled("b")
    with client(gone, ready_within=0.05) as flags:
        assert flags.state is State.NOT_READY
        assert flags.enabled("b", default=True)
        assert not flags.wait_ready(0.01)


def test_the_last_good_snapshot_is_kept(server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "last"
    with client(server, last_good=path) as flags:
        assert path.read_bytes() == server.snapshot
        watcher = Watcher(flags)
        server.publish(TWO)
        watcher.until(lambda: path.read_bytes() == TWO)
    with client(server, last_good=path):
        headers = [server.next_request("/stream") for _ in range(2)]
        assert headers[1]["last-event-id"] == position(TWO)


def test_usage_is_reported_and_kept_until_it_is_delivered(server: FakeServer) -> None:
    with client(server) as flags:
        for _ in range(5):
            flags.enabled("a")
        flags.enabled("missing")
        server.usage_status = 503
        assert not flags.flush()
        flags.variant("b")
        server.usage_status = 204
        assert flags.flush()
        report = server.usage.get(timeout=10)
        assert {key: entry["count"] for key, entry in report.items()} == {"a": 5, "b": 1}
        assert report["a"]["last"].endswith("Z") and report["a"]["last"].startswith("20")
        flags.enabled("b")
    assert server.usage.get(timeout=10)["b"]["count"] == 1  # on close


def test_much_usage_goes_in_several_reports() -> None:
    many = {f"f{i:04}": True for i in range(1001)}
    with FakeServer(snapshot(1, **many)) as server, client(server) as flags:
        flags.decide_all()
        assert flags.flush()
        assert sorted(len(server.usage.get(timeout=10)) for _ in range(2)) == [1, 1000]


def test_a_file_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonfalon.source.FileSource.INTERVAL", 0.01)
    path = tmp_path / "flags.snapshot"
    path.write_bytes(snapshot(1, a=True, b=False))
    with Gonfalon(file=path, **QUICK) as flags:
        watcher = Watcher(flags)
        assert flags.state is State.READY and flags.enabled("a")
        (tmp_path / "new").write_bytes(TWO)
        (tmp_path / "new").replace(path)
        watcher.until(lambda: flags.enabled("b"))
        path.unlink()
        watcher.until(lambda: flags.state is State.STALE)
        assert flags.enabled("b")


def test_a_file_that_may_not_be_read_is_read_as_soon_as_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_be_read = threading.Event()

    def read(path: Path) -> bytes:
        if not may_be_read.is_set():
            raise PermissionError("it is somebody else's")
        return path.read_bytes()

    monkeypatch.setattr("gonfalon.source.FileSource.INTERVAL", 0.01)
    monkeypatch.setattr("gonfalon.source.read_file", read)
    path = tmp_path / "flags.snapshot"
    path.write_bytes(snapshot(1, a=True))
    with Gonfalon(file=path, **QUICK) as flags:
        watcher = Watcher(flags)
        assert flags.state is State.NOT_READY
        may_be_read.set()
        watcher.until(lambda: flags.enabled("a"))


def test_a_bootstrap_alone_is_enough() -> None:
    for bootstrap in (DATA / "flags.snapshot", (DATA / "flags.snapshot").read_bytes()):
        with Gonfalon(bootstrap=bootstrap) as flags:
            assert flags.state is State.READY
            assert flags.enabled("rule", "user:3", attributes={"plan": "pro"})
            assert flags.payload_object("hero", "user:3", default={})["hex"].startswith("#")
            assert flags.payload_int("integer", "user:3", default=1) == 10
            assert flags.payload_float("integer", "user:3", default=1.5) == 10.0
            assert flags.payload_str("integer", "user:3", default="no") == "no"
            assert flags.payload_bool("integer", "user:3", default=True)
            assert flags.payload_int("integer", default=1) == 1  # nobody to serve a variant to
            assert flags.variant("hero", Context("user:3"), default="none") in ("blue", "green")
            assert not flags.enabled("killed", default=True)
            assert not flags.enabled("missing", default=True)
            assert flags.stats.unknown == 1
            assert flags.explain("rule").steps


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        ({}, ValueError, "nothing to take flags from"),
        ({"endpoint": "http://x"}, ValueError, "token"),
        ({"endpoint": "ftp://x", "token": "t"}, ValueError, "http"),
        ({"endpoint": "http://x", "token": "t", "file": "f"}, ValueError, "two sources"),
        ({"endpoint": "http://x", "token": "t", "poll": 0}, ValueError, "poll"),
        ({"bootstrap": b"nonsense"}, LoadError, "code"),
        ({"bootstrap": "/does/not/exist"}, FileNotFoundError, "exist"),
    ],
)
def test_what_can_not_work_is_said_at_once(
    arguments: dict[str, Any], error: type[Exception], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GONFALON_ENDPOINT", "GONFALON_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(error, match=what):
        Gonfalon(**arguments)


@pytest.mark.parametrize("token", ["gfn_secret\n", "gfn_secret\r\nX: y", "gfn_secret\0", "gfn secret", "gfn_secrét"])
def test_a_token_that_is_none_is_refused_and_not_shown(token: str) -> None:
    for make in (lambda: Gonfalon("http://127.0.0.1:1", token), lambda: Admin("http://127.0.0.1:1", token)):
        with pytest.raises(ValueError, match="characters that no token has") as refused:
            make()
        assert "secr" not in str(refused.value)


def test_endpoint_and_token_come_from_the_environment(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONFALON_ENDPOINT", server.url)
    monkeypatch.setenv("GONFALON_TOKEN", "token")
    with Gonfalon() as flags:
        assert flags.enabled("a")


def test_questions_are_answered_while_snapshots_change(server: FakeServer) -> None:
    wrong: list[object] = []
    stop = threading.Event()
    with client(server) as flags:

        def ask() -> None:
            while not stop.is_set():
                decisions = flags.decide_all("user:3")
                if decisions[0].enabled == decisions[1].enabled or len({d.revision for d in decisions}) != 1:
                    wrong.append(decisions)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        watcher = Watcher(flags)
        for revision in range(2, 30):
            server.publish(snapshot(revision, a=revision % 2 == 0, b=revision % 2 == 1))
        watcher.until(lambda: flags.info is not None and flags.info.revision == 29)
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_follows_the_source_by_itself(server: FakeServer) -> None:
    with client(server) as flags:
        server.next_request("/stream")
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                Watcher(flags).until(lambda: flags.enabled("b"))
                flags.close()
                os.write(write, b"followed")
            finally:
                os._exit(0)
        assert server.next_request("/stream")["last-event-id"] == position(server.snapshot)
        watcher = Watcher(flags)
        server.publish(TWO)
        watcher.until(lambda: flags.enabled("b"))
        os.close(write)
        os.waitpid(child, 0)
        assert os.read(read, 100) == b"followed"
        os.close(read)


def test_closing_twice_and_from_a_listener_is_fine(server: FakeServer) -> None:
    flags = client(server)
    flags.subscribe(lambda _: flags.close())
    thread = flags._thread
    server.publish(TWO)
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive()
    flags.close()


def test_closing_waits_for_no_name_that_is_being_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[Any]:
        asked.set()
        answer.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    flags = Gonfalon("http://flags.example", "token", ready_within=0, pace=Pace(farewell=0.1))
    assert asked.wait(10)
    flags.close()
    assert not answer.is_set() and flags._thread is not None and flags._thread.is_alive()
    answer.set()
    flags._thread.join(10)
    assert not flags._thread.is_alive()


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, KeyboardInterrupt, GeneratorExit, RuntimeError])
def test_what_a_listener_raises_ends_no_following(server: FakeServer, error: type[BaseException]) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)

        def raises(_: object) -> None:
            raise error

        flags.subscribe(raises)
        server.await_stream()
        server.publish(TWO)
        watcher.until(lambda: flags.enabled("b"))
        server.publish(snapshot(3, c=True))
        watcher.until(lambda: flags.enabled("c"))


def test_what_a_log_raises_ends_no_following(server: FakeServer) -> None:
    class Broken(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            raise RuntimeError("the log")

    log, handler = logging.getLogger("gonfalon"), Broken()
    log.addHandler(handler)
    try:
        with client(server) as flags:
            server.await_stream()
            assert not flags.enabled("unknown to the log")
            assert flags.decide_all(keys=["another"])[0].reason == "UNKNOWN_FLAG"
            server.send(frame("snapshot", b"what no engine loads", ""))
            server.publish(TWO)
            Watcher(flags).until(lambda: flags.enabled("b"))
    finally:
        log.removeHandler(handler)


@pytest.mark.parametrize("time", [math.inf, 1e300, 10**400])
@pytest.mark.parametrize("option", ["poll", "ready_within", "ttl", "grace", "pace"])
def test_times_may_be_as_long_as_can_be(server: FakeServer, option: str, time: float) -> None:
    options: dict[str, Any] = {"poll": 60, "pace": Pace(usage=3600), option: time if option != "pace" else Pace(usage=time)}
    with Gonfalon(server.url, "token", **options) as flags:
        assert flags.wait_ready(time)
        assert flags.wait_for(1, time)
        assert flags.flush(time)
        threading.Event().wait(0.02)
        assert (flags.state, flags.stats.lost, flags.enabled("a")) == (State.READY, 0, True)


@pytest.mark.parametrize("time", [math.nan, 0, -1])
def test_times_that_are_none(time: float) -> None:
    for make in (
        lambda: Gonfalon("http://x", "t", poll=time),
        lambda: Pace(usage=time),
        lambda: Gonfalon("http://x", "t", ttl=math.nan),
        lambda: Gonfalon("http://x", "t", grace=math.nan),
        lambda: Gonfalon("http://x", "t", ready_within=math.nan),
    ):
        with pytest.raises(ValueError, match="seconds"):
            make()
