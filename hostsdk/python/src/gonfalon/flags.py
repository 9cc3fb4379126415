"""The questions that a program asks. They are the same, and answered in memory, in every kind of client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, overload

from . import payload
from .context import Context, Who
from .decision import Decision, Reason
from .engine import Engine
from .explanation import Explanation
from .instance import SnapshotInfo
from .status import Event, State, Status
from .store import Store

log = logging.getLogger("gonfalon")

T = TypeVar("T")


class NotReadyError(Exception):
    """Nothing has been loaded yet, so there is nothing to explain."""


class Flags:
    """What every client can be asked. No question blocks, waits for a network or fails: what can't be decided gives the
    caller's default.

    Each takes who asks: ``actor`` (a string, or an object with ``actor_id`` and perhaps ``in_group(name)``), ``groups`` and
    ``attributes``, or a prepared :class:`Context` in the actor's place. ``now`` (Unix microseconds) and ``roll`` (64 bits of
    chance) replay a decision; without them the clock and fresh random bits are used.
    """

    _store: Store
    _status: Status

    def enabled(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        default: bool = False,
        now: int | None = None,
        roll: int | None = None,
    ) -> bool:
        """Whether the flag is on; default if nothing is loaded, or there is no such flag. A killed flag is never on."""
        engine = self._store.engine
        if engine is None:
            return default
        try:
            packed = engine.evaluate(key, actor, groups, attributes, now, roll)
        except Exception as error:  # noqa: BLE001 -- a decision never fails
            self._failed(key, error)
            return default
        return packed & 1 == 1 if packed & 30 else default

    @overload
    def variant(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        default: None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> str | None: ...

    @overload
    def variant(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        default: str,
        now: int | None = None,
        roll: int | None = None,
    ) -> str: ...

    def variant(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        default: str | None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> str | None:
        """The name of the variant that the actor gets; default if it gets none. A disabled flag still serves its variant."""
        variant = self.decide(key, actor, groups=groups, attributes=attributes, now=now, roll=roll).variant
        return default if variant is None else variant

    def payload_bool(self, key: str, actor: Who | Context = None, *, default: bool, **asking: Any) -> bool:
        """The served variant's payload if it is a boolean, else default. Further arguments are those of :meth:`decide`."""
        return self._payload(key, actor, default, payload.boolean, asking)

    def payload_str(self, key: str, actor: Who | Context = None, *, default: str, **asking: Any) -> str:
        """The served variant's payload if it is a string, else default."""
        return self._payload(key, actor, default, payload.string, asking)

    def payload_int(self, key: str, actor: Who | Context = None, *, default: int, **asking: Any) -> int:
        """The served variant's payload if it is a number without a fraction within ±2^53, else default."""
        return self._payload(key, actor, default, payload.integer, asking)

    def payload_float(self, key: str, actor: Who | Context = None, *, default: float, **asking: Any) -> float:
        """The served variant's payload if it is a number, else default."""
        return self._payload(key, actor, default, payload.number, asking)

    def payload_object(
        self, key: str, actor: Who | Context = None, *, default: Mapping[str, Any], **asking: Any
    ) -> Mapping[str, Any]:
        """The served variant's payload if it is an object, else default."""
        return self._payload(key, actor, default, payload.mapping, asking)

    def decide(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> Decision:
        """Everything about one flag: on or off, variant and payload, the reason and the gate."""
        engine = self._store.engine
        if engine is None:
            return Decision(key, 0, error=Reason.NOT_READY)
        try:
            return engine.decide(key, actor, groups, attributes, now, roll)
        except Exception as error:  # noqa: BLE001 -- a decision never fails
            self._failed(key, error)
            return Decision(key, 0, revision=engine.info.revision, error=Reason.ERROR)

    def decide_all(
        self,
        actor: Who | Context = None,
        *,
        keys: Sequence[str] | None = None,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> dict[str, Decision]:
        """Decisions by key: of the flags named, or of all of them, for one actor; one call into the module per 1,024 flags."""
        engine = self._store.engine
        if engine is None:
            return {key: Decision(key, 0, error=Reason.NOT_READY) for key in keys or ()}
        try:
            flags = None if keys is None else list(keys)
            decisions = engine.decide_all(flags, actor, groups, attributes, now, roll)
        except Exception as error:  # noqa: BLE001 -- a decision never fails
            self._failed("all flags", error)
            revision = engine.info.revision
            return {key: Decision(key, 0, revision=revision, error=Reason.ERROR) for key in keys or engine.all_keys()}
        return {decision.key: decision for decision in decisions}

    def explain(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> Explanation:
        """The decision with every gate that the engine looked at. For people: it raises if there is nothing to explain
        (NotReadyError) or the context is wrong (TypeError), and is not counted as an evaluation."""
        engine = self._store.engine
        if engine is None:
            raise NotReadyError(f"{self.state}: {self._status.message}")
        return engine.explain(key, actor, groups, attributes, now, roll)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all flags, ascending."""
        engine = self._store.engine
        return engine.all_keys() if engine else ()

    @property
    def snapshot(self) -> SnapshotInfo | None:
        """What serves: environment, id, lineage, revision; None if nothing is loaded."""
        engine = self._store.engine
        return engine.info if engine else None

    @property
    def state(self) -> State:
        return self._status.state

    @property
    def message(self) -> str:
        """Why the state is what it is, for people."""
        return self._status.message

    @property
    def age(self) -> float | None:
        """Seconds since the source last stood behind the snapshot; None if it never did."""
        return self._status.age

    @property
    def refused(self) -> int:
        """Frames that were refused, since the start."""
        return self._store.refused

    @property
    def traps(self) -> int:
        """Times that the module stopped in the middle of a call and was rebuilt, since the start."""
        return self._store.traps

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls listener on each StateChanged and FlagsChanged, in the client's own thread or its event loop;
        the answer ends that. A listener that raises is logged."""
        return self._status.subscribe(listener)

    @property
    def _engine(self) -> Engine | None:
        return self._store.engine

    def _payload(
        self, key: str, actor: Who | Context, default: T, convert: Callable[[Any], T | None], asking: dict[str, Any]
    ) -> T:
        decision = self.decide(key, actor, **asking)
        value = convert(decision.payload) if decision.has_payload else None
        return default if value is None else value

    def _failed(self, key: str, error: Exception) -> None:
        log.error("%s can't be decided, the caller's default is used: %s: %s", key, type(error).__name__, error)
