"""Waits for what a client becomes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gonfalon import Event, Flags, FlagsChanged
from gonfalon.source import Pace

# No waiting between attempts, and no grace: what happens is awaited, not timed.
QUICK: Any = {"grace": 0.01, "pace": Pace(backoff=0.01, longest=0.02, usage=3600, farewell=5)}


class Watcher:
    """Hears a client's events."""

    def __init__(self, flags: Flags) -> None:
        self.events: list[Event] = []
        self._read = 0  # events that next_change has passed
        self._changed = threading.Condition()
        flags.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def next_change(self) -> FlagsChanged:
        """The next event about a change of flags, once it has come."""

        def at() -> int | None:
            return next((i for i in range(self._read, len(self.events)) if isinstance(self.events[i], FlagsChanged)), None)

        self.until(lambda: at() is not None)
        found = at()
        assert found is not None
        self._read = found + 1
        event = self.events[found]
        assert isinstance(event, FlagsChanged)
        return event

    def until(self, condition: Callable[[], object]) -> None:
        """Waits until the condition holds. It is looked at after each event, and now and then for what has none."""
        with self._changed:
            for _ in range(1000):
                if condition():
                    return
                self._changed.wait(0.01)
        raise AssertionError(f"it never came to be; events: {self.events}")
