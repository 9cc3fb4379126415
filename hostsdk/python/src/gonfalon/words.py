"""What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .decision import SCORES, Gate

if TYPE_CHECKING:
    from .explanation import Comparison, Step

_DRAWS = 10_000
_LONGEST = 80
_UNREADABLE = "a newer build wrote this flag, and this one can't read it"


def detail(step: Step) -> str:
    """Says what the step's gate compared."""
    gate, outcome, facts = step.gate, step.outcome, step.facts
    if outcome == "not_asked":
        return "the context is empty" if gate in (Gate.RULE, Gate.SEGMENT) else "there is no actor"
    match gate:
        case Gate.NONE:
            return _UNREADABLE if facts["exhausted"] is None else "the comparisons took too many steps over this context"
        case Gate.ACTOR:
            return {"yes": "named, and allowed", "deny": "named, and denied"}.get(outcome, "not named")
        case Gate.GROUP:
            return {"yes": "a member, and allowed", "deny": "a member, and denied"}.get(outcome, "in none of the flag's groups")
        case Gate.RULE | Gate.SEGMENT:
            return _rule(step)
        case Gate.BOOLEAN:
            return _on_off(facts["on"])
        case Gate.SCHEDULE:
            return f"{_window(facts['from'], facts['until'])}, and it is {_moment(facts['now'] or 0)}"
        case Gate.PERCENTAGE_OF_ACTORS:
            return _share(facts["score"], facts["limit"], "actors")
        case Gate.PERCENTAGE_OF_TIME:
            draw, limit = facts["draw"] or 0, facts["limit"] or 0
            return f"{_percent(limit, _DRAWS)}% of the time: drew {draw} {_sign(draw, limit)} {limit} of 10000"
        case Gate.PREREQUISITE:
            found = facts["found"]
            state = (
                "missing" if found is None else {0: "off", 1: "on"}.get(found, "in a cycle, too deep, too costly, or unreadable")
            )
            return f"{state}, as required" if outcome == "pass" else f"{state}, but must be {_on_off(facts['required'])}"
        case Gate.KILL:
            return "the flag is killed"
    return ""


def _rule(step: Step) -> str:
    told = []
    for comparison in step.comparisons:
        told.append(_constraint(comparison))
        if not comparison.held:
            return " and ".join(told)
    if step.facts["limit"] is not None:
        told.append(_share(step.facts["score"], step.facts["limit"], "them"))
    return " and ".join(told)


def _constraint(c: Comparison) -> str:
    single = len(c.values) == 1 and c.operator not in ("in", "not_in")
    text = f"{name(c.attribute)} {c.operator} {_short(c.values[0] if single else c.values)}"
    if c.held:
        return text
    return f"{text}: it is missing" if c.actual is None else f"{text}: it is {_short(c.actual)}"


def _on_off(value: int | None) -> str:
    return "on" if value == 1 else "off"


def _sign(n: int, limit: int) -> str:
    return ">" if n > limit else "≤"


def _share(score: int | None, limit: int | None, of: str) -> str:
    most = limit or 0
    text = f"{_percent(most, SCORES)}% of {of}"
    if score is None:
        return f"{text}: there is no actor"
    return f"{text}: score {_place(score)} {_sign(score, most)} {_place(most)}"


def _percent(n: int, whole: int) -> str:
    """The roundest percentage that grants what is at most n of the whole."""
    for decimals in range(7):
        power = 10**decimals
        rounded = -(-n * 100 * power // whole)
        if rounded * whole < (n + 1) * 100 * power or decimals == 6:
            return _decimal(rounded, decimals)
    raise AssertionError


def _place(score: int) -> str:
    """A score as a place in [0, 1), to four decimals."""
    return _decimal((score * 10_000 + SCORES // 2) // SCORES, 4)


def _decimal(n: int, decimals: int) -> str:
    digits = str(n).zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def _window(start: int | None, end: int | None) -> str:
    if start is None:
        return "always open" if end is None else f"until {_moment(end)}"
    return f"from {_moment(start)} on" if end is None else f"from {_moment(start)} until {_moment(end)}"


def _moment(at: int) -> str:
    """A time in Unix microseconds, for people."""
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    except OverflowError:  # beyond the years that Python knows
        return f"{at} µs"
    fraction = f".{time.microsecond:06}".rstrip("0").rstrip(".")
    return f"{time.year:04}-{time:%m-%dT%H:%M:%S}{fraction}Z"


def _short(value: Any) -> str:
    """A value as JSON, cut if it is long."""
    text = _written(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value)


def _number(value: float) -> str:
    """A float as JavaScript writes it."""
    exact = repr(value)
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return format(Decimal(exact), "f").removesuffix(".0")
    mantissa, _, exponent = exact.partition("e")
    return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}" if exponent else exact


_PLAIN = re.compile(r"[A-Za-z0-9_.:@/-]+")
_SHOWN_OTHERWISE = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]')
_SIMPLE = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def name(text: str) -> str:
    """The name of an attribute or a target, in quotes unless it is a plain word."""
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """A text as a JSON string in which whatever could change how a line is shown is escaped."""
    return '"' + _SHOWN_OTHERWISE.sub(lambda m: _SIMPLE.get(m[0]) or f"\\u{ord(m[0]):04x}", text) + '"'
