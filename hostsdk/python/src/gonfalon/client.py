"""The clients: one for threads, one for asyncio. They differ in how they wait and close."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from .endpoint import check as check_endpoint
from .endpoint import check_environment
from .flags import Flags
from .log import log
from .seconds import between, seconds
from .secret import Secret
from .status import Event, Status
from .store import Store, read_file
from .version import __version__

if TYPE_CHECKING:  # imported where they are used: a client that has its flags starts without the network's libraries
    import asyncio
    import ssl

    from .source import Pace, Source

PATIENCE = 3.0  # seconds that close waits beyond the last report: a name that is looked up, or a listener, can take long

Bytes = bytes | bytearray | memoryview
PathLike = str | os.PathLike[str]


class Options(TypedDict, total=False):
    """A client's options besides endpoint and token. :class:`Gonfalon` says what each is."""

    environment: str | None
    bootstrap: Bytes | PathLike | None
    last_good: PathLike | None
    file: PathLike | None
    poll: float | None
    ready_within: float
    ttl: float | None
    grace: float
    tls: ssl.SSLContext | None
    pace: Pace | None


class _Client(Flags):
    """What both clients are made of."""

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | None = None,
        *,
        environment: str | None = None,
        bootstrap: Bytes | PathLike | None = None,
        last_good: PathLike | None = None,
        file: PathLike | None = None,
        poll: float | None = None,
        ready_within: float = 5.0,
        ttl: float | None = None,
        grace: float = 5.0,
        tls: ssl.SSLContext | None = None,
        pace: Pace | None = None,
    ) -> None:
        endpoint = endpoint if endpoint is not None else (os.environ.get("GONFALON_ENDPOINT") if file is None else None)
        if endpoint is not None and file is not None:
            raise ValueError("endpoint and file are two sources; give one")
        if endpoint is None and file is None and bootstrap is None and last_good is None:
            raise ValueError("nothing to take flags from: give endpoint and token, or file, or bootstrap, or last_good")
        if poll is not None:
            poll = between("poll", poll)
        ready_within, grace = seconds("ready_within", ready_within), seconds("grace", grace)
        if ttl is not None:
            ttl = seconds("ttl", ttl)
        token = token if token is not None else os.environ.get("GONFALON_TOKEN")
        if endpoint is not None and not token:
            raise ValueError("endpoint needs a token (or GONFALON_TOKEN)")
        if token and not all("!" <= character <= "~" for character in token):
            raise ValueError("the token has characters that no token has")  # which errors of HTTP would show, with all of it
        if endpoint is not None:
            check_endpoint(endpoint)
        if environment is None and endpoint is not None:
            environment = "default"
        if endpoint is not None and environment is not None:
            check_environment(environment)
        self._status = Status(ttl)
        self._store = Store(environment, self._status, last_good)
        self._endpoint, self._token, self._environment = endpoint, Secret(token or ""), environment or ""
        self._file = Path(file) if file is not None else None
        self._poll, self._ready_within, self._grace, self._tls, self._pace = poll, ready_within, grace, tls, pace
        self._closed = False
        self._store.start(_read(bootstrap))
        if endpoint is None and file is None and self._store.engine is not None:
            self._status.contact()  # there is nothing that could know better

    def _serves(self, revision: int) -> bool:
        info = self.info
        return info is not None and info.revision >= revision

    def _has_source(self) -> bool:
        return self._endpoint is not None or self._file is not None

    def _make_source(self, on_answer: Callable[[], None]) -> Source:
        from . import source
        from .wire import Wire

        pace = self._pace or source.Pace()
        if self._file is not None:
            return source.FileSource(self._file, self._store, self._status, pace, self._grace, on_answer)
        if self._endpoint is None:
            return source.Source(self._store, self._status, pace, self._grace, on_answer)
        try:
            wire = Wire(self._endpoint, self._token, self._environment, self._tls, f"gonfalon-python/{__version__}")
        except Exception as error:  # such as a proxy that needs another package
            raise ValueError(f"the source can't be made: {self._token.hide(str(error))}") from error
        return source.ServerSource(wire, self._store, self._status, pace, self._grace, on_answer, self._poll)


