"""Keeps a store current: follows the server's stream, polls it, or watches a file, and reports usage. It runs in an event loop;
the blocking client gives it a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import httpx

from .host import Host
from .log import log
from .schedules import tell_edges
from .seconds import between, seconds
from .status import Status
from .store import Fresh, Refused, Store, read_file
from .wire import RETRY_AFTER, USAGE_FLAGS, Wire, WireError, frame_bytes


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a client is, in seconds. The defaults are every SDK's."""

    backoff: float = 0.5  # before the first new attempt; doubled each time
    longest: float = 30.0  # between two attempts, and between polls
    usage: float = 60.0  # between two reports
    farewell: float = 2.0  # for the last report, on close

    def __post_init__(self) -> None:
        for field in fields(self):
            bear = between if field.name == "usage" else seconds
            object.__setattr__(self, field.name, bear(field.name, getattr(self, field.name)))


class Backoff:
    """Exponential, ±50 % jitter."""

    def __init__(self, pace: Pace, chance: Callable[[], float] = random.random) -> None:
        self._pace = pace
        self._chance = chance
        self._attempts = 0

    def reset(self) -> None:
        self._attempts = 0

    def delay(self, error: Exception, asked: float | None = None) -> float:
        """Seconds to wait after an attempt failed. What the server asked for can only make them more."""
        step = min(self._pace.backoff * 2.0 ** min(self._attempts, 30), self._pace.longest)
        self._attempts += 1
        if isinstance(error, WireError):
            asked = asked if error.retry_after is None else error.retry_after
            if error.refusal:
                step = self._pace.longest
        return max(step * (0.5 + self._chance()), (asked or 0) * (1 + self._chance() / 10))


class Source:
    """Base of the sources. ``on_answer`` is called when the source has answered, or has refused, or has failed while something
    serves."""

    def __init__(self, store: Store, status: Status, pace: Pace, grace: float, on_answer: Callable[[], None]) -> None:
        self._store = store
        self._status = status
        self._pace = pace
        self._on_answer = on_answer
        self._grace = grace
        self._leaving: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._backoff = Backoff(pace)

    async def run(self) -> None:
        """Follows the source until it is cancelled."""
        edges = asyncio.create_task(tell_edges(self._store, self._status), name="gonfalon-schedules")
        try:
            await self._follow()
        finally:
            edges.cancel()

    async def _follow(self) -> None:
        """There is nothing to follow: what the client began with serves for good."""
        await asyncio.Event().wait()

    def _contact(self) -> None:
        """The source stands behind what serves."""
        if self._leaving:
            self._leaving.cancel()
            self._leaving = None
        if self._store.engine is None:
            return
        self._status.contact()
        self._on_answer()
        if (seconds := self._status.ttl) is not None:
            if self._expiry:
                self._expiry.cancel()
            self._expiry = asyncio.get_running_loop().call_later(seconds + 0.001, self._status.settle)

    def _failed(self, error: Exception) -> None:
        """The source is away or refuses."""
        message = self._said(error)
        expected = isinstance(error, (httpx.HTTPError, WireError, Refused, OSError))
        meant = isinstance(error, WireError) and error.refusal
        level = logging.WARNING if meant else logging.INFO if expected else logging.ERROR
        if not meant or message != self._status.error:  # a refusal is asked about again and again
            log.log(level, "the source failed: %s", message)
        self._status.failed(message)
        if isinstance(error, Refused) or (isinstance(error, WireError) and error.final):
            self._status.refused(message)
        if self._store.engine is not None or meant:
            self._on_answer()
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(self._grace, self._status.lost, message)

    def _said(self, error: Exception) -> str:
        """What an error says, for people."""
        own = isinstance(error, (WireError, Refused))
        return str(error) if own else f"{type(error).__name__}: {error}".rstrip(": ")

    async def _take(self, read: Callable[[bytes], Fresh | None], data: bytes) -> None:
        """Reads and serves a frame. What takes long is done beside the loop, which may be the program's; the swap and its events
        happen in the loop. What serves is also kept, whoever closes the client meanwhile."""
        fresh = await asyncio.to_thread(read, data)
        if fresh is not None:
            self._store.serve(fresh)
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._store.keep, fresh.engine.data))


