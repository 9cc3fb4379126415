from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import msgpack
import pytest

from gonfalon import payload, values
from gonfalon.engine import Engine

BIG = 123456789012345678901234567890


class Plan(StrEnum):
    PRO = "pro"


class Level(IntEnum):
    FIVE = 5


class Mixed(Enum):
    TEAM = "team"


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (5.0, 5),
        (-0.0, 0),
        (5.5, 5.5),
        (float(2**53), 2**53),
        (float(-(2**53)), -(2**53)),
        (float(2**54), float(2**54)),
        (1e300, 1e300),
        (float("nan"), None),
        (float("inf"), None),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, msgpack.ExtType(1, b"9223372036854775808")),
        (2**64 - 1, msgpack.ExtType(1, b"18446744073709551615")),
        (-(2**63) - 1, msgpack.ExtType(1, b"-9223372036854775809")),
        ("é", "é"),
        ("a\ud800", "a\ufffd"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        (Plan.PRO, "pro"),
        (Level.FIVE, 5),
        (Mixed.TEAM, "team"),
        (Decimal("5.0"), 5),
        (Decimal("5.5"), 5.5),
        (Decimal("NaN"), None),
        (Decimal("1e999999"), None),
        (Fraction(1, 2), 0.5),
        (datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC), "2026-11-22T10:00:00Z"),
        (datetime(2026, 11, 22, 10, 0, 0, 500000, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T08:00:00.5Z"),
        (datetime(2026, 11, 22, 10, 0), "2026-11-22T10:00:00Z"),
        (date(2026, 11, 22), "2026-11-22"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (b"bytes", None),
        ({1, 2}, None),
        (object(), None),
        ([1.0, (2.0, "x")], [1, [2, "x"]]),
        ({"b": 1.0, "a": {"d": 1, "c": 2}}, {"a": {"c": 2, "d": 1}, "b": 1}),
        (MappingProxyType({"b": 1, "a": 2}), {"a": 2, "b": 1}),
        ({1: "no string key"}, None),
    ],
)
def test_a_value_on_the_wire(given: object, wire: object) -> None:
    mapped = values.value_of(given, 0, values.Room())
    assert mapped == wire
    assert type(mapped) is type(wire)
    assert repr(mapped) == repr(wire)  # the order of keys, too


def test_an_integer_too_long_to_write_is_null() -> None:
    assert values.value_of(10**5000, 0, values.Room()) == msgpack.ExtType(1, b"1" + b"0" * 5000)
    assert values.attributes({"n": 10**50000}, []) == {"n": None}


def nested(depth: int) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_nested_too_deep_is_null() -> None:
    assert values.value_of(nested(values.MAX_DEPTH), 0, values.Room()) == nested(values.MAX_DEPTH)
    assert values.value_of(nested(values.MAX_DEPTH + 1), 0, values.Room()) != nested(values.MAX_DEPTH + 1)
    endless: list[Any] = []
    endless.append(endless)
    assert "null" not in repr(values.value_of(endless, 0, values.Room()))


def test_attributes_are_read_whatever_they_are() -> None:
    class Bad(Mapping[str, object]):
        def __getitem__(self, key: str) -> object:
            raise KeyError(key)

        def __iter__(self) -> Iterator[str]:
            return iter(("a",))

        def __len__(self) -> int:
            return 1

    wrong: list[str] = []
    assert values.attributes({"a": 1, 5: "x", "b": Bad()}, wrong) == {"a": 1, "b": None}
    assert len(wrong) == 2
    assert values.attributes([("a", 1)], wrong) == {}
    assert len(wrong) == 3
    assert values.attributes(MappingProxyType({"a": 1.0}), wrong) == {"a": 1}


@pytest.mark.parametrize("n", [5, 5.0, Level.FIVE, Decimal(5), BIG])
def test_the_engine_finds_numbers_whatever_their_type(engine: Engine, n: object) -> None:
    assert engine.evaluate("typed", "user:1", (), {"n": n}, None, None) & 1


@pytest.mark.parametrize("n", [5.5, BIG + 1, float("nan"), [5], 2**64])
def test_the_engine_tells_numbers_apart(engine: Engine, n: object) -> None:
    assert engine.evaluate("typed", "user:1", (), {"n": n}, None, None) & 1 == 0


@pytest.mark.parametrize("text", [b"0.5", b"-0.5", b"1e+300", b"-2E2"])
def test_a_number_with_a_fraction_or_an_exponent_makes_a_flags_numbers_floats(text: bytes) -> None:
    assert payload.is_fractional(text)
    assert not payload.is_fractional(b'"' + text + b'"')


@pytest.mark.parametrize("text", [b"5", b"-9007199254740993", b"true", b'{"a":0.5}', b""])
def test_other_payloads_do_not(text: bytes) -> None:
    assert not payload.is_fractional(text)
