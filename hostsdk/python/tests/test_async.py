from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fake import FakeServer
from flagset import snapshot
from gonfalon import AsyncGonfalon, State
from watcher import QUICK, Watcher

TWO = snapshot(2, a=False, b=True)


def test_the_first_question_is_answered_right_and_changes_arrive(server: FakeServer) -> None:
    async def program() -> None:
        async with AsyncGonfalon(server.url, "token", **QUICK) as flags:
            assert flags.state is State.READY
            assert flags.enabled("a", actor="user:3")
            watcher = Watcher(flags)
            server.publish(TWO)
            await asyncio.to_thread(watcher.until, lambda: flags.enabled("b"))
            assert await flags.flush()
            assert server.usage.get(timeout=10)["a"]["count"] == 1
            assert flags.enabled("b")
        assert server.usage.get(timeout=10)["b"]["count"] == 1
        assert flags.enabled("b")

    asyncio.run(program())


def test_no_thread_is_left_and_nothing_runs_before_it_is_started(server: FakeServer) -> None:
    async def program() -> None:
        flags = AsyncGonfalon(server.url, "token", **QUICK)
        assert flags.state is State.NOT_READY
        assert not await flags.wait_ready(0.01)
        await flags.start()
        assert await flags.wait_ready(5)
        await flags.start()
        await flags.close()
        await flags.close()

    before = set(threading.enumerate())
    asyncio.run(program())
    server.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # the server's own, which end with it
        assert not thread.is_alive()


def test_what_serves_is_kept_though_the_client_is_closed_at_once(server: FakeServer, tmp_path: Path) -> None:
    async def program() -> None:
        loop, gate = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        flags = await AsyncGonfalon(server.url, "token", last_good=tmp_path / "last", **QUICK).start()
        flags.subscribe(lambda _: loop.run_in_executor(None, gate.wait) and None)  # the file has to wait
        server.publish(TWO)
        assert await flags.wait_for(2, 10)
        await flags.close()
        gate.set()

    asyncio.run(program())
    assert (tmp_path / "last").read_bytes() == TWO


def test_a_server_that_is_down_keeps_no_program_from_starting() -> None:
    with FakeServer(TWO) as gone:
        pass

    async def program() -> None:
        async with AsyncGonfalon(gone.url, "token", ready_within=0.05, **QUICK) as flags:
            assert flags.state is State.NOT_READY
            assert flags.enabled("a", default=True)
        async with AsyncGonfalon(gone.url, "token", bootstrap=TWO, **QUICK) as flags:
            assert flags.state is State.STALE
            assert flags.enabled("b")

    asyncio.run(program())


def test_a_bootstrap_alone_is_enough() -> None:
    async def program() -> None:
        async with AsyncGonfalon(bootstrap=TWO) as flags:
            assert flags.state is State.READY
            assert flags.enabled("b")
            assert not await flags.flush()

    asyncio.run(program())
