"""A variant's payload as the type that a program asks for; None if it is of another one."""

from __future__ import annotations

import math
from typing import Any

from .values import EXACT


def boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def integer(value: Any) -> int | None:
    """A number without a fraction within ±2^53, where integers and floats agree in every language."""
    n = number(value)
    if isinstance(value, float) and abs(value) >= EXACT:
        return None  # an integer beyond, as the nearest float
    return int(value) if n is not None and n.is_integer() and -EXACT <= n <= EXACT else None


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        n = float(value)
    except OverflowError:
        return None
    return n if math.isfinite(n) else None


def mapping(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def is_fractional(text: bytes) -> bool:
    """Whether a payload, as JSON, is a number that is written with a fraction or an exponent, as the engine tells floats."""
    return text[:1] in _NUMERIC and any(sign in text for sign in (b".", b"e", b"E"))


_NUMERIC = frozenset(b"-0123456789"[i : i + 1] for i in range(11))
