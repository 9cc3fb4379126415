"""Flags for tests: set in the test, decided by the real engine, no network, nothing shared.

>>> flags = FlagsForTest()
>>> flags.enable("new_checkout", for_group="staff")
>>> flags.enabled("new_checkout", "user:3", groups=["staff"])
True

With pytest there is a fixture, ``gonfalon_flags``. A change lasts as long as the object, or as a ``with`` block:

>>> with flags.disable("new_checkout"): ...

Flags that the test doesn't set come from ``base``, a snapshot that ``gonfalon compile`` made, or are unknown.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from .abi import SnapshotInfo
from .decision import Decision
from .engine import Engine
from .explanation import Explanation
from .flags import Flags
from .status import FlagsChanged, Status
from .store import Store

ENVIRONMENT = "test"
LINEAGE = bytes(16)


@dataclass
class FlagForTest:
    """One flag's gates, as far as tests need them. States of actors and groups: True allows, False denies."""

    on: bool = False
    killed: bool = False
    actors: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, bool] = field(default_factory=dict)
    actors_ratio: float | None = None
    time_ratio: float | None = None
    variant: tuple[str, Any] | None = None
    off_variant: bool = False
    requires: dict[str, bool] = field(default_factory=dict)
    windows: list[tuple[int, int]] = field(default_factory=list)  # Unix microseconds


class Change:
    """A change that was made. As a context manager it is undone at the end of the block."""

    def __init__(self, flags: FlagsForTest, before: dict[str, FlagForTest]) -> None:
        self._flags = flags
        self._before = before

    def undo(self) -> None:
        """Takes the flags back to what they were before this change, and with them later changes."""
        self._flags._set(self._before)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.undo()


class FlagsForTest(Flags):
    """A client for tests: ask it as any other, and say what the flags are."""

    def __init__(self, base: bytes | str | os.PathLike[str] | None = None) -> None:
        self._status = Status()
        self._store = Store(None, self._status)
        if base is not None and not isinstance(base, bytes):
            base = Path(base).read_bytes()
        self._base = Engine(base) if base is not None else None
        self._revision = 0
        self._flags: dict[str, FlagForTest] = {}
        self._set({})

    def enable(
        self,
        key: str,
        *,
        for_actor: str | None = None,
        for_group: str | None = None,
        for_percentage_of_actors: float | None = None,
        for_percentage_of_time: float | None = None,
        requires: str | None = None,
    ) -> Change:
        """Turns a flag on: for everyone, or for what is named. ``requires`` makes it need another flag that is on."""
        return self._scoped(key, True, for_actor, for_group, for_percentage_of_actors, for_percentage_of_time, requires)

    def disable(
        self, key: str, *, for_actor: str | None = None, for_group: str | None = None, requires: str | None = None
    ) -> Change:
        """Turns a flag off: for everyone that no other gate grants it to, or for what is named. ``requires`` makes it need
        another flag that is off."""
        return self._scoped(key, False, for_actor, for_group, None, None, requires)

    def serve(self, key: str, variant: str, payload: Any = None) -> Change:
        """Gives the flag a variant, which every actor is served, with a payload if there is one."""

        def change(flag: FlagForTest) -> None:
            flag.variant = (variant, payload)

        return self._change(key, change)

    def kill(self, key: str, *, serving_variant: bool = False) -> Change:
        """Kills a flag: off, whatever its gates say. Actors get the flag's variant only if serving_variant says so."""

        def change(flag: FlagForTest) -> None:
            if serving_variant and flag.variant is None:
                raise ValueError(f"{key} has no variant to serve")
            flag.killed, flag.off_variant = True, serving_variant

        return self._change(key, change)

    def clear(self, key: str | None = None) -> Change:
        """Forgets what the test set for a flag, or for all of them."""
        return self._set({} if key is None else {name: flag for name, flag in self._flags.items() if name != key})

    def unload(self) -> None:
        """Makes the client one that nothing has been loaded into: every question gives the caller's default. The next change
        loads it again."""
        self._store.engine = None

    def _scoped(
        self,
        key: str,
        enabled: bool,
        actor: str | None,
        group: str | None,
        actors_ratio: float | None,
        time_ratio: float | None,
        requires: str | None,
    ) -> Change:
        given = [scope for scope in (actor, group, actors_ratio, time_ratio, requires) if scope is not None]
        if len(given) > 1:
            raise ValueError("one scope at a time: each of them is a change of its own")
        for ratio in (actors_ratio, time_ratio):
            if ratio is not None and not 0 < ratio < 1:
                raise ValueError(f"{ratio} is not between 0 and 1 (both excluded)")

        def change(flag: FlagForTest) -> None:
            if actor is not None:
                flag.actors[actor] = enabled
            elif group is not None:
                flag.groups[group] = enabled
            elif actors_ratio is not None or time_ratio is not None:
                flag.actors_ratio, flag.time_ratio = actors_ratio, time_ratio
            elif requires is not None:
                flag.requires[requires] = enabled
            else:
                flag.on = enabled

        return self._change(key, change)

    def _change(self, key: str, change: Any) -> Change:
        flag = copy.deepcopy(self._flags.get(key)) or FlagForTest()
        change(flag)
        return self._set({**self._flags, key: flag})

    def _set(self, flags: dict[str, FlagForTest]) -> Change:
        self._revision += 1
        engine = Engine(compile_for_test(flags, self._revision))  # which may refuse them
        before, self._flags = self._flags, flags
        self._store.engine = engine if self._base is None else _Layered(engine, self._base)
        self._status.loaded()
        self._status.contact()
        changed = frozenset(key for key in before.keys() | flags.keys() if before.get(key) != flags.get(key))
        if changed:
            self._status.emit(FlagsChanged(changed, self._revision, engine.info.lineage))
        return Change(self, before)


