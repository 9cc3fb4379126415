"""How a program evaluates flags. It is the same in every kind of client, and only reads memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypedDict, TypeVar, Unpack, overload

from . import payload, values
from .abi import SnapshotInfo
from .context import Context, ContextError, Groups, Who
from .decision import NOT_READY, REASON, Decision
from .engine import Engine
from .explanation import Explanation
from .interruption import let_pass
from .status import Event, State, Status
from .store import Store

T = TypeVar("T")

MAX_KEYS = values.MAX_LISTED  # that one question may name, as many as a snapshot can have: an iterator may have no end


class Asking(TypedDict, total=False):
    """The context of a call besides the actor: see :class:`Flags`."""

    groups: Groups
    attributes: Mapping[str, object] | None
    now: int | None
    roll: int | None


@dataclass(frozen=True, slots=True)
class Stats:
    """A client's figures, for metrics."""

    state: State
    #: The snapshot that serves; None before the first.
    info: SnapshotInfo | None
    #: Seconds since the source last confirmed it; None before it did.
    age: float | None
    #: Snapshots taken from the source.
    taken: int
    #: Frames that changed nothing.
    refused: int
    #: Decisions that the engine failed to make, whose callers got their defaults.
    broken: int
    #: Decisions about unknown flags.
    unknown: int
    #: Decisions whose context has something that can't be read.
    unreadable: int
    #: Times that the module stopped in the middle of a call and was rebuilt.
    traps: int
    #: Connections of the source that ended.
    lost: int
    #: What is wrong with the source, for people; None once it is well again.
    last_error: str | None


