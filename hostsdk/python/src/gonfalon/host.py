"""What a client tells the control plane about itself with its usage, so that an operator sees which hosts serve a change."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from typing import Any

import httpx

from .store import Store
from .version import __version__
from .wire import Wire, WireError

WITHIN = 2.0  # seconds after another revision serves: hosts tell at random moments, so that they don't all do so at once
PAUSE = 5.0  # seconds: a host tells at most once in these, however many changes there are


class Host:
    """Reports usage, and with it which revision serves. A control plane of an older version refuses what it doesn't know, and is
    sent the counts alone."""

    def __init__(self, store: Store, wire: Wire, via: str) -> None:
        self._store = store
        self._wire = wire
        self._via = via
        self._id = secrets.token_hex(8)
        self._plain = False
        self._silent = False  # the last report failed: the next one is a regular one
        self._told = 0  # reports that have arrived, or may have: all but those that failed
        self._gone = False

    async def report(self, counts: dict[str, list[int]]) -> None:
        """Sends counts, which may be none: the host is still there, or ends."""
        if not counts and (self._plain or (self._gone and not self._told)):
            return
        plain = self._plain
        self._told += 1
        try:
            await self._wire.usage(counts, None if plain else self._about())
        except Exception as error:  # not what cuts it off, upon which it may arrive
            self._told -= 1
            if isinstance(error, WireError) and error.status == httpx.codes.BAD_REQUEST and not plain:
                self._plain = True
                await self.report(counts)
                return
            self._silent = True
            raise
        self._silent = False

    async def follow(self) -> None:
        """Tells soon after another revision serves, until it is cancelled."""
        moved = asyncio.Event()
        unwatch = self._store.watch(moved.set)
        if self._store.engine is not None:
            moved.set()
        last = -PAUSE
        try:
            while not self._plain:
                await moved.wait()
                await asyncio.sleep(max(last + PAUSE - time.monotonic(), 0.0) + WITHIN * random.random())
                moved.clear()
                if not self._silent:
                    last = time.monotonic()
                    with contextlib.suppress(Exception):  # whatever it is, the next report tells
                        await self.report({})
        finally:
            unwatch()

    def leave(self) -> None:
        """The next report is the last."""
        self._gone = True

    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = {"id": self._id, "sdk": "python", "version": __version__, "revision": 0, "via": self._via}
        if (engine := self._store.engine) is not None:
            about |= {"revision": engine.info.revision, "lineage": engine.info.lineage}
        if self._gone:
            about["gone"] = True
        return about
