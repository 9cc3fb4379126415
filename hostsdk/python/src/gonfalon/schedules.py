"""Tells listeners when schedules open and close."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .changes import Schedules, has_schedules
from .status import Status
from .store import Store

LOOK = 60.0  # seconds between two looks at the clock, which may be set, and stands still while a machine sleeps


def _clock() -> int:
    return time.time_ns() // 1000


async def tell_edges(store: Store, status: Status, clock: Callable[[], int] = _clock) -> None:
    """Tells each time at which a schedule opens or closes, as of a change of the flags that it decides, while anybody listens."""
    loop, stirred = asyncio.get_running_loop(), asyncio.Event()
    stirs = [clock()]  # when a snapshot began to serve, or somebody to listen

    def stir() -> None:
        stirs.append(clock())
        loop.call_soon_threadsafe(stirred.set)

    unwatch, ignore = store.watch(stir), status.on_listener(stir)
    data: bytes | None = None
    schedules: Schedules | None = None
    seen = stirs[0]  # edges up to here have been told, or were before anybody listened
    try:
        while True:
            stirred.clear()
            since, now = stirs[0] if stirs else clock(), clock()
            stirs.clear()
            engine = store.engine if status.heard else None
            if engine is None or not has_schedules(engine.data):
                data, schedules = None, None
            elif engine.data is not data:
                seen = since if schedules is None else seen
                data, schedules = engine.data, await asyncio.to_thread(Schedules, engine.data)
            wait = None
            if schedules is not None:
                # A clock that was set back makes schedules open and close again.
                flags = schedules.passed(min(seen, now), max(seen, now))
                seen = now
                if flags:
                    store.tell(flags)
                if (edge := schedules.next(now)) is not None:
                    wait = min((edge - clock()) / 1e6, LOOK)
            try:
                async with asyncio.timeout(wait):
                    await stirred.wait()
            except TimeoutError:
                pass
    finally:
        unwatch()
        ignore()