class _Layered(Engine):
    """Flags that a test set, over those of a base. A flag's prerequisites are looked for in its own layer."""

    def __init__(self, top: Engine, base: Engine) -> None:
        self._top, self._base = top, base
        self._over = frozenset(top.all_keys())
        self.data = top.data
        self.info: SnapshotInfo = top.info

    def _of(self, key: str) -> Engine:
        return self._top if key in self._over else self._base

    def evaluate(self, key: str, *asking: Any) -> int:
        return self._of(key).evaluate(key, *asking)

    def decide(self, key: str, *asking: Any) -> Decision:
        return self._of(key).decide(key, *asking)

    def decide_all(self, keys: Sequence[str] | None, *asking: Any) -> list[Decision]:
        return [self.decide(key, *asking) for key in (self.all_keys() if keys is None else keys)]

    def explain(self, key: str, *asking: Any) -> Explanation:
        return self._of(key).explain(key, *asking)

    def is_fractional(self, key: str) -> bool:
        return self._of(key).is_fractional(key)

    def groups(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for key in keys for name in self._of(key).groups([key])))

    def all_keys(self) -> tuple[str, ...]:
        return tuple(sorted(self._over.union(self._base.all_keys()), key=str.encode))

    def take_usage(self) -> dict[str, list[int]]:
        return {**self._base.take_usage(), **self._top.take_usage()}


def compile_for_test(
    flags: dict[str, FlagForTest], revision: int = 1, environment: str = ENVIRONMENT, lineage: bytes = LINEAGE
) -> bytes:
    """A snapshot of these flags, in the bytes that engine/snapshot/FORMAT.md describes."""
    slots = variants = prerequisites = schedules = 0
    records = []
    for key in sorted(flags, key=str.encode):
        flag = flags[key]
        slots += sum(_slots(len(table)) for table in (flag.actors, flag.groups))
        variants += flag.variant is not None
        prerequisites += len(flag.requires)
        schedules += len(flag.windows)
        records.append([key, _record(flag)])
    counts = [len(flags), 0, slots, 0, 0, 0, variants, prerequisites, schedules, 0, 0, 0]
    header = ["gonfalon", 1, environment, lineage, revision, [0], counts]
    unsealed = msgpack.packb([header, [], records])
    # An array of 4, of which the last is the id: SHA-256 of every byte before it.
    sealed = bytes([0x94]) + bytes(unsealed[1:]) + b"\xc4\x20"
    return sealed + hashlib.sha256(sealed).digest()


def _record(flag: FlagForTest) -> bytes:
    variants = []
    if flag.variant:
        name, payload = flag.variant
        written = None if payload is None else json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        variants = [[name, 65536, None if written is None else written.encode()]]
    return bytes(
        msgpack.packb(
            [
                flag.on | flag.killed << 1,
                0 if flag.actors_ratio is None else 1 + min(int(flag.actors_ratio * 65536), 65535),
                0 if flag.time_ratio is None else 1 + _draws(flag.time_ratio),
                1 if flag.off_variant else 0,
                _table(flag.actors),
                _table(flag.groups),
                [],
                variants,
                [part for parent, required in flag.requires.items() for part in (parent, required)],
                [end for window in flag.windows for end in window],
            ]
        )
    )


def _table(states: dict[str, bool]) -> list[Any]:
    return [part for name in sorted(states, key=str.encode) for part in (name, 2 if states[name] else 1)]


def _slots(n: int) -> int:
    """The smallest power of two that is at least 2 and at least n + n/2; nothing for an empty table."""
    return 0 if n == 0 else max(2, 1 << (n + n // 2 - 1).bit_length())


def _draws(ratio: float) -> int:
    """The greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none."""
    n = int(ratio * 10000) + 1
    while n / 10000 > ratio:
        n -= 1
    return n
