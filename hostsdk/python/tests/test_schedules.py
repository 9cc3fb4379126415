"""A schedule that opens or closes is a change of the flags that it decides."""

from __future__ import annotations

import asyncio
import threading
import time

from gonfalon import AsyncGonfalon, FlagsChanged, Gonfalon
from gonfalon.changes import Schedules, has_schedules
from gonfalon.schedules import tell_edges
from gonfalon.status import Event, Status
from gonfalon.store import Store
from gonfalon.testing import FlagForTest, compile_for_test
from watcher import Watcher

FOREVER = (1 << 63) - 1
SOON = 1_500_000  # microseconds, in which a busy machine has time to ask


def scheduled(*windows: tuple[int, int], revision: int = 1) -> bytes:
    """A snapshot with one flag a window, f0, f1 …, a child of the first, and a flag that has none."""
    flags = {f"f{i}": FlagForTest(windows=[window]) for i, window in enumerate(windows)}
    return compile_for_test({**flags, "child": FlagForTest(on=True, requires={"f0": True}), "other": FlagForTest()}, revision)


def test_edges_are_read_from_the_records() -> None:
    data = scheduled((10, 20), (-FOREVER - 1, 20), (30, FOREVER))
    schedules = Schedules(data)
    assert [schedules.next(at) for at in (0, 10, 19, 20, 30)] == [10, 20, 20, 30, None]
    assert schedules.passed(9, 10) == {"f0", "child"}
    assert schedules.passed(10, 19) == frozenset()
    assert schedules.passed(10, 20) == {"f0", "child", "f1"}
    assert schedules.passed(0, 99) == {"f0", "child", "f1", "f2"}
    assert has_schedules(data) and not has_schedules(compile_for_test({"a": FlagForTest()}))


def test_whoever_listens_is_told_also_without_a_server() -> None:
    now = time.time_ns() // 1000
    with Gonfalon(bootstrap=scheduled((now + SOON, now + 2 * SOON))) as flags:
        watcher = Watcher(flags)
        assert not flags.enabled("child")
        assert watcher.next_change() == FlagsChanged(frozenset({"f0", "child"}), 1, "0" * 32)
        assert flags.enabled("child")
        assert watcher.next_change().flags == {"f0", "child"}
        assert not flags.enabled("child")


def test_a_client_that_nobody_listens_to_has_no_thread() -> None:
    now = time.time_ns() // 1000
    before = set(threading.enumerate())
    with (
        Gonfalon(bootstrap=scheduled((now + SOON, FOREVER))),
        Gonfalon(bootstrap=compile_for_test({"a": FlagForTest()})) as still,
    ):
        still.subscribe(print)
        assert set(threading.enumerate()) <= before


def test_the_same_for_asyncio() -> None:
    async def program() -> None:
        now = time.time_ns() // 1000
        async with AsyncGonfalon(bootstrap=scheduled((now + SOON, FOREVER))) as flags:
            told: asyncio.Queue[Event] = asyncio.Queue()
            flags.subscribe(told.put_nowait)
            event = await asyncio.wait_for(told.get(), 10)
            assert isinstance(event, FlagsChanged) and event.flags == {"f0", "child"}

    asyncio.run(program())


def test_no_edge_is_lost_to_a_jump_of_the_clock_or_another_snapshot() -> None:
    """The clock is the test's: whoever stirs the store makes it be looked at."""

    async def program() -> None:
        clock = 100
        status = Status()
        store = Store(None, status)
        told: asyncio.Queue[frozenset[str]] = asyncio.Queue()
        status.subscribe(lambda event: told.put_nowait(event.flags) if isinstance(event, FlagsChanged) else None)
        store.start(scheduled((110, 120), (130, 1000)))
        assert await told.get() == {"f0", "f1", "child", "other"}
        task = asyncio.create_task(tell_edges(store, status, lambda: clock))
        await asyncio.sleep(0)

        async def at(now: int) -> frozenset[str]:
            nonlocal clock
            clock = now
            store.stir()
            return await asyncio.wait_for(told.get(), 10)

        assert await at(110) == {"f0", "child"}
        assert await at(500) == {"f0", "f1", "child"}  # it slept over two
        assert await at(115) == {"f0", "f1", "child"}  # it was set back
        clock = 120  # an edge passes while another snapshot comes
        assert store.take_snapshot(scheduled((110, 120), (130, 1000), (125, 2000), revision=2))
        assert {await told.get(), await told.get()} == {frozenset({"f2"}), frozenset({"f0", "child"})}
        task.cancel()

    asyncio.run(asyncio.wait_for(program(), 30))
