"""A snapshot that decides: an instance of the module behind a lock.

One instance a snapshot is enough: a call keeps the interpreter's lock, so a second one could never run at the same time. Should
a call find the instance taken for long (a signal handler that interrupted the very call that holds it), it makes an instance of
its own rather than wait for ever.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from random import getrandbits
from typing import Any, TypeVar

import msgpack

from . import context, values
from .context import Context, Who
from .crossing import ModuleTrap
from .decision import HAS_TARGET, HAS_VARIANT, Decision, Variant
from .explanation import Explanation, read_explanation
from .instance import Instance, SnapshotInfo

PATIENCE = 0.05  # seconds: far longer than any decision, far shorter than anybody waits
HALF = 1 << 63  # a negative roll stands for its two's complement

T = TypeVar("T")

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


class Engine:
    """Loads a snapshot; raises LoadError if the engine refuses it. Safe for use from threads, and after a fork."""

    def __init__(
        self,
        data: bytes,
        on_trap: Callable[[ModuleTrap], None] = lambda _: None,
        make: Callable[[bytes], Instance] = Instance,
    ) -> None:
        self.data = data
        self._make = make
        self._on_trap = on_trap
        self._instance: Instance | None = make(data)
        self.info: SnapshotInfo = self._instance.info()
        self._lock = threading.Lock()
        self._packer = msgpack.Packer()
        self._variants: dict[int, Variant] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._keys: tuple[str, ...] | None = None
        #: Evaluations of each flag since take_usage: key → [count, Unix microseconds of the last].
        self.usage: dict[str, list[int]] = {}
        _engines.add(self)

    # A request is a list as the ABI has it: [flags, actor, groups, now, roll, attributes].

    def request(
        self,
        flags: str | Sequence[str] | None,
        actor: Who | Context,
        groups: Iterable[str],
        attributes: Any,
        now: int | None,
        roll: int | None,
    ) -> list[Any]:
        """The request for one flag, several, or (None) all of them. Times are Unix microseconds."""
        now = time.time_ns() // 1000 if now is None else now
        roll = getrandbits(64) - HALF if roll is None else (roll & (2 * HALF - 1)) - HALF ^ -HALF
        if actor.__class__ is str and not groups:
            return [flags, actor, (), now, roll, values.attributes(attributes) if attributes else {}]
        if not isinstance(actor, Context):
            actor = Context(actor, groups=groups, attributes=attributes)
        elif groups or attributes:
            raise TypeError("groups and attributes are part of a prepared Context; give them when it is made")
        names = actor.groups
        if actor.member is not None:
            names = context.ask(actor.member, names, self.groups(flags))
        return [flags, actor.actor, names, now, roll, actor.attributes]

    def evaluate(self, request: list[Any]) -> int:
        """The packed decision for a request of one flag: the quickest question."""
        lock = self._lock
        if not (lock.acquire(False) or lock.acquire(True, PATIENCE)):
            return self._aside(request, _packed)
        try:
            try:
                # Reading self._instance is part of the lock's business: a trap replaces it.
                packed = self._instance.evaluate(self._packer.pack(request))  # type: ignore[union-attr]
            except (ModuleTrap, UnicodeEncodeError, OverflowError, AttributeError) as error:
                packed = self._again(request, _packed, error)
            if packed:
                entry = self.usage.get(request[0])
                if entry is None:
                    self.usage[request[0]] = [1, request[3]]
                else:
                    entry[0] += 1
                    entry[1] = request[3]
            return packed
        finally:
            lock.release()

    def decide(self, request: list[Any]) -> Decision:
        """The whole decision for a request of one flag."""
        return self._locked(request, self._decide_by)

    def _decide_by(self, instance: Instance, written: bytes, request: list[Any]) -> Decision:
        packed = instance.evaluate(written)
        if packed & (HAS_VARIANT | HAS_TARGET):
            decision = self._decision(instance, request[0], instance.record())
        else:
            decision = Decision(request[0], packed, None, None, self.info.revision)
        self._count((decision,), request[3])
        return decision

    def decide_all(self, request: list[Any]) -> list[Decision]:
        """The decisions for a request of several flags, or of all; in their order."""
        keys = self.all_keys() if request[0] is None else request[0]
        decisions: list[Decision] = []
        while len(decisions) < len(keys):

            def ask(instance: Instance, written: bytes, _: Any, first: int = len(decisions)) -> list[Decision]:
                records = instance.batch(written, first)
                decided = [self._decision(instance, keys[first + i], record) for i, record in enumerate(records)]
                self._count(decided, request[3])
                return decided

            decisions += self._locked(request, ask)
        return decisions

    def explain(self, request: list[Any]) -> Explanation:
        """The decision with every gate that the engine looked at. It is not counted as an evaluation."""

        def ask(instance: Instance, written: bytes, _: Any) -> Explanation:
            instance.evaluate(written)
            decision = self._decision(instance, request[0], instance.record())
            return read_explanation(instance.explain(written), decision, self.info)

        return self._locked(request, ask)

    def groups(self, flags: str | Sequence[str] | None) -> Iterable[str]:
        """Every group that deciding the flags can ask for."""
        if isinstance(flags, str):
            return self._groups_of(flags)
        every = dict.fromkeys(name for key in (self.all_keys() if flags is None else flags) for name in self._groups_of(key))
        return every.keys()

    def _groups_of(self, key: str) -> tuple[str, ...]:
        names = self._groups.get(key)
        if names is None:
            names = tuple(self._locked([key, None, (), 0, 0, {}], lambda instance, written, _: instance.groups(written)))
            if len(self._groups) <= self.info.flags:  # unknown keys must not fill the memory
                self._groups[key] = names
        return names

    def all_keys(self) -> tuple[str, ...]:
        """The keys of all flags, ascending."""
        if self._keys is None:
            self._keys = self._locked([], lambda instance, *_: tuple(instance.flag_key(i) for i in range(self.info.flags)))
        return self._keys

    def take_usage(self) -> dict[str, list[int]]:
        """What was counted since the last time."""
        with self._lock:
            taken, self.usage = self.usage, {}
        return taken

    def _count(self, decisions: Iterable[Decision], now: int) -> None:
        """Adds to the usage of flags that the snapshot has. The lock is held, or this is the thread that holds it."""
        for decision in decisions:
            if decision.packed:
                entry = self.usage.setdefault(decision.key, [0, now])
                entry[0] += 1
                entry[1] = now

    def _decision(self, instance: Instance, key: str, record: tuple[int, ...]) -> Decision:
        packed, variant, name, name_length, payload, payload_length, target, target_length = record
        served = None
        if packed & HAS_VARIANT:
            served = self._variants.get(variant)
            if served is None:
                served = Variant(instance.text(name, name_length), instance.text(payload, payload_length))
                self._variants[variant] = served
        at = instance.text(target, target_length) if packed & HAS_TARGET else None
        return Decision(key, packed, served, at, self.info.revision)

    def _locked(self, request: list[Any], ask: Callable[[Instance, bytes, list[Any]], T]) -> T:
        lock = self._lock
        if not (lock.acquire(False) or lock.acquire(True, PATIENCE)):
            return self._aside(request, ask)
        try:
            try:
                return ask(self._instance, self._packer.pack(request), request)  # type: ignore[arg-type]
            except (ModuleTrap, UnicodeEncodeError, OverflowError, AttributeError) as error:
                return self._again(request, ask, error)
        finally:
            lock.release()

    def _again(self, request: list[Any], ask: Callable[[Instance, bytes, list[Any]], T], error: Exception) -> T:
        """Asks once more with what went wrong put right: the instance replaced, or the request cleaned. The lock is held."""
        written = _clean(request)
        if isinstance(error, ModuleTrap):
            self._instance = None
            self._on_trap(error)
        if self._instance is None:
            self._instance = self._make(self.data)
        elif isinstance(error, AttributeError):
            raise error
        try:
            return ask(self._instance, written, request)
        except ModuleTrap as trap:  # it is the request: refuse it, and leave nothing poisoned behind
            self._instance = None
            self._on_trap(trap)
            raise

    def _aside(self, request: list[Any], ask: Callable[[Instance, bytes, list[Any]], T]) -> T:
        """Asks an instance made for this one call."""
        return ask(self._make(self.data), _clean(request), request)

    def _forked(self) -> None:
        """In a child process: another thread may have held the lock, or been inside the instance, when it was forked."""
        self._lock = threading.Lock()
        self._instance = None
        self._packer = msgpack.Packer()
        self.usage = {}  # the parent reports what was counted before


def _packed(instance: Instance, written: bytes, _: Any) -> int:
    return instance.evaluate(written)


def _clean(request: list[Any]) -> bytes:
    """A request packed with invalid Unicode replaced."""
    if not request:
        return b""
    flags, actor, groups, now, roll, attributes = request

    def clean(value: Any) -> Any:
        return values.text(value) if isinstance(value, str) else value

    return bytes(
        msgpack.packb(
            [
                [clean(key) for key in flags] if isinstance(flags, (list, tuple)) else clean(flags),
                clean(actor),
                [clean(name) for name in groups],
                now,
                roll,
                {clean(name): clean(value) for name, value in attributes.items()},
            ]
        )
    )


def _after_fork() -> None:
    for engine in list(_engines):
        engine._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
