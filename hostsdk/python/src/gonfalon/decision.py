"""What the engine decided, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from .values import EXACT

# The packed decision of the module's ABI.
ENABLED = 1
REASON = 15 << 1
KILLED = 5
SCORES = 65536
HAS_VARIANT_GATE = 1 << 28
IS_FIXED = 1 << 29
EXHAUSTED = 1 << 30


class Reason(StrEnum):
    """Why a decision is what it is. The last is a host's, before it has a snapshot. A newer engine's reason that has no name
    here is ``reason 9``."""

    UNKNOWN_FLAG = "UNKNOWN_FLAG"
    DEFAULT = "DEFAULT"
    STATIC = "STATIC"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    KILLED = "KILLED"
    PREREQUISITE = "PREREQUISITE"
    NOT_READY = "NOT_READY"


class Gate(StrEnum):
    """A kind of gate. A newer engine's gate that has no name here is ``gate 11``."""

    NONE = ""
    BOOLEAN = "boolean"
    ACTOR = "actor"
    GROUP = "group"
    RULE = "rule"
    SEGMENT = "segment"
    SCHEDULE = "schedule"
    PERCENTAGE_OF_ACTORS = "percentage_of_actors"
    PERCENTAGE_OF_TIME = "percentage_of_time"
    PREREQUISITE = "prerequisite"
    KILL = "kill"


REASONS = tuple(Reason)
GATES = tuple(Gate)
NOT_READY = REASONS.index(Reason.NOT_READY) << 1  # a packed decision of this reason

T = TypeVar("T", bound=str)


def named(names: Sequence[T], kind: str, number: int) -> T:
    """Returns names[number]. A newer engine may know numbers that have no name here."""
    return names[number] if number < len(names) else cast(T, f"{kind} {number}")


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant that was served: its name, and its payload as canonical JSON ('' if it has none)."""

    name: str
    payload: str


def _number(digits: str) -> int | float:
    """An integer within ±2^53, where integers and floats agree in every language; beyond, the nearest float."""
    nearest = float(digits)
    return int(digits) if -EXACT <= nearest <= EXACT and len(digits) < 18 and abs(int(digits)) <= EXACT else nearest


class Decision:
    """The answer about one flag for one context."""

    __slots__ = ("_packed", "_variant", "error", "key", "revision", "target")

    def __init__(
        self,
        key: str,
        packed: int,
        variant: Variant | None = None,
        target: str | None = None,
        revision: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        self.key = key
        self._packed = packed
        self._variant = variant
        #: The deciding gate's target: a group, segment, parent flag or actor; None if it has none.
        self.target = target
        #: The revision of the snapshot that decided; None if there was none.
        self.revision = revision
        #: What kept the engine from deciding, such as a context that can't be read. The reason is then NOT_READY.
        self.error = error

    @property
    def enabled(self) -> bool:
        """What the gates said. It is False while nothing is known."""
        return self._packed & ENABLED != 0

    @property
    def reason(self) -> Reason:
        return named(REASONS, "reason", self._packed >> 1 & 15)

    @property
    def gate(self) -> Gate:
        """The gate that decided; Gate.NONE if none did."""
        return named(GATES, "gate", self._packed >> 5 & 15)

    @property
    def path(self) -> str:
        """The gate that decided, and its target after a slash: ``group/staff``; empty if none did."""
        return f"{self.gate}/{self.target}" if self.target else str(self.gate)

    @property
    def known(self) -> bool:
        """Whether a snapshot decided, and has the flag."""
        return self._packed & REASON not in (0, NOT_READY)

    @property
    def killed(self) -> bool:
        """Whether the flag is killed: off, whatever its gates say."""
        return self._packed >> 1 & 15 == KILLED

    @property
    def has_variants(self) -> bool:
        """Whether the flag has a variant gate, served or not."""
        return self._packed & HAS_VARIANT_GATE != 0

    @property
    def exhausted(self) -> bool:
        """Whether the flag's comparisons took too many steps over the context, so that it is off."""
        return self._packed & EXHAUSTED != 0

    @property
    def score(self) -> float | None:
        """The actor's place in [0, 1) for this flag, which percentages and variants go by; None if it wasn't needed."""
        score = self._packed >> 9 & 0x1FFFF
        return (score - 1) / SCORES if score else None

    @property
    def variant(self) -> str | None:
        """The name of the variant that was served. One is served to a disabled flag's actors, too."""
        return self._variant.name if self._variant else None

    @property
    def has_payload(self) -> bool:
        """Whether the variant that was served has a payload."""
        return self._variant is not None and self._variant.payload != ""

    @property
    def payload(self) -> Any:
        """The served variant's payload: bool, str, int, float or dict, new on each call; None without one, or if it can't be
        read."""
        if self._variant is None or not self._variant.payload:
            return None
        try:
            return json.loads(self._variant.payload, parse_int=_number)
        except (ValueError, RecursionError):
            return None

    @property
    def packed(self) -> int:
        """The decision as the module's ABI packs it."""
        return self._packed

    def _values(self) -> tuple[object, ...]:
        return (self.key, self._packed, self._variant, self.target, self.revision, self.error)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        parts = [f"{self.key!r}", "on" if self.enabled else "off", str(self.reason)]
        if self.gate:
            parts.append(self.path)
        if self.variant is not None:
            parts.append(f"variant {self.variant!r}")
        return f"<Decision {' '.join(parts)}>"
