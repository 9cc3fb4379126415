"""How a client follows its server: by stream, by polling, and through what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from fake import HEARTBEAT, FakeServer, held
from flagset import OTHER_LINEAGE, delta, frame, identity, position, snapshot
from gonfalon import FlagsChanged, Gonfalon, Reason, State, StateChanged
from gonfalon.secret import Secret
from gonfalon.source import Backoff, Pace
from gonfalon.wire import WireError
from watcher import QUICK, Watcher

TWO = snapshot(2, a=False, b=True)


def client(server: FakeServer, **options: Any) -> Gonfalon:
    return Gonfalon(server.url, options.pop("token", "token"), **QUICK, **options)


def test_a_change_arrives_as_a_delta(server: FakeServer) -> None:
    with client(server) as flags:
        watcher = Watcher(flags)
        server.publish(TWO)
        assert watcher.next_change().flags == {"a", "b"}
        assert flags.enabled("b") and not flags.enabled("a")
        assert len([event for event in watcher.events if isinstance(event, FlagsChanged)]) == 1
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
        with held(server.port):
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
        watcher.until(lambda: flags.state is State.STALE)  # which may have been told before anybody listened
        assert flags.enabled("a")
        server.send(HEARTBEAT)
        watcher.until(lambda: [e.state for e in watcher.events if isinstance(e, StateChanged)][-2:] == [State.READY, State.STALE])


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
