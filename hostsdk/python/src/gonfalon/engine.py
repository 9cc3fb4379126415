"""A snapshot that decides: an instance of the engine behind a lock.

One instance a snapshot is enough: a call keeps the interpreter's lock, so a second one could never run at the same time. Should
a call find the instance taken for long (a signal handler that interrupted the very call that holds it), it makes an instance of
its own rather than wait for ever.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import getrandbits
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgpack

from . import payload, values
from .abi import HAS_TARGET, HAS_VARIANT, Answer, Loaded, ModuleTrap
from .changes import Records
from .context import Context, ContextError, Groups, Who, context_of
from .decision import ENABLED, IS_FIXED, NOT_READY, Decision, Variant
from .explanation import Explanation, read_explanation
from .instance import Instance
from .interruption import let_pass
from .mistakes import Mistakes

PATIENCE = 0.05  # seconds: far longer than any decision, far shorter than anybody waits
HALF = 1 << 63  # a negative roll stands for its two's complement
NO_GROUPS: tuple[str, ...] = ()
ON = 1 << 40  # in a count: above how often a flag is evaluated between two reports
COUNTED = (1, 1 + ON)  # what an evaluation adds that was off, or on
LONGEST_KEY = 1024  # bytes of a flag's key (engine/limits.go)
UNKNOWN = 1000  # keys of no flag that are remembered: a program asks for a few such flags, an attacker for any number

Attributes: TypeAlias = Mapping[str, object] | None

T = TypeVar("T")

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


class Needs(NamedTuple):
    """What deciding one flag can ask for (the ABI's ``needs``). The rest of a context is neither read nor written."""

    number: int  # of the flag; -1 if there is no such flag
    groups: tuple[str, ...]
    attributes: tuple[str, ...] | None  # None: all that there are, and all groups
    now: bool
    roll: bool
    fixed: int | None  # the packed decision, if it is the same for every request and points at nothing
    alone: bool  # nothing but the actor matters


Ask: TypeAlias = Callable[[str, object, object, object], bool | None]


def _ask_another_way(*_: object) -> None:
    """What an engine answers that has no quick way."""


class Engine:
    """Loads a snapshot; raises LoadError if the engine refuses it. Safe for use from threads, and after a fork.

    Each question takes who asks (an actor, or a prepared context in its place), groups and attributes, and the time (Unix
    microseconds) and chance (64 bits), for which None stands for the clock's and fresh ones.
    """

    #: Whether a flag is on, by key, actor, groups and attributes: the quickest way. None: evaluate has to be asked.
    ask: Ask = staticmethod(_ask_another_way)

    def __init__(
        self,
        data: bytes,
        on_trap: Callable[[ModuleTrap], None] = lambda _: None,
        make: Callable[[bytes], Loaded] = Instance,
        mistakes: Mistakes | None = None,
    ) -> None:
        self.data = data
        self._mistakes = mistakes if mistakes is not None else Mistakes()
        self._make = make
        self._on_trap = on_trap
        instance = make(data)
        self.info = instance.info()
        self._lock = threading.Lock()
        self._packer = msgpack.Packer()
        self._variants: dict[int, Variant] = {}
        self._needs: dict[str, Needs] = {}
        self._fractional: dict[str, bool] = {}
        self._records: Records | None = None  # of data, once they are asked for
        self._keys: tuple[str, ...] | None = None
        self._use(instance)
        #: Evaluations of each flag since take_usage, in one number: how often, and ON for each time that it was on.
        self.usage: defaultdict[str, int] = defaultdict(int)
        _engines.add(self)

    def evaluate(
        self, key: str, actor: Who | Context, groups: Groups, attributes: Attributes, now: int | None, roll: int | None
    ) -> int:
        """The packed decision of one flag: the quickest question."""
        needs = self._needs.get(key) or self._ask(key)
        lock = self._lock
        if needs.fixed is not None:
            if needs.fixed and (lock.acquire(False) or lock.acquire(True, PATIENCE)):
                self.usage[key] += COUNTED[needs.fixed & ENABLED]
                lock.release()
            return needs.fixed
        request = self._request(needs, actor, groups, attributes, now, roll)
        if not (lock.acquire(False) or lock.acquire(True, PATIENCE)):
            return self._aside(request, _packed)
        try:
            try:
                # Reading self._instance is part of the lock's business: a trap replaces it.
                packed = self._instance.evaluate(self._packer.pack(request))  # type: ignore[union-attr]
            except (ModuleTrap, UnicodeEncodeError, OverflowError, AttributeError) as error:
                packed = self._again(request, _packed, error)
            self.usage[key] += COUNTED[packed & ENABLED]
            return packed
        finally:
            lock.release()

    def decide(
        self, key: str, actor: Who | Context, groups: Groups, attributes: Attributes, now: int | None, roll: int | None
    ) -> Decision:
        """The whole decision of one flag."""
        needs = self._needs.get(key) or self._ask(key)
        if needs.fixed is not None:
            return Decision(key, self.evaluate(key, None, (), None, 0, 0), None, None, self.info.revision)

        def ask(instance: Loaded, written: bytes) -> Decision:
            answer = instance.decide(written)
            self.usage[key] += COUNTED[answer.packed & ENABLED]
            return self._decision(key, answer)

        return self._locked(self._request(needs, actor, groups, attributes, now, roll), ask)

    def decide_all(
        self,
        keys: Sequence[str] | None,
        actor: Who | Context,
        groups: Groups,
        attributes: Attributes,
        now: int | None,
        roll: int | None,
    ) -> list[Decision]:
        """The decisions of several flags, in their order, or of all flags."""
        now = time.time_ns() // 1000 if now is None else now
        roll = getrandbits(64) if roll is None else roll
        asking = context_of(actor, groups, attributes)
        try:
            request = self._whole(keys, asking, NO_GROUPS, None, now, roll)
        except ContextError:  # perhaps they only ask together for more than a request can have
            return [self._alone(key, asking, now, roll) for key in (self.all_keys() if keys is None else keys)]
        if keys is None:
            keys = self.all_keys()
        decisions: list[Decision] = []
        while len(decisions) < len(keys):

            def ask(instance: Loaded, written: bytes, first: int = len(decisions)) -> list[Decision]:
                answers = instance.batch(written, first)
                decided = [self._decision(keys[first + i], answer) for i, answer in enumerate(answers)]
                for decision in decided:
                    if decision.packed:
                        self.usage[decision.key] += COUNTED[decision.packed & ENABLED]
                return decided

            decisions += self._locked(request, ask)
        return decisions

    def _alone(self, key: str, asking: Context, now: int, roll: int) -> Decision:
        """One decision of several, which keeps its error to itself."""
        try:
            return self.decide(key, asking, NO_GROUPS, None, now, roll)
        except BaseException as error:  # noqa: BLE001 -- the others are still decided
            let_pass(error)
            return Decision(key, NOT_READY, revision=self.info.revision, error=error)

    def explain(
        self, key: str, actor: Who | Context, groups: Groups, attributes: Attributes, now: int | None, roll: int | None
    ) -> Explanation:
        """The decision with every gate that the engine looked at. It is not counted as an evaluation."""
        if not isinstance(key, str):  # such as an iterator, which would be taken for keys, and may have no end
            raise TypeError("a flag's key is a string")

        def ask(instance: Loaded, written: bytes) -> Explanation:
            decision = self._decision(key, instance.decide(written))
            return read_explanation(instance.explain(written), decision, self.info)

        return self._locked(self._whole(key, actor, groups, attributes, now, roll), ask)

    def groups(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Every group that deciding the flags can ask for."""
        return tuple(dict.fromkeys(name for key in keys for name in (self._needs.get(key) or self._ask(key)).groups))

    def is_fractional(self, key: str) -> bool:
        """Whether a payload of the flag is a number with a fraction, so that all its numbers are floats to OpenFeature."""
        found = self._fractional.get(key)
        if found is None:
            if self._records is None:
                self._records = Records(self.data)
            found = any(map(payload.is_fractional, self._records.payloads_of(key)))
            if len(self._fractional) < self.info.flags + UNKNOWN:
                self._fractional[key] = found
        return found

    def all_keys(self) -> tuple[str, ...]:
        """The keys of all flags, ascending."""
        if self._keys is None:
            self._keys = self._locked([], lambda instance, _: tuple(instance.flag_key(i) for i in range(self.info.flags)))
        return self._keys

    def take_usage(self) -> dict[str, list[int]]:
        """What was counted since the last time: key → [count, Unix microseconds of now, by when they were made, how often it was
        on]."""
        with self._lock:
            self._count()
            taken, self.usage = self.usage, defaultdict(int)
        now = time.time_ns() // 1000
        return {key: [count % ON, now, count // ON] for key, count in taken.items()}

    # A request is a list as the ABI has it: [flags, actor, groups, now, roll, attributes].

    def _request(
        self,
        needs: Needs,
        actor: Who | Context,
        groups: Groups,
        attributes: Attributes,
        now: int | None,
        roll: int | None,
    ) -> list[Any]:
        """The request for one flag, by what it needs."""
        number, named, names, timed, chanced, _, alone = needs
        if alone and type(actor) is str:  # not __class__, which a proxy has of what is behind it
            return [number, actor]
        now = 0 if not timed else time.time_ns() // 1000 if now is None else now
        roll = 0 if not chanced else getrandbits(64) - HALF if roll is None else _signed(roll)
        if type(actor) is str and groups is NO_GROUPS and (attributes is None or type(attributes) is dict):
            if not attributes or names == ():
                return [number, actor, (), now, roll, {}]
            if names is not None:
                attributes = _only(attributes, names)
            if len(attributes) <= values.MAX_ATTRIBUTES and values.is_plain(attributes):
                return [number, actor, (), now, roll, attributes]
        if names is not None:
            attributes = _only(attributes, names)
        asking = context_of(actor, groups, attributes)
        member_of = asking.member_of(named) if named or names is None else ()
        known = asking.known(names)
        if asking.unreadable:
            self._mistakes.unreadable_context(asking.unreadable)
        return [number, asking.actor, member_of, now, roll, known]

    def _whole(
        self,
        flags: str | Sequence[str] | None,
        actor: Who | Context,
        groups: Groups,
        attributes: Attributes,
        now: int | None,
        roll: int | None,
    ) -> list[Any]:
        """The request for one flag, several or (None) all of them, with all that there is."""
        keys = [flags] if isinstance(flags, str) else self.all_keys() if flags is None else flags
        if not all(isinstance(key, str) for key in keys):
            raise TypeError("a flag's key is a string")
        asking = context_of(actor, groups, attributes)
        named = self.groups(keys) if asking.wants_names or isinstance(flags, str) else ()
        names = (self._needs.get(flags) or self._ask(flags)).attributes if isinstance(flags, str) else None
        member_of = asking.member_of(named) if named or names is None else ()
        known = asking.known(names)
        if asking.unreadable:
            self._mistakes.unreadable_context(asking.unreadable, len(keys))
        now = time.time_ns() // 1000 if now is None else now
        sent = _sent(flags) if isinstance(flags, str) else None if flags is None else list(map(_sent, flags))
        return [sent, asking.actor, member_of, now, getrandbits(64) - HALF if roll is None else _signed(roll), known]

    def _ask(self, key: str) -> Needs:
        """Asks the module what a flag needs, and whether it is decided already."""
        if not isinstance(key, str):
            raise TypeError(f"a flag's key is a string, not {type(key).__name__}")

        def ask(instance: Loaded, written: bytes) -> tuple[list[Any], int]:
            return instance.needs(written), instance.evaluate(written)

        (groups, names, number, now, roll), packed = self._locked([_sent(key), None, (), 0, 0, {}], ask)
        # A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
        attributes = None if names is None or any("\ufffd" in name for name in names) else tuple(names)
        fixed = packed if packed & (IS_FIXED | HAS_VARIANT | HAS_TARGET) == IS_FIXED or not packed else None
        alone = not groups and attributes == () and not now and not roll
        needs = Needs(-1 if number is None else number, tuple(groups), attributes, now, roll, fixed, alone)
        if number is not None or (len(key) <= LONGEST_KEY and len(self._needs) < self.info.flags + UNKNOWN):
            self._needs[key] = needs
            self._remember(key, needs)
        return needs

    def _decision(self, key: str, answer: Answer) -> Decision:
        packed, variant, name, payload, target = answer
        served = None
        if variant:
            served = self._variants.get(variant)
            if served is None:
                served = self._variants[variant] = Variant(name or "", payload or "")
        return Decision(key, packed, served, target, self.info.revision)

    def _locked(self, request: list[Any], ask: Callable[[Loaded, bytes], T]) -> T:
        lock = self._lock
        if not (lock.acquire(False) or lock.acquire(True, PATIENCE)):
            return self._aside(request, ask)
        try:
            try:
                return ask(self._instance, self._packer.pack(request))  # type: ignore[arg-type]
            except (ModuleTrap, UnicodeEncodeError, OverflowError, AttributeError) as error:
                return self._again(request, ask, error)
        finally:
            lock.release()

    # An instance in C answers by itself about the flags whose needs it knows, and counts that (native.py).

    def _use(self, instance: Loaded) -> None:
        self._instance: Loaded | None = instance
        self.ask = getattr(instance, "ask", _ask_another_way)
        for key, needs in list(self._needs.items()):
            self._remember(key, needs)

    def _remember(self, key: str, needs: Needs) -> None:
        remember = getattr(self._instance, "remember", None)
        if remember and needs.number >= 0 and needs.attributes is not None and not needs.now and not needs.roll:
            fixed = -1 if needs.fixed is None else needs.fixed
            remember(key, fixed, needs.number, needs.alone, bool(needs.groups), needs.attributes)

    def _count(self) -> None:
        if take_counts := getattr(self._instance, "take_counts", None):
            for key, (count, on) in take_counts().items():
                self.usage[key] += count + ON * on

    def _leave(self) -> None:
        """The instance is of no more use."""
        self._count()
        self._instance, self.ask = None, _ask_another_way

    def _again(self, request: list[Any], ask: Callable[[Loaded, bytes], T], error: Exception) -> T:
        """Asks once more with what went wrong put right: the instance replaced, or the request cleaned. The lock is held."""
        written = _clean(request)
        if isinstance(error, ModuleTrap):
            self._leave()
            self._on_trap(error)
        if self._instance is None:
            self._use(self._make(self.data))
        elif isinstance(error, AttributeError):
            raise error
        try:
            return ask(self._instance, written)  # type: ignore[arg-type]
        except ModuleTrap as trap:  # it is the request: refuse it, and leave nothing poisoned behind
            self._leave()
            self._on_trap(trap)
            raise

    def _aside(self, request: list[Any], ask: Callable[[Loaded, bytes], T]) -> T:
        """Asks an instance made for this one call."""
        return ask(self._make(self.data), _clean(request))

    def _forked(self) -> None:
        """In a child process: another thread may have held the lock, or been inside the instance, when it was forked."""
        self._lock = threading.Lock()
        self._leave()
        self._packer = msgpack.Packer()
        self.usage = defaultdict(int)  # the parent reports what was counted before


def _packed(instance: Loaded, written: bytes) -> int:
    return instance.evaluate(written)


def _only(attributes: Any, names: tuple[str, ...]) -> Any:
    """The attributes of these names. What isn't a mapping, raises or has too many is left to the context, which notes it."""
    try:
        if type(attributes) is dict or isinstance(attributes, Mapping):
            if names and values.has_more(attributes, values.MAX_LISTED):
                return attributes
            return {name: attributes[name] for name in names if name in attributes}
    except BaseException as error:  # noqa: BLE001 -- a mapping of the program's
        let_pass(error)
        return attributes
    return attributes


def _sent(key: str) -> str:
    """A key as a request has it. One that is too long to be a flag's is cut, and still is no flag's."""
    return key if len(key) <= LONGEST_KEY else key[: LONGEST_KEY + 1]


def _signed(roll: int) -> int:
    """The 64 bits of a roll as a number with a sign."""
    return (roll & (2 * HALF - 1)) - HALF ^ -HALF


def _clean(request: list[Any]) -> bytes:
    """A request packed with invalid Unicode replaced."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return values.text(value)
        if isinstance(value, (list, tuple)) and not isinstance(value, msgpack.ExtType):
            return [clean(item) for item in value]
        if isinstance(value, dict):
            return {clean(name): clean(item) for name, item in value.items()}
        return value

    return bytes(msgpack.packb(clean(request)))


def _after_fork() -> None:
    for engine in list(_engines):
        engine._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
