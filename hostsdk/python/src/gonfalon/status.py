"""A client's state, and the events that tell of its changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .log import log


class State(StrEnum):
    """NOT_READY: nothing is loaded yet · READY: a snapshot serves, and the source confirms it · STALE: a snapshot serves, but the
    source is unreachable or hasn't answered yet · ERROR: nothing is loaded, and the source refuses."""

    NOT_READY = "NOT_READY"
    READY = "READY"
    STALE = "STALE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The client's state has changed. ``error`` says what is wrong with the source, if anything is."""

    state: State
    previous: State
    error: str | None


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """Another snapshot serves, or a schedule has opened or closed. ``flags`` are the keys of every flag whose decision can differ
    now, also by a segment, a setting or a flag that it requires."""

    flags: frozenset[str]
    revision: int
    lineage: str


Event = StateChanged | FlagsChanged
Listener = Callable[[Event], None]


class Status:
    """State and listeners of one client. Listeners are called one after another, by the client's own thread or in its
    event loop; the first event of a bootstrap has none to hear it."""

    def __init__(self, ttl: float | None = None) -> None:
        self.ttl = ttl
        self._lock = threading.Lock()
        self._state = State.NOT_READY
        self._loaded = False
        self._backed = False  # the source stands behind the snapshot
        self._refused = False  # the source answers, but with a refusal
        self._contact: float | None = None
        self.losses = 0  # times that the source was lost
        #: What the source's trouble is, for people; None once it is well again.
        self.error: str | None = None
        self._listeners: list[Listener] = []
        self._joined: list[Callable[[], None]] = []

    @property
    def state(self) -> State:
        if self._now() != self._state:
            self.settle()
        return self._state

    @property
    def age(self) -> float | None:
        """Seconds since the source last confirmed the snapshot; None if it never did."""
        return None if self._contact is None else time.monotonic() - self._contact

    def contact(self) -> None:
        """A snapshot serves, and the source stands behind it."""
        self._contact = time.monotonic()
        self._loaded, self._backed, self._refused, self.error = True, True, False, None
        self.settle()

    def loaded(self) -> None:
        """A snapshot serves that the source hasn't confirmed."""
        self._loaded = True
        self.settle()

    def failed(self, error: str) -> None:
        """The source is away. The state follows when that lasts longer than the grace."""
        self.losses += 1
        self.error = error

    def lost(self, error: str) -> None:
        """The source has been away for longer than the grace."""
        self._backed, self.error = False, error
        self.settle()

    def refused(self, error: str) -> None:
        """The source refuses, or sends what can't be read."""
        self._refused, self.error = True, error
        self.settle()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls listener on each event from now on; the answer ends that."""
        with self._lock:
            self._listeners = [*self._listeners, listener]
        for joined in self._joined:
            joined()

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [known for known in self._listeners if known is not listener]

        return unsubscribe

    def on_listener(self, joined: Callable[[], None]) -> Callable[[], None]:
        """Calls joined whenever somebody begins to listen; the answer ends that."""
        self._joined = [*self._joined, joined]

        def leave() -> None:
            self._joined = [known for known in self._joined if known is not joined]

        return leave

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def emit(self, event: Event) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except BaseException as error:
                if isinstance(error, (KeyboardInterrupt, SystemExit)) and threading.current_thread() is threading.main_thread():
                    raise  # it means the program
                log.exception("a listener failed on %r", event)

    def forked(self) -> None:
        """In a child process: another thread may have held the lock."""
        self._lock = threading.Lock()

    def _now(self) -> State:
        if not self._loaded:
            return State.ERROR if self._refused else State.NOT_READY
        return State.READY if self._backed and not self._expired() else State.STALE

    def _expired(self) -> bool:
        return self.ttl is not None and (self.age or 0) > self.ttl

    def settle(self) -> None:
        """Takes the state to what it is by now, and tells if it is another one."""
        with self._lock:
            previous, state = self._state, self._now()
            if state == previous:
                return
            self._state = state
        level = logging.WARNING if previous is State.READY or state is State.ERROR else logging.INFO
        log.log(level, "%s, was %s%s", state.value, previous.value, f": {self.error}" if self.error else "")
        self.emit(StateChanged(state, previous, self.error))
