"""What programs ask that is probably not what they mean. It is counted, and logged once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from .log import log

MOST = 1000  # different mistakes that are remembered, so that each is logged once; later ones are only counted


class Mistakes:
    """Counts the mistakes of one client's callers."""

    def __init__(self) -> None:
        self.unknown = 0  # decisions about unknown flags
        self.unreadable = 0  # decisions whose context has something that can't be read
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def unknown_flag(self, key: object) -> None:
        """Notes a decision about a flag that the snapshot doesn't have."""
        self.unknown += 1
        self._tell(f"there is no flag {_quoted(key)}: it is off")

    def unreadable_context(self, wrong: Iterable[str], decisions: int = 1) -> None:
        """Notes decisions whose context has parts that can't be read."""
        self.unreadable += decisions
        for what in wrong:
            self._tell(f"a context has {what}: see the table of contexts in the documentation")

    def failed(self, key: object, error: BaseException) -> None:
        """Notes a decision that failed. What the error says is left out, and so is its traceback: they may be personal."""
        self._tell(f"{_quoted(key)} can't be decided, the caller gets the default: {type(error).__name__}", logging.ERROR)

    def _tell(self, message: str, level: int = logging.WARNING) -> None:
        with self._lock:
            if message in self._told or len(self._told) >= MOST:
                return
            self._told.add(message)
        log.log(level, "%s", message)

    def forked(self) -> None:
        """In a child process: another thread may have held the lock."""
        self._lock = threading.Lock()


def _quoted(key: object) -> str:
    text = ascii(key) if isinstance(key, str) else type(key).__name__
    return text if len(text) <= 200 else text[:200] + "…"
