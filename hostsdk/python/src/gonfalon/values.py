"""A context's values, as the module reads them.

The mapping is the same in every SDK: a float without a fraction within ±2^53 is an integer, integers beyond int64 stay exact
(ext type 1, decimal digits), what is not valid Unicode becomes U+FFFD, times are ISO 8601 in UTC, and what has no place in the
engine's values (NaN, sets, objects …) is null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any
from uuid import UUID

import msgpack

from .interruption import let_pass

MAX_ATTRIBUTES = 256  # of a request, by the module's ABI
MAX_INTEGER_BITS = 1 << 17  # 39,000 digits: writing more takes time that grows with their square
MAX_DEPTH = 16  # of lists and maps in one another: nobody targets deeper, and it bounds the work

LEAST_INT, GREATEST_INT = -(1 << 63), (1 << 63) - 1
EXACT = float(1 << 53)  # up to here a float holds every integer
EXT_INTEGER = 1

_PLAIN = frozenset((str, bool, type(None)))


def text(value: str) -> str:
    """The string itself, or with lone surrogates replaced if it has any."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def attributes(given: object, wrong: list[str]) -> dict[str, object]:
    """The attributes as msgpack packs them for the module. Names that are not strings are left out, what raises is null, and
    both are noted in wrong."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        wrong.append(f"{type(given).__name__} as the attributes")
        return {}
    mapped: dict[str, object] = {}
    for name, value in given.items():
        if not isinstance(name, str):
            wrong.append(f"{type(name).__name__} as an attribute's name")
            continue
        try:
            mapped[text(str.__str__(name))] = value_of(value, 0)
        except BaseException as error:  # noqa: BLE001 -- a mapping or a number of the program's
            let_pass(error)
            wrong.append(f"an attribute of {type(value).__name__}, which raises {type(error).__name__}")
            mapped[text(str.__str__(name))] = None
    return mapped


def is_plain(given: Mapping[str, object]) -> bool:
    """Whether every name and value can be packed as it is, but for invalid Unicode, which packing itself detects."""
    for name, value in given.items():
        if type(name) is not str:
            return False
        if type(value) not in _PLAIN and not (type(value) is int and LEAST_INT <= value <= GREATEST_INT):
            return False
    return True


def value_of(value: object, depth: int) -> Any:
    """One value as msgpack packs it; depth counts the lists and maps around it."""
    match value:
        case None | bool():
            return value
        case Enum():
            return value_of(value.value, depth)
        case str():
            return text(str.__str__(value))
        case int():
            return integer(int(value))
        case float():
            return number(float(value))
        case Mapping():
            return mapping(value, depth)
        case list() | tuple():
            return [value_of(item, depth + 1) for item in value] if depth < MAX_DEPTH else None
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            if not value.is_finite() or value.adjusted() > 400:  # far beyond a float; spelling it out could take gigabytes
                return None
            return integer(int(value)) if value == value.to_integral_value() else number(float(value))
        case Integral():  # of other libraries
            return integer(int(value))
        case Real():
            return number(float(value))
    return None


def integer(value: int) -> int | msgpack.ExtType:
    if LEAST_INT <= value <= GREATEST_INT:
        return value
    return msgpack.ExtType(EXT_INTEGER, digits(value).encode())


def digits(value: int) -> str:
    """An integer in decimal digits, also if it has more than the interpreter converts at once."""
    if value.bit_length() > MAX_INTEGER_BITS:
        raise ValueError("an integer that takes too long to write")
    try:
        return str(value)
    except ValueError:
        return format(Decimal(value), "f")


def number(value: float) -> int | float | None:
    if value.is_integer() and -EXACT <= value <= EXACT:
        return int(value)
    return value if math.isfinite(value) else None


def mapping(value: Mapping[Any, object], depth: int) -> dict[str, Any] | None:
    """A nested map, keys ascending; null if it is too deep or has a key that is no string."""
    if depth >= MAX_DEPTH or not all(isinstance(key, str) for key in value):
        return None
    mapped = {text(key): value_of(item, depth + 1) for key, item in value.items()}
    return {key: mapped[key] for key in sorted(mapped)}  # code points sort as their UTF-8 does


def moment(value: datetime) -> str:
    """ISO 8601 in UTC, without trailing zeros. A time without a zone is taken as UTC, never as the host's."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    whole = utc.strftime("%Y-%m-%dT%H:%M:%S") if utc.year >= 1000 else utc.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{utc.microsecond:06d}".rstrip("0").rstrip(".") + "Z" if utc.microsecond else whole + "Z"
