from __future__ import annotations

import logging
import os
import threading
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from fake import HEARTBEAT, FakeServer
from flagset import DATA, OTHER_LINEAGE, delta, frame, identity, position, snapshot
from gonfalon import Context, ContextError, FlagsChanged, Gonfalon, LoadError, Reason, State, StateChanged
from gonfalon.abi import ModuleTrap
from gonfalon.admin import Admin
from gonfalon.resolution import resolve
from gonfalon.secret import Secret
from gonfalon.source import Backoff, Pace
from gonfalon.testing import FlagForTest, FlagsForTest, compile_for_test
from gonfalon.wire import WireError
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


def test_a_change_arrives_as_a_delta(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.publish(TWO)
        watcher.until(lambda: flags.enabled("b"))
        assert not flags.enabled("a")
        assert [event.flags for event in watcher.events if isinstance(event, FlagsChanged)] == [{"a", "b"}]
        assert flags.stats.refused == 0
        server.next_request("/stream")
        assert server.requests.empty()  # it was spliced, not fetched


def test_a_stream_is_resumed_where_it_was(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        assert "last-event-id" not in server.next_request("/stream")
        server.publish(TWO)
        watcher.until(lambda: flags.enabled("b"))
        server.cut()
        assert server.next_request("/stream")["last-event-id"] == position(TWO)
        server.publish(snapshot(3, a=True, b=True))
        watcher.until(lambda: flags.enabled("a"))


def test_a_server_that_dies_leaves_flags_and_comes_back(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.close()
        watcher.until(lambda: flags.state is State.STALE)
        assert flags.enabled("a")
        with FakeServer(TWO, server.port) as again:
            watcher.until(lambda: flags.state is State.READY and flags.enabled("b"))
            assert again.next_request("/stream")["last-event-id"] == position(server.snapshot)
        states = [event.state for event in watcher.events if isinstance(event, StateChanged)]
        assert states[:2] == [State.STALE, State.READY]


@pytest.mark.parametrize(
    "event",
    [
        b"event: snapshot\ndata: !!!\n\n",
        b"event: snapshot\ndata: AAAA\n\n",
        b"event: delta\ndata: \n\n",
        frame("snapshot", TWO[:-1], "0-2"),
        frame("delta", delta(TWO, snapshot(3, a=True)), "0-3"),
        frame("snapshot", snapshot(0, a=False), "0-0"),
        frame("snapshot", snapshot(5, environment="other", a=False), "0-5"),
        b"event: snapshot\nid: \xff\xfe\ndata: \xff\xfe\n\n",
    ],
    ids=["no base64", "no snapshot", "empty delta", "cut", "wrong base", "lower", "other environment", "no text"],
)
def test_a_broken_frame_changes_nothing_and_the_next_good_one_is_taken(server: FakeServer, event: bytes) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.send(event)
        watcher.until(lambda: flags.stats.refused == 1)
        assert flags.enabled("a") and not flags.enabled("b")
        assert flags.state is State.READY
        server.publish(TWO, whole=True)
        watcher.until(lambda: flags.enabled("b"))


def test_a_delta_for_another_base_fetches_the_snapshot(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        three = snapshot(3, a=False, b=True)
        server.snapshot = three
        server.send(frame("delta", delta(TWO, three), position(three)))
        watcher.until(lambda: flags.enabled("b"))
        assert flags.stats.refused == 1
        assert server.next_request("/snapshot")["if-none-match"] == f'"{identity(snapshot(1, a=True, b=False))}"'


def test_events_of_a_newer_server_are_passed_over(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.send(b": comment\n\nevent: news\ndata: x\n\nretry: 5\n\n" + HEARTBEAT)
        server.publish(TWO)
        watcher.until(lambda: flags.enabled("b"))
        assert flags.stats.refused == 0


def test_another_lineage_is_taken_whatever_its_revision(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.publish(snapshot(9, a=True, b=True), whole=True)
        watcher.until(lambda: flags.enabled("b"))
        server.publish(snapshot(1, OTHER_LINEAGE, b=False), whole=True)
        watcher.until(lambda: not flags.enabled("b"))


def test_polling_asks_with_the_etag(server: FakeServer) -> None:
    with client(server, poll=0.01) as flags:
        watcher = Watcher(flags)
        assert flags.enabled("a")
        assert "if-none-match" not in server.next_request("/snapshot")
        assert server.next_request("/snapshot")["if-none-match"] == f'"{identity(server.snapshot)}"'
        server.snapshot = TWO
        watcher.until(lambda: flags.enabled("b"))
        server.status = 500
        watcher.until(lambda: flags.state is State.STALE)
        server.status = 200
        watcher.until(lambda: flags.state is State.READY)


def test_where_no_stream_gets_through_the_snapshot_is_polled(server: FakeServer) -> None:
    server.streams_status = 502
    with client(server) as flags:
        watcher = Watcher(flags)
        assert flags.enabled("a")
        server.snapshot = TWO
        watcher.until(lambda: flags.enabled("b"))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_an_error_until_the_token_is_made(server: FakeServer, status: int, caplog: pytest.LogCaptureFixture) -> None:
    server.status = status
    with client(server, ready_within=0) as flags:
        watcher = Watcher(flags)
        watcher.until(lambda: flags.state is State.ERROR)
        assert str(status) in str(flags.stats.last_error) and "No" in str(flags.stats.last_error)
        assert flags.enabled("a", default=True) and not flags.enabled("a")
        assert flags.variant("a", default="control") == "control"
        assert flags.decide("a").reason is Reason.NOT_READY
        assert flags.decide_all("user:3") == []
        assert [d.key for d in flags.decide_all("user:3", keys=["a"])] == ["a"]
        explanation = flags.explain("a")
        assert explanation.decision.reason is Reason.NOT_READY and not explanation.steps
        assert str(explanation) == "a · default · nothing loaded · off · NOT_READY"
        server.status = 200
        watcher.until(lambda: flags.state is State.READY)
        assert flags.enabled("a")
    assert "token" not in caplog.text.replace("token_", "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_no_refusal(server: FakeServer, status: int) -> None:
    server.status = status
    with client(server, ready_within=0) as flags:
        for _ in range(3):
            server.next_request("/stream")
        assert flags.state is State.NOT_READY
        server.status = 200
        assert flags.wait_ready(10)


def test_the_ttl_is_an_event(server: FakeServer) -> None:
    with client(server, ttl=0.05) as flags:
        watcher = Watcher(flags)
        watcher.until(lambda: any(isinstance(e, StateChanged) and e.state is State.STALE for e in watcher.events))
        assert flags.enabled("a")
        server.send(HEARTBEAT)
        watcher.until(lambda: any(isinstance(e, StateChanged) and e.state is State.READY for e in watcher.events))


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


@pytest.mark.parametrize("actor", [object(), 5.5, True])
def test_who_is_nobody_is_counted_and_logged_once(actor: Any, caplog: pytest.LogCaptureFixture) -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(on=True), "b": FlagForTest(on=True, actors={"user:1": False})}))
    with caplog.at_level(logging.WARNING, "gonfalon"):
        assert flags.enabled("b", actor)
        assert flags.enabled("b", actor)
    assert caplog.text.count(type(actor).__name__) == 1
    assert flags.stats.unreadable == 2
    assert flags.enabled("a", actor)  # nobody's context matters for it
    assert flags.enabled("b", actor, groups=[5, 6]) and flags.stats.unreadable == 3  # a decision is counted once
    prepared = Context(actor)
    flags.enabled("b", prepared)
    flags.decide_all(prepared, keys=["b", "b", "b"])
    flags.explain("b", prepared)
    assert flags.stats.unreadable == 8  # each decision is counted


def test_what_cannot_be_known_gives_the_default() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"b": FlagForTest(on=True, groups={"staff": False})}))

    def who_knows(name: str) -> bool:
        raise RuntimeError(name)

    assert not flags.enabled("b", "user:1", groups=who_knows)
    assert flags.enabled("b", "user:1", groups=who_knows, default=True)
    assert isinstance(flags.decide("b", "user:1", groups=who_knows).error, ContextError)
    assert [type(d.error) for d in flags.decide_all("user:1", groups=who_knows)] == [ContextError]
    assert not flags.enabled("b", 5.5, groups=who_knows)
    assert (flags.stats.unreadable, flags.stats.broken) == (5, 0)  # a decision is counted once, and the engine is well


def test_an_unknown_flag_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(on=True)}))
    with caplog.at_level(logging.WARNING, "gonfalon"):
        for key in ("nope", "nope", "no\x1bpe"):
            assert not flags.enabled(key, default=True)
            assert not flags.decide(key).known
            flags.explain(key)
    assert caplog.text.count("'nope'") == 1
    assert "\x1b" not in caplog.text
    assert flags.stats.unknown == 9


