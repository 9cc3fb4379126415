"""Whatever a program hands in, and whatever its own objects raise, no question fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from gonfalon import Context, Gonfalon, score
from gonfalon.testing import FlagForTest, compile_for_test
from test_contract_values import client

FLAGS = compile_for_test({"on": FlagForTest(on=True), "mine": FlagForTest(on=True)})


class Odd(BaseException):
    """What no program should raise."""


class Actor:
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    @property
    def actor_id(self) -> str:
        raise self.error

    def in_group(self, _: str) -> bool:
        raise self.error


class Raising(Mapping[str, object]):
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __getitem__(self, _: str) -> object:
        raise self.error

    def __iter__(self) -> Iterator[str]:
        raise self.error

    def __len__(self) -> int:
        raise self.error


def endless() -> Iterator[str]:
    while True:
        yield "g"


ODD: list[Any] = [
    *(
        None,
        True,
        1,
        -1.5,
        float("nan"),
        float("inf"),
        10**5000,
        Decimal("NaN"),
        Decimal("1e9999999"),
        b"x",
        "",
        "\ud800",
        "x" * 100_000,
    ),
    *((), [], {}, [[]], {1: 2}, {"a": {"b": Odd()}}, set(), object(), Odd, len, datetime.max, range(3), endless()),
    *(Actor(ValueError), Actor(Odd), Raising(ValueError), Raising(Odd), Context(Actor(Odd)), Context(groups=endless())),
]
QUESTIONS: list[Callable[..., Any]] = [
    lambda flags, key, **how: flags.enabled(key, **how),
    lambda flags, key, **how: flags.variant(key, **how),
    lambda flags, key, **how: flags.decide(key, **how),
    lambda flags, key, **how: flags.explain(key, **how),
    lambda flags, key, **how: flags.decide_all(**how, keys=[key]),
    lambda flags, key, **how: flags.decide_all(**how, keys=key),
    lambda flags, key, **how: flags.payload_bool(key, default=True, **how),
    lambda flags, key, **how: flags.payload_str(key, default="", **how),
    lambda flags, key, **how: flags.payload_int(key, default=0, **how),
    lambda flags, key, **how: flags.payload_float(key, default=0.0, **how),
    lambda flags, key, **how: flags.payload_object(key, default={}, **how),
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: f"{type(value).__name__}")
def test_no_question_raises(value: Any) -> None:
    for bootstrap in (FLAGS, None):
        made = {"bootstrap": bootstrap} if bootstrap else {"file": "/nowhere/at/all", "ready_within": 0}
        with Gonfalon(**made) as flags:  # type: ignore[arg-type]
            for ask in QUESTIONS:
                ask(flags, value)
                for name in ("actor", "groups", "attributes", "now", "roll"):
                    ask(flags, "mine", **{name: value})
                ask(flags, "mine", attributes={"a": value, "b": [value], "c": {"d": value}})
            str(flags.explain("mine", value))
            assert flags.enabled("on") is bool(bootstrap)
            flags.wait_for(0, timeout=0)
    assert score(value, "user:3") is None or isinstance(value, str)
    score("flag", value)
    repr(Context(value, groups=value, attributes=value))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_ends_a_thread_or_a_task_passes(error: type[BaseException]) -> None:
    with Gonfalon(bootstrap=compile_for_test({"mine": FlagForTest(variant=("x", None))})) as flags:
        with pytest.raises(error):
            flags.variant("mine", Actor(error))
        with pytest.raises(error):
            Context(attributes=Raising(error))


def test_a_bad_key_is_logged_once_and_cut(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "gonfalon"), Gonfalon(bootstrap=FLAGS) as flags:
        for _ in range(3):
            flags.enabled(1)  # type: ignore[arg-type]
            flags.enabled("no\n" + "x" * 10_000)
        assert flags.stats.broken == 3 and flags.stats.unknown == 3
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [len(message) < 300 and "\n" not in message for message in said] == [True, True]


class Pressed(str):
    """A key in whose comparison somebody presses Ctrl-C, once."""

    __slots__ = ()
    times = 0

    def __eq__(self, _: object) -> bool:
        Pressed.times += 1
        if Pressed.times == 1:
            raise KeyboardInterrupt
        return False

    __hash__ = str.__hash__


def test_an_interruption_within_a_key_passes() -> None:
    flags = client({})
    assert flags.enabled("five", "user:1", attributes={"n": 5})  # which the engine in C remembers
    Pressed.times = 0
    with pytest.raises(KeyboardInterrupt):
        flags.enabled("five", "user:1", attributes={Pressed("n"): 5})
    assert Pressed.times == 1


@pytest.mark.parametrize("key", ["x" * 1025, "é" * 600, "x" * (33 << 20), "\ud800" * 2000])
def test_a_key_that_is_longer_than_a_flags_is_no_flags(key: str) -> None:
    flags = Gonfalon(bootstrap=FLAGS)
    assert not flags.enabled(key)
    for decision in (flags.decide(key), *flags.decide_all(keys=[key, "on"])[:1], flags.explain(key).decision):
        assert (decision.reason, decision.key, decision.error) == ("UNKNOWN_FLAG", key, None)
    assert flags._store.engine is not None
    assert all(len(known) <= 1024 for known in flags._store.engine._needs)
