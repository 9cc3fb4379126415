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