class Flags:
    """What every client does. No evaluation blocks, uses the network or fails: where nothing can be decided, the caller gets
    the default.

    Each takes a context: ``actor`` (a string, or an object with ``actor_id`` and perhaps ``in_group(name)``), ``groups`` and
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
        groups: Groups = (),
        attributes: Mapping[str, object] | None = None,
        default: bool = False,
        now: int | None = None,
        roll: int | None = None,
    ) -> bool:
        """Whether the flag is on. An unknown or killed flag is off; default counts only where nothing could be decided."""
        engine = self._store.engine
        if engine is None:
            return default
        try:
            on = engine.ask(key, actor, groups, attributes)  # of no flag for which time or chance matters
            if on is not None:
                return on
            packed = engine.evaluate(key, actor, groups, attributes, now, roll)
        except BaseException as error:  # noqa: BLE001 -- a decision never fails
            let_pass(error)
            self._failed(key, error)
            return default
        if not packed & REASON:
            self._store.mistakes.unknown_flag(key)
        return packed & 1 == 1

    @overload
    def variant(self, key: str, actor: Who | Context = None, *, default: None = None, **asking: Unpack[Asking]) -> str | None: ...

    @overload
    def variant(self, key: str, actor: Who | Context = None, *, default: str, **asking: Unpack[Asking]) -> str: ...

    def variant(
        self, key: str, actor: Who | Context = None, *, default: str | None = None, **asking: Unpack[Asking]
    ) -> str | None:
        """The name of the variant that the actor gets; default if it gets none. A disabled flag still serves its variant."""
        variant = self.decide(key, actor, **asking).variant
        return default if variant is None else variant

    def payload_bool(self, key: str, actor: Who | Context = None, *, default: bool, **asking: Unpack[Asking]) -> bool:
        """The served variant's payload if it is a boolean, else default. Further arguments are those of :meth:`decide`."""
        return self._payload(key, actor, default, payload.boolean, asking)

    def payload_str(self, key: str, actor: Who | Context = None, *, default: str, **asking: Unpack[Asking]) -> str:
        """The served variant's payload if it is a string, else default."""
        return self._payload(key, actor, default, payload.string, asking)

    def payload_int(self, key: str, actor: Who | Context = None, *, default: int, **asking: Unpack[Asking]) -> int:
        """The served variant's payload if it is a number without a fraction within ±2^53, else default."""
        return self._payload(key, actor, default, payload.integer, asking)

    def payload_float(self, key: str, actor: Who | Context = None, *, default: float, **asking: Unpack[Asking]) -> float:
        """The served variant's payload if it is a number, else default."""
        return self._payload(key, actor, default, payload.number, asking)

    def payload_object(
        self, key: str, actor: Who | Context = None, *, default: Mapping[str, Any], **asking: Unpack[Asking]
    ) -> Mapping[str, Any]:
        """The served variant's payload if it is an object, else default."""
        return self._payload(key, actor, default, payload.mapping, asking)

    def decide(
        self,
        key: str,
        actor: Who | Context = None,
        *,
        groups: Groups = (),
        attributes: Mapping[str, object] | None = None,
        now: int | None = None,
        roll: int | None = None,
    ) -> Decision:
        """The whole decision about one flag."""
        engine = self._store.engine
        if engine is None:
            return Decision(key, NOT_READY)
        try:
            decision = engine.decide(key, actor, groups, attributes, now, roll)
            if not decision.known:
                self._store.mistakes.unknown_flag(key)
            return decision
        except BaseException as error:  # noqa: BLE001 -- a decision never fails
            let_pass(error)
            self._failed(key, error)
            return Decision(key, NOT_READY, revision=engine.info.revision, error=error)

    def decide_all(
        self, actor: Who | Context = None, *, keys: Sequence[str] | None = None, **asking: Unpack[Asking]
    ) -> list[Decision]:
        """The decisions about these flags, in their order, or about all flags, ascending by key. It takes one call into the
        module per 1,024 flags."""
        engine = self._store.engine
        wanted: list[str] | None = None
        try:
            wanted = None if keys is None else list(islice(keys, MAX_KEYS + 1))
            if wanted is not None and len(wanted) > MAX_KEYS:
                wanted = []
                raise ValueError(f"more than {MAX_KEYS} keys")
            if engine is None:
                return [Decision(key, NOT_READY) for key in wanted or ()]
            decisions = engine.decide_all(wanted, actor, *_parts(asking))
            for decision in decisions:
                if decision._packed & REASON not in (0, NOT_READY):
                    continue
                if decision.error is not None:
                    self._failed(decision.key, decision.error)
                else:
                    self._store.mistakes.unknown_flag(decision.key)
            return decisions
        except BaseException as error:  # noqa: BLE001 -- a decision never fails
            let_pass(error)
            self._failed("all flags", error)
            revision = engine.info.revision if engine else None
            every = self.keys if keys is None else wanted or ()
            return [Decision(key, NOT_READY, revision=revision, error=error) for key in every]

    def explain(self, key: str, actor: Who | Context = None, **asking: Unpack[Asking]) -> Explanation:
        """The decision with every gate that the engine looked at. It is not counted as an evaluation. Where nothing could be
        decided, there are no steps."""
        engine = self._store.engine
        if engine is None:
            return Explanation(Decision(key, NOT_READY), (), self._store.environment or "", None)
        try:
            explanation = engine.explain(key, actor, *_parts(asking))
            if not explanation.decision.known:
                self._store.mistakes.unknown_flag(key)
            return explanation
        except BaseException as error:  # noqa: BLE001 -- a decision never fails
            let_pass(error)
            self._failed(key, error)
            info = engine.info
            undecided = Decision(key, NOT_READY, revision=info.revision, error=error)
            return Explanation(undecided, (), info.environment, info.revision)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all flags, ascending."""
        engine = self._store.engine
        try:
            return engine.all_keys() if engine else ()
        except BaseException as error:  # noqa: BLE001 -- neither does this fail
            let_pass(error)
            self._failed("all flags", error)
            return ()

    def snapshot(self) -> bytes | None:
        """The bytes that serve now, to be kept as a bootstrap; None before the first."""
        engine = self._store.engine
        return engine.data if engine else None

    @property
    def info(self) -> SnapshotInfo | None:
        """The snapshot that serves: environment, id, lineage, revision; None before the first."""
        engine = self._store.engine
        return engine.info if engine else None

    @property
    def state(self) -> State:
        """What the answers rest on."""
        return self._status.state

    @property
    def stats(self) -> Stats:
        """The client's figures now."""
        status, store = self._status, self._store
        return Stats(
            status.state,
            self.info,
            status.age,
            store.taken,
            store.refused,
            store.broken,
            store.mistakes.unknown,
            store.mistakes.unreadable,
            store.traps,
            status.losses,
            status.error,
        )

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls listener on each StateChanged and FlagsChanged, in the client's own thread or its event loop. Returns a function
        that ends that. What a listener raises is logged."""
        return self._status.subscribe(listener)

    def _is_fractional(self, key: str) -> bool:
        """Whether a flag's numbers are floats: one of its payloads has a fraction."""
        engine = self._store.engine
        return engine is not None and engine.is_fractional(key)

    @property
    def _engine(self) -> Engine | None:
        return self._store.engine

    def _payload(self, key: str, actor: Who | Context, default: T, convert: Callable[[Any], T | None], asking: Asking) -> T:
        decision = self.decide(key, actor, **asking)
        value = convert(decision.payload) if decision.has_payload else None
        return default if value is None else value

    def _failed(self, key: object, error: BaseException) -> None:
        if isinstance(error, ContextError):
            self._store.mistakes.unreadable_context([f"something that can't be read: {error}"])
            return
        self._store.broken += 1
        self._store.mistakes.failed(key, error)


def _parts(asking: Asking) -> tuple[Groups, Mapping[str, object] | None, int | None, int | None]:
    return asking.get("groups", ()), asking.get("attributes"), asking.get("now"), asking.get("roll")