class FileSource(Source):
    """Serves a file, and reads it again when it has changed."""

    INTERVAL = 1.0  # seconds between two looks

    def __init__(self, path: Path, store: Store, status: Status, pace: Pace, grace: float, on_answer: Callable[[], None]) -> None:
        super().__init__(store, status, pace, grace, on_answer)
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._wrong: Refused | None = None  # with what was seen, until it is another file

    async def _follow(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 -- whatever it is, following goes on
                self._failed(error)
                self._on_answer()
            await asyncio.sleep(self.INTERVAL)

    async def _look(self) -> None:
        stat = await asyncio.to_thread(self._path.stat)
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if seen != self._seen:
            try:
                data = await asyncio.to_thread(read_file, self._path)
                self._seen, self._wrong = seen, None
                await self._take(self._store.read_snapshot, data)
            except (ValueError, Refused) as error:
                self._wrong = Refused(str(error))
                raise self._wrong from error
        if self._wrong is None:
            self._contact()


class ServerSource(Source):
    """Follows a server: its stream, or its snapshot every ``poll`` seconds."""

    def __init__(
        self,
        wire: Wire,
        store: Store,
        status: Status,
        pace: Pace,
        grace: float,
        on_answer: Callable[[], None],
        poll: float | None = None,
    ) -> None:
        super().__init__(store, status, pace, grace, on_answer)
        self._wire = wire
        self._poll = poll
        self._host = Host(store, wire, "stream" if poll is None else "poll")

    async def _follow(self) -> None:
        reporting = asyncio.create_task(self._report(), name="gonfalon-usage")
        telling = asyncio.create_task(self._host.follow(), name="gonfalon-host")
        try:
            while True:
                await asyncio.sleep(await (self._stream() if self._poll is None else self._ask()))
        finally:
            reporting.cancel()
            telling.cancel()
            self._host.leave()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._pace.farewell):
                    await asyncio.gather(reporting, telling, return_exceptions=True)  # what is cut off is counted again
                    await self.report_usage()
            await self._wire.close()

    def _said(self, error: Exception) -> str:
        return self._wire.token.hide(super()._said(error))

    async def _ask(self) -> float:
        """Polls once; gives the seconds until the next time."""
        assert self._poll is not None
        try:
            await self._fetch()
        except Exception as error:  # noqa: BLE001 -- whatever it is, following goes on
            self._failed(error)
            return self._backoff.delay(error)
        self._backoff.reset()
        return self._poll * (0.9 + random.random() / 5)

    async def _fetch(self) -> None:
        engine = self._store.engine
        data, supersedes = await self._wire.snapshot(engine.info if engine else None)
        if data is not None:
            await self._take(partial(self._store.read_snapshot, supersedes=supersedes), data)
        self._contact()

    async def _stream(self) -> float:
        """Follows the stream until it ends; gives the seconds until the next attempt."""
        delivered = False
        later: float | None = None  # when the server wants its hosts back
        try:
            engine = self._store.engine
            async with self._wire.stream(engine.info.position if engine else None) as (events, supersedes):
                async for event in events:
                    await self._event(event.event, event, supersedes)
                    if event.event == "snapshot":
                        supersedes = None  # it is about the first
                    if event.retry is not None:
                        later = min(event.retry / 1000, RETRY_AFTER)
                    if not delivered and event.event in ("snapshot", "delta", "heartbeat"):
                        delivered = True
                        self._backoff.reset()
            raise WireError("the stream ended")
        except Exception as error:  # noqa: BLE001 -- whatever it is, following goes on
            self._failed(error)
            if not delivered and not isinstance(error, httpx.ConnectError) and not _turned_away(error):
                # The server is there, but something between doesn't let the stream through.
                with contextlib.suppress(Exception):  # whatever it is, following goes on
                    await self._fetch()
            return self._backoff.delay(error, later if delivered else None)

    async def _event(self, kind: str, event: object, supersedes: str | None) -> None:
        if kind == "heartbeat":
            self._contact()
            return
        if kind not in ("snapshot", "delta"):
            return  # of a newer server
        try:
            data = frame_bytes(event)  # type: ignore[arg-type]
        except WireError as error:
            self._store.refuse(self._said(error))
            self._mistrust(error)
            return
        try:
            read = partial(self._store.read_snapshot, supersedes=supersedes) if kind == "snapshot" else self._store.read_delta
            await self._take(read, data)
        except Refused as error:
            if kind == "delta":
                await self._fetch()
            else:
                self._mistrust(error)
            return
        self._contact()

    def _mistrust(self, error: Exception) -> None:
        """A frame was refused while the stream goes on: what serves stays, and stays good."""
        self._status.refused(self._said(error))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(self._pace.usage * (0.9 + random.random() / 5))
            with contextlib.suppress(Exception):  # whatever it is, what was counted goes with the next report
                await self.report_usage()

    async def report_usage(self) -> None:
        """Sends what was counted; what can't be delivered is kept for the next time, and the error raised."""
        counts = self._store.take_usage()
        if not counts:
            await self._host.report({})
        while counts:
            batch = {key: counts.pop(key) for key in list(counts)[:USAGE_FLAGS]}
            try:
                await self._host.report(batch)
            except BaseException:
                self._store.put_usage_back(batch)
                self._store.put_usage_back(counts)
                raise


def _turned_away(error: Exception) -> bool:
    return isinstance(error, WireError) and (error.refusal or error.retry_after is not None)
