"""A context's values, as the module reads them.

The mapping is the same in every SDK: a float without a fraction within ±2^53 is an integer, integers beyond int64 stay exact
(ext type 1, decimal digits), what is not valid Unicode becomes U+FFFD, times are ISO 8601 in UTC, and what has no place in the
engine's values (NaN, sets, objects …) is null.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence, Sized
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
# Groups and attributes of a context, values in one attribute, keys of one question: an iterator may have no end.
MAX_LISTED = 100_000
MAX_DEPTH = 16  # of lists and maps in one another: nobody targets deeper, and it bounds the work


class TooManyError(Exception):
    """There are more of something than are read. ``str()`` says of what."""


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
    both are noted in wrong. Raises TooManyError if there are more than are read."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        wrong.append(f"{type(given).__name__} as the attributes")
        return {}
    if has_more(given, MAX_LISTED):
        raise TooManyError(f"there are more than {MAX_LISTED} attributes")
    mapped: dict[str, object] = {}
    for count, (name, value) in enumerate(given.items()):
        if count == MAX_LISTED:  # its length may lie
            raise TooManyError(f"there are more than {MAX_LISTED} attributes")
        if not isinstance(name, str):
            wrong.append(f"{type(name).__name__} as an attribute's name")
            continue
        try:
            mapped[text(str.__str__(name))] = value_of(value, 0, Room())
        except TooManyError as error:
            wrong.append(str(error))
            mapped[text(str.__str__(name))] = None
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


def has_more(given: Sized, most: int) -> bool:
    """Whether a list or a map says that it has more. One that doesn't say is counted while it is read."""
    try:
        return len(given) > most
    except BaseException as error:  # noqa: BLE001 -- a collection of the program's
        let_pass(error)
        return False


class Room:
    """How many values the lists and maps of one attribute may still have."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_LISTED

    def measure(self, value: Collection[object]) -> None:
        """Raises TooManyError if a list or a map has more than may still come."""
        if has_more(value, self.left):
            raise TooManyError(f"an attribute has more than {MAX_LISTED} values")

    def take(self) -> None:
        """Counts a value. Raises TooManyError if it is one too many."""
        self.left -= 1
        if self.left < 0:
            raise TooManyError(f"an attribute has more than {MAX_LISTED} values")


def value_of(value: object, depth: int, room: Room) -> Any:
    """One value as msgpack packs it; depth counts the lists and maps around it. Raises TooManyError if it has no room."""
    match value:
        case None | bool():
            return value
        case Enum():
            return value_of(value.value, depth, room)
        case str():
            return text(str.__str__(value))
        case int():
            return integer(int(value))
        case float():
            return number(float(value))
        case Mapping():
            return mapping(value, depth, room)
        case list() | tuple():
            return sequence(value, depth, room)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            if not is_short(value):
                return None
            return integer(int(value)) if is_whole(value) else number(float(value))
        case Integral():  # of other libraries
            return integer(int(value))
        case Real():
            return number(float(value))
    return None


def is_short(value: Decimal) -> bool:
    """Whether a decimal is a number that can be spelled out; one that is far beyond a float could take gigabytes."""
    return value.is_finite() and value.adjusted() <= 400


def is_whole(value: Decimal) -> bool:
    """Whether a decimal has no fraction, and can be spelled out."""
    return is_short(value) and value == value.to_integral_value()


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


def sequence(value: Sequence[object], depth: int, room: Room) -> list[Any] | None:
    """A list in an attribute; null if it is too deep."""
    if depth >= MAX_DEPTH:
        return None
    room.measure(value)
    items = []
    for item in value:  # its length may lie
        room.take()
        items.append(value_of(item, depth + 1, room))
    return items


def mapping(value: Mapping[Any, object], depth: int, room: Room) -> dict[str, Any] | None:
    """A nested map, keys ascending; null if it is too deep or has a key that is no string."""
    if depth >= MAX_DEPTH:
        return None
    room.measure(value)
    mapped = {}
    for key, item in value.items():
        room.take()
        if not isinstance(key, str):
            return None
        mapped[text(key)] = value_of(item, depth + 1, room)
    return {key: mapped[key] for key in sorted(mapped)}  # code points sort as their UTF-8 does


def moment(value: datetime) -> str:
    """ISO 8601 in UTC, without trailing zeros. A time without a zone is taken as UTC, never as the host's."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    whole = utc.strftime("%Y-%m-%dT%H:%M:%S") if utc.year >= 1000 else utc.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{utc.microsecond:06d}".rstrip("0").rstrip(".") + "Z" if utc.microsecond else whole + "Z"
