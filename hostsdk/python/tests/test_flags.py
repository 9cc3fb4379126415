"""What a client answers where nothing can be known, and to what nobody should ask."""

from __future__ import annotations

import logging
from itertools import repeat
from typing import Any

import pytest

from gonfalon import Context, ContextError, Gonfalon, Reason
from gonfalon.abi import ModuleTrap
from gonfalon.resolution import resolve
from gonfalon.testing import FlagForTest, FlagsForTest, compile_for_test


@pytest.mark.parametrize("actor", [object(), 5.5, True])
def test_who_is_nobody_is_counted_and_logged_once(actor: Any, caplog: pytest.LogCaptureFixture) -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(on=True), "b": FlagForTest(on=True, actors={"user:1": False})}))
    with caplog.at_level(logging.WARNING, "gonfalon"):
        assert flags.enabled("b", actor)
        assert flags.enabled("b", actor)
    assert caplog.text.count(type(actor).__name__) == 1
    assert flags.stats.unreadable == 2
    assert flags.enabled("a", actor)  # nobody's context matters for it
    assert flags.enabled("b", actor, groups=[5, 6]) and flags.stats.unreadable == 3  # a decision is counted once
    prepared = Context(actor)
    flags.enabled("b", prepared)
    flags.decide_all(prepared, keys=["b", "b", "b"])
    flags.explain("b", prepared)
    assert flags.stats.unreadable == 8  # each decision is counted


def test_what_cannot_be_known_gives_the_default() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"b": FlagForTest(on=True, groups={"staff": False})}))

    def who_knows(name: str) -> bool:
        raise RuntimeError(name)

    assert not flags.enabled("b", "user:1", groups=who_knows)
    assert flags.enabled("b", "user:1", groups=who_knows, default=True)
    assert isinstance(flags.decide("b", "user:1", groups=who_knows).error, ContextError)
    assert [type(d.error) for d in flags.decide_all("user:1", groups=who_knows)] == [ContextError]
    assert not flags.enabled("b", 5.5, groups=who_knows)
    assert (flags.stats.unreadable, flags.stats.broken) == (5, 0)  # a decision is counted once, and the engine is well


def test_an_unknown_flag_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(on=True)}))
    with caplog.at_level(logging.WARNING, "gonfalon"):
        for key in ("nope", "nope", "no\x1bpe"):
            assert not flags.enabled(key, default=True)
            assert not flags.decide(key).known
            flags.explain(key)
    assert caplog.text.count("'nope'") == 1
    assert "\x1b" not in caplog.text
    assert flags.stats.unknown == 9


def test_an_absurd_question_never_raises() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"b": FlagForTest(on=True, actors={"user:1": False})}))
    for odd in (None, 5, object(), [], {}, b"x", float("nan"), lambda: 1):
        wrong: Any = odd
        flags.enabled(wrong)
        flags.enabled("b", wrong, groups=wrong, attributes=wrong)
        flags.decide(wrong, wrong, groups=wrong, attributes=wrong)
        flags.decide_all(wrong, keys=wrong if isinstance(wrong, list) else None, groups=wrong, attributes=wrong)
        flags.explain(wrong, wrong)
        flags.payload_int("b", wrong, default=1, attributes=wrong)
    assert not flags.enabled(5)  # type: ignore[arg-type]
    assert flags.stats.broken > 0


@pytest.mark.parametrize("loaded", [True, False])
def test_absurd_keys_of_many_flags_raise_nothing(loaded: bool) -> None:
    flags = FlagsForTest()
    if not loaded:
        flags.unload()
    for wrong in (5, object(), range(2), ["b", [], None]):
        assert all(not d.enabled for d in flags.decide_all("user:1", keys=wrong))  # type: ignore[arg-type]


def test_keys_without_an_end_are_no_flags() -> None:
    assert FlagsForTest().decide_all("user:1", keys=repeat("a")) == []  # type: ignore[arg-type]


def test_an_engine_that_fails_is_a_general_error_and_raises_nothing() -> None:
    flags = Gonfalon(bootstrap=compile_for_test({"a": FlagForTest(actors={"user:1": True})}))
    engine = flags._store.engine
    assert engine is not None

    def fail(_: bytes) -> Any:
        raise ModuleTrap("out of memory")

    engine._instance, engine._make = None, fail
    assert flags.enabled("a", "user:1", default=True)
    assert flags.keys == () and flags.decide_all("user:1") == []
    assert [d.reason for d in flags.decide_all("user:1", keys=["a"])] == [Reason.NOT_READY]
    assert resolve(flags.decide("a", "user:1")).error == "GENERAL"
    assert flags.stats.broken >= 4
