"""Why a decision is what it is: every gate that the engine looked at, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .decision import GATES, SCORES, Decision, Gate
from .instance import SnapshotInfo

OUTCOMES = ("no", "yes", "deny", "pass", "fail", "not asked")
OPERATORS = ("eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches", "never")

# What a step's three numbers are, by gate.
_FACTS: dict[Gate, tuple[str, ...]] = {
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
class Check:
    """One constraint of a rule or segment. ``actual`` is the context's value, None if it is missing."""

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
    checks: tuple[Check, ...] = ()

    def __str__(self) -> str:
        return f"{self.gate.value:<21} {self.target or '':<16} {self._detail():<48} {self.outcome}".rstrip()

    def _detail(self) -> str:
        if self.checks:
            return " and ".join(f"{c.attribute} {c.operator} {c.values} ({c.actual!r})" for c in self.checks)
        facts = self.facts
        score, limit = facts.get("score"), facts.get("limit")
        if score is not None and limit is not None:
            return f"score {score / SCORES:.4f}, granted to {(limit + 1) / SCORES:.4f}"
        return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and the steps to it; ``str`` gives a table to read."""

    decision: Decision
    steps: tuple[Step, ...]
    environment: str
    revision: int

    def __str__(self) -> str:
        d = self.decision
        state = "on" if d.enabled else "off"
        head = f"{d.key} · {self.environment} · revision {self.revision} · {state} · {d.reason.value}"
        if d.variant is not None:
            head += f" · variant {d.variant}"
        return "\n".join([head, *(f"  {step}" for step in self.steps)])


def read_explanation(written: list[Any], decision: Decision, info: SnapshotInfo) -> Explanation:
    """Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]]."""
    return Explanation(decision, tuple(map(_step, written[1])), info.environment, info.revision)


def _step(written: list[Any]) -> Step:
    number, outcome, target, a, b, c, details = written
    gate = GATES[number]
    checks = tuple(Check(name, OPERATORS[op], values, actual, held) for name, op, values, actual, held in details or ())
    return Step(gate, OUTCOMES[outcome], target, dict(zip(_FACTS.get(gate, ()), (a, b, c), strict=False)), checks)
