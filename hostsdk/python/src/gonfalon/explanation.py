"""Why a decision is what it is: every gate that the engine looked at, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .abi import SnapshotInfo
from .decision import GATES, Decision, Gate, named
from .words import detail, name

OUTCOMES = ("no", "yes", "deny", "pass", "fail", "not_asked")
OPERATORS = (
    *("eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches", "never"),
    *("semver_gte", "semver_lt", "starts_with", "ends_with"),
)

# What a step's three numbers are, by gate.
_FACTS: dict[Gate, tuple[str, ...]] = {
    Gate.NONE: ("exhausted",),
    Gate.ACTOR: ("state",),
    Gate.GROUP: ("state",),
    Gate.RULE: ("score", "limit"),
    Gate.SEGMENT: ("score", "limit"),
    Gate.BOOLEAN: ("on",),
    Gate.SCHEDULE: ("from", "until", "now"),
    Gate.PERCENTAGE_OF_ACTORS: ("score", "limit"),
    Gate.PERCENTAGE_OF_TIME: ("draw", "limit"),
    Gate.PREREQUISITE: ("required", "found"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One constraint of a rule or segment, and how it compared. ``actual`` is the context's value, None if it is missing."""

    attribute: str
    operator: str
    values: list[Any]
    actual: Any
    held: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One gate. ``outcome`` is one of OUTCOMES; ``facts`` are what was compared (scores of 0 … 65535, draws of 1 … 10000, times
    in Unix microseconds; None: open, missing or not needed)."""

    gate: Gate
    outcome: str
    target: str | None
    facts: dict[str, int | None]
    comparisons: tuple[Comparison, ...] = ()

    @property
    def detail(self) -> str:
        """What the gate compared, in words."""
        return detail(self)

    def __str__(self) -> str:
        target = name(self.target) if self.target else ""
        return f"{self.gate:<20} {target:<16} {self.outcome:<9} {self.detail}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and the steps to it; ``str`` gives a table to read."""

    decision: Decision
    steps: tuple[Step, ...]
    environment: str
    revision: int | None

    def __str__(self) -> str:
        d = self.decision
        state = "on" if d.enabled else "off"
        at = "nothing loaded" if self.revision is None else f"revision {self.revision}"
        head = f"{d.key} · {self.environment} · {at} · {state} · {d.reason}"
        if d.variant is not None:
            head += f" · variant {d.variant}"
        return "\n".join([head, *(f"  {step}" for step in self.steps)])


def read_explanation(written: list[Any], decision: Decision, info: SnapshotInfo) -> Explanation:
    """Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]]."""
    return Explanation(decision, tuple(map(_step, written[1])), info.environment, info.revision)


def _step(written: list[Any]) -> Step:
    number, outcome, target, a, b, c, details = written
    gate = named(GATES, "gate", number)
    comparisons = tuple(
        Comparison(name, named(OPERATORS, "operator", op), values, actual, held)
        for name, op, values, actual, held in details or ()
    )
    facts = dict(zip(_FACTS.get(gate, ()), (a, b, c), strict=False))
    return Step(gate, named(OUTCOMES, "outcome", outcome), target, facts, comparisons)