def test_an_absurd_question_never_raises() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"b": FlagForTest(on=True, actors={"user:1": False})}))
    for odd in (None, 5, object(), [], {}, b"x", float("nan"), lambda: 1):
        wrong: Any = odd
        flags.enabled(wrong)
        flags.enabled("b", wrong, groups=wrong, attributes=wrong)
        flags.decide(wrong, wrong, groups=wrong, attributes=wrong)
        flags.decide_all(wrong, keys=wrong if isinstance(wrong, list) else None, groups=wrong, attributes=wrong)
        flags.explain(wrong, wrong)
        flags.payload_int("b", wrong, default=1, attributes=wrong)
    assert not flags.enabled(5)  # type: ignore[arg-type]
    assert flags.stats.broken > 0


@pytest.mark.parametrize("loaded", [True, False])
def test_absurd_keys_of_many_flags_raise_nothing(loaded: bool) -> None:
    flags = FlagsForTest()
    if not loaded:
        flags.unload()
    for wrong in (5, object(), range(2), ["b", [], None]):
        assert all(not d.enabled for d in flags.decide_all("user:1", keys=wrong))  # type: ignore[arg-type]


def test_keys_without_an_end_are_no_flags() -> None:
    assert FlagsForTest().decide_all("user:1", keys=repeat("a")) == []  # type: ignore[arg-type]


