"""A client's state, and the events that tell of its changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

log = logging.getLogger("gonfalon")


class State(StrEnum):
    """NOT_READY: nothing is loaded yet · READY: a snapshot serves and the source stands behind it · STALE: a snapshot serves,
    but the source is away or hasn't answered yet · ERROR: nothing is loaded, and the source refuses."""

    NOT_READY = "NOT_READY"
    READY = "READY"
    STALE = "STALE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The client's state is another one. ``message`` says why, for people."""

    state: State
    previous: State
    message: str


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """Another snapshot serves. ``flags`` are the keys whose record is new, changed or gone; all of them if a segment or a
    setting changed, since those change what flags mean."""

    flags: frozenset[str]
    revision: int
    lineage: str


Event = StateChanged | FlagsChanged
Listener = Callable[[Event], None]


class Status:
    """State and listeners of one client. Listeners are called one after another, by the client's own thread or in its
    event loop; the first event of a bootstrap has none to hear it."""

    def __init__(self, time_to_live: float | None = None) -> None:
        self.time_to_live = time_to_live
        self._lock = threading.Lock()
        self._state = State.NOT_READY
        self._loaded = False
        self._backed = False  # the source stands behind the snapshot
        self._refused = False  # the source answers, but with a refusal
        self._contact: float | None = None
        self._message = "nothing has been loaded yet"
        self._listeners: list[Listener] = []

    @property
    def state(self) -> State:
        if self._now() != self._state:
            self.settle()
        return self._state

    @property
    def message(self) -> str:
        """Why the state is what it is, for people."""
        return self._message

    @property
    def age(self) -> float | None:
        """Seconds since the source last stood behind the snapshot; None if it never did."""
        return None if self._contact is None else time.monotonic() - self._contact

    def contact(self) -> None:
        """A snapshot serves, and the source stands behind it."""
        self._contact = time.monotonic()
        self._loaded, self._backed, self._refused = True, True, False
        self.settle("in touch with the source")

    def loaded(self) -> None:
        """A snapshot serves that the source hasn't confirmed."""
        self._loaded = True
        self.settle("the source hasn't answered yet")

    def lost(self, message: str) -> None:
        """The source is away."""
        self._backed = False
        self.settle(message)

    def refused(self, message: str) -> None:
        """The source refuses, or sends what can't be read."""
        self._refused = True
        self.settle(message)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls listener on each event from now on; the answer ends that."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [known for known in self._listeners if known is not listener]

        return unsubscribe

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def emit(self, event: Event) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %r", event)

    def forked(self) -> None:
        """In a child process: another thread may have held the lock."""
        self._lock = threading.Lock()

    def _now(self) -> State:
        if not self._loaded:
            return State.ERROR if self._refused else State.NOT_READY
        return State.READY if self._backed and not self._expired() else State.STALE

    def _expired(self) -> bool:
        return self.time_to_live is not None and (self.age or 0) > self.time_to_live

    def settle(self, message: str = "the time to live has passed") -> None:
        """Takes the state to what it is by now, and tells if it is another one."""
        with self._lock:
            previous, state = self._state, self._now()
            if state == previous:
                return
            self._state, self._message = state, message
        level = logging.WARNING if previous is State.READY or state is State.ERROR else logging.INFO
        log.log(level, "%s, was %s: %s", state.value, previous.value, message)
        self.emit(StateChanged(state, previous, message))