class Gonfalon(_Client):
    """A client for programs with threads.

    >>> with Gonfalon("http://127.0.0.1:8080", token) as flags:
    ...     if flags.enabled("new_checkout", actor="user:3", attributes={"plan": "pro"}): ...

    Making one waits for the first snapshot, for at most ``ready_within`` seconds, and then continues whatever the state. A server
    that is down never keeps a program from starting.

    :param endpoint: the server's address, or GONFALON_ENDPOINT. Without one, the flags come from ``file`` or ``bootstrap``.
    :param token: a token of role sdk, or GONFALON_TOKEN.
    :param environment: the environment; defaults to ``default``. Snapshots of another one are refused.
    :param bootstrap: a snapshot to start from: its bytes, or a file's path. If it can't be loaded, LoadError is raised.
    :param last_good: a path where each snapshot from the source is kept, and found again at the next start.
    :param file: a snapshot file to serve instead of a server; it is read again when it changes.
    :param poll: seconds between polls, instead of following the stream.
    :param ready_within: seconds to wait for the first snapshot; 0: don't wait.
    :param ttl: seconds without contact from the source that make the client STALE; None: never.
    :param grace: seconds that the client stays READY after it has lost its source.
    :param tls: for a private authority or a client certificate.

    After a fork, the child's client follows the source by itself.
    """

    def __init__(self, endpoint: str | None = None, token: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__(endpoint, token, **options)
        self._answered = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._source: Source | None = None
        self._thread: threading.Thread | None = None
        self._unmade: Exception | None = None
        if self._has_source():
            self._start()
            if self._ready_within > 0 and not self._answered.wait(self._ready_within):
                log.warning("no flags within %s s; the client starts as %s", self._ready_within, self.state.value)
            _clients.add(self)

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Waits until the client is READY. Returns False if that takes longer than timeout seconds, or the client is closed."""
        return self._until(lambda: self.state == "READY", timeout)

    def wait_for(self, revision: int, timeout: float | None = None) -> bool:
        """Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns
        False if that takes longer than timeout seconds, or the client is closed."""
        return self._until(lambda: self._serves(revision), timeout)

    def _until(self, holds: Callable[[], bool], timeout: float | None) -> bool:
        woken = threading.Event()

        def look(_: object = None) -> None:
            if self._closed or holds():
                woken.set()

        unsubscribe, unwatch = self._status.subscribe(look), self._store.watch(look)
        try:
            look()
            woken.wait(timeout if timeout is None else seconds("timeout", timeout))
            return holds()
        finally:
            unsubscribe()
            unwatch()

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        if self._thread is None and not self._closed and self._store.has_schedules:
            self._start()  # there is nothing to follow but the clock
            _clients.add(self)
        return super().subscribe(listener)

    def flush(self, timeout: float = 5.0) -> bool:
        """Reports usage now. Returns False if it couldn't be delivered; it then goes into the next report."""
        if self._loop is None or self._source is None or not hasattr(self._source, "report_usage"):
            return False
        import asyncio
        from concurrent.futures import CancelledError

        try:
            asyncio.run_coroutine_threadsafe(self._source.report_usage(), self._loop).result(seconds("timeout", timeout))
        except (Exception, CancelledError) as error:  # noqa: BLE001
            log.info("usage can't be reported: %s", self._token.hide(str(error)))
            return False
        return True

    def close(self) -> None:
        """Reports usage and ends the connection. The client keeps answering from its last snapshot."""
        self._closed = True
        _clients.discard(self)
        self._store.stir()
        loop, task, thread = self._loop, self._task, self._thread
        if loop is None or task is None or thread is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(task.cancel)
        if thread is not threading.current_thread():
            farewell = self._source._pace.farewell if self._source is not None else 0.0
            thread.join(farewell + PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=self._main, args=(started,), name="gonfalon", daemon=True)
        self._thread.start()
        started.wait()
        if self._unmade is not None:
            raise self._unmade

    def _main(self, started: threading.Event) -> None:
        import asyncio

        async def follow() -> None:
            try:
                self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
                self._source = self._make_source(self._answered.set)
            except Exception as error:  # noqa: BLE001 -- whoever starts the client learns it
                self._unmade = error
                return
            finally:
                started.set()
            await self._source.run()

        try:
            asyncio.run(follow())
        except asyncio.CancelledError:
            pass
        except BaseException:  # noqa: BLE001 -- nobody else hears of it
            log.exception("following the source failed for good")
            self._status.lost("following the source failed for good")

    def _forked(self) -> None:
        self._status.forked()
        self._store.forked()
        self._answered = threading.Event()
        if not self._closed:
            self._start()


class AsyncGonfalon(_Client):
    """A client for asyncio. It takes what :class:`Gonfalon` takes, and follows its source as a task of the running loop.

    >>> async with AsyncGonfalon("http://127.0.0.1:8080", token) as flags:
    ...     if flags.enabled("new_checkout", actor="user:3"): ...

    Evaluations are the same, and aren't awaited: they only read memory.
    """

    def __init__(self, endpoint: str | None = None, token: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__(endpoint, token, **options)
        self._task: asyncio.Task[None] | None = None
        self._source: Source | None = None

    async def start(self) -> Self:
        """Follows the source, and waits for the first snapshot for at most ``ready_within`` seconds."""
        import asyncio

        if self._task is None and (self._has_source() or self._store.has_schedules):
            answered = asyncio.Event()
            self._source = self._make_source(answered.set)
            self._task = asyncio.create_task(self._source.run(), name="gonfalon")
            if self._ready_within > 0 and self._has_source():
                try:
                    async with asyncio.timeout(self._ready_within):
                        await answered.wait()
                except TimeoutError:
                    log.warning("no flags within %s s; the client starts as %s", self._ready_within, self.state.value)
        return self

    async def wait_ready(self, timeout: float | None = None) -> bool:
        """Waits until the client is READY. Returns False if that takes longer than timeout seconds, or the client is closed."""
        return await self._until(lambda: self.state == "READY", timeout)

    async def wait_for(self, revision: int, timeout: float | None = None) -> bool:
        """Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns
        False if that takes longer than timeout seconds, or the client is closed."""
        return await self._until(lambda: self._serves(revision), timeout)

    async def _until(self, holds: Callable[[], bool], timeout: float | None) -> bool:
        import asyncio

        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def look(_: object = None) -> None:
            if self._closed or holds():
                loop.call_soon_threadsafe(woken.set)

        unsubscribe, unwatch = self._status.subscribe(look), self._store.watch(look)
        try:
            look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout if timeout is None else seconds("timeout", timeout)):
                    await woken.wait()
            return holds()
        finally:
            unsubscribe()
            unwatch()

    async def flush(self, timeout: float = 5.0) -> bool:
        """Reports usage now. Returns False if it couldn't be delivered; it then goes into the next report."""
        if self._source is None or not hasattr(self._source, "report_usage"):
            return False
        import asyncio

        try:
            async with asyncio.timeout(seconds("timeout", timeout)):
                await self._source.report_usage()
        except Exception as error:  # noqa: BLE001
            log.info("usage can't be reported: %s", self._token.hide(str(error)))
            return False
        return True

    async def close(self) -> None:
        """Reports usage and ends the connection. The client keeps answering from its last snapshot."""
        self._closed = True
        self._store.stir()
        task, self._task = self._task, None
        if task is not None:
            import asyncio

            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


_clients: weakref.WeakSet[Gonfalon] = weakref.WeakSet()


def _read(bootstrap: Bytes | PathLike | None) -> bytes | None:
    if bootstrap is None:
        return None
    if isinstance(bootstrap, (bytes, bytearray, memoryview)):
        return bytes(bootstrap)
    return read_file(Path(bootstrap))


def _after_fork() -> None:
    for client in list(_clients):
        client._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