def test_an_engine_that_fails_is_a_general_error_and_raises_nothing() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(actors={"user:1": True})}))
    engine = flags._store.engine
    assert engine is not None

    def fail(_: bytes) -> Any:
        raise ModuleTrap("out of memory")

    engine._instance, engine._make = None, fail
    assert flags.enabled("a", "user:1", default=True)
    assert flags.keys == () and flags.decide_all("user:1") == []
    assert [d.reason for d in flags.decide_all("user:1", keys=["a"])] == [Reason.NOT_READY]
    assert resolve(flags.decide("a", "user:1")).error == "GENERAL"
    assert flags.stats.broken >= 4


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


def test_backoff_doubles_with_jitter_and_keeps_to_what_the_server_asks() -> None:
    lost = OSError()
    low, high = Backoff(Pace(), lambda: 0.0), Backoff(Pace(), lambda: 1.0)
    assert [low.delay(lost) for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert [high.delay(lost) for _ in range(3)] == [0.75, 1.5, 3]
    low.reset()
    assert low.delay(lost) == 0.25
    assert low.delay(WireError("no", 401)) == 15
    assert low.delay(WireError("busy", 503, retry_after=120)) == 120
    assert low.delay(WireError("busy", 503, retry_after=0)) == 2  # no sooner than without
    assert [Backoff(Pace(), lambda: 0.5).delay(lost) for _ in range(1)] == [0.5]
    for _ in range(2000):
        low.delay(lost)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("7", 7, 7), ("999999999999", 300, 300), ("Sat, 22 Nov 2025 10:00:00 GMT", 0, 0), ("soon", None, None)],
)
def test_retry_after(server: FakeServer, value: str, least: float | None, most: float | None) -> None:
    import asyncio

    from gonfalon.wire import Wire

    server.status, server.headers = 503, {"Retry-After": value}

    async def ask() -> WireError:
        wire = Wire(server.url, Secret("token"), "default", None, "test")
        try:
            await wire.snapshot(None)
        except WireError as error:
            return error
        finally:
            await wire.close()
        raise AssertionError("it was answered")

    error = asyncio.run(ask())
    assert error.status == 503
    if least is None or most is None:
        assert error.retry_after is None
    else:
        assert error.retry_after is not None and least <= error.retry_after <= most
