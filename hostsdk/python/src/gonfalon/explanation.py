"""Why a decision is what it is: every gate that the engine looked at, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .decision import GATES, SCORES, Decision, Gate, named
from .instance import SnapshotInfo

OUTCOMES = ("no", "yes", "deny", "pass", "fail", "not_asked")
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

    def __str__(self) -> str:
        return f"{self.gate:<21} {self.target or '':<16} {self._detail():<48} {self.outcome}".rstrip()

    def _detail(self) -> str:
        facts, gate = self.facts, self.gate
        if self.outcome == "not_asked":
            return "there is no context" if gate in (Gate.RULE, Gate.SEGMENT) else "there is no actor"
        match gate:
            case Gate.ACTOR:
                return ("not named", "named, and denied", "named, and allowed", "named twice")[facts["state"] or 0]
            case Gate.GROUP:
                return "in none of the groups" if self.outcome == "no" else "a member"
            case Gate.BOOLEAN:
                return "on" if facts["on"] else "off"
            case Gate.SCHEDULE:
                return f"from {_moment(facts['from'])} until {_moment(facts['until'])}, now {_moment(facts['now'])}"
            case Gate.PREREQUISITE:
                found = "missing" if facts["found"] is None else ("off", "on", "part of a cycle")[facts["found"]]
                return (
                    f"{found}, {'as required' if self.outcome == 'pass' else 'must be ' + ('on' if facts['required'] else 'off')}"
                )
            case Gate.PERCENTAGE_OF_TIME:
                return f"drew {facts['draw']} of 10000, granted up to {facts['limit']}"
        score, limit = facts.get("score"), facts.get("limit")
        told = [f"{c.attribute} {c.operator} {c.values} ({c.actual!r})" for c in self.comparisons]
        if score is not None and limit is not None:
            told.append(f"score {score / SCORES:.4f}, granted up to {limit / SCORES:.4f}")
        return " and ".join(told)


def _moment(at: int | None) -> str:
    """A time in Unix microseconds, for people."""
    if at is None:
        return "ever"
    try:
        return datetime.fromtimestamp(at // 1_000_000, UTC).isoformat()
    except (OverflowError, ValueError, OSError):  # beyond the years that Python knows
        return f"{at} µs"


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
