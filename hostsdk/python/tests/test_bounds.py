"""Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

import pytest

from flagset import TREE
from gonfalon import Context
from gonfalon.resolution import resolve
from test_contract_values import client, read

FILE = TREE / "hostsdk/testdata/bounds.json"
BOUNDS: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"cases": [], "keys": []}


@pytest.mark.parametrize("case", BOUNDS["cases"], ids=lambda case: case["about"])
def test_a_context_that_is_too_large_comes_to_what_the_contract_says(case: dict[str, Any]) -> None:
    given, want = read(case), case["want"]
    for i in range(case.get("more_attributes", 0)):
        given["attributes"][f"more {i}"] = 0
    actor = given["actor"] if "actor" in case else None
    groups = given["groups"] if "groups" in case else ()
    with client(case) as flags:
        for _ in range(2):  # the first time the engine in C doesn't know the flag yet
            found = flags.decide(case["flag"], actor, groups=groups, attributes=given["attributes"])
            assert (found.enabled, found.reason, found.path or "") == (want["enabled"], want["reason"], want["gate"])
            if want["reason"] == "NOT_READY":
                assert resolve(found).error == want["error"]
            assert flags.enabled(case["flag"], actor, groups=groups, attributes=given["attributes"]) == want["enabled"]
        who = Context(actor, groups=groups, attributes=given["attributes"])
        for found in (flags.decide(case["flag"], who), *flags.decide_all(who, keys=[case["flag"]])):
            assert (found.enabled, found.reason) == (want["enabled"], want["reason"])
        assert flags.enabled(case["flag"], who) == want["enabled"]
        assert flags.stats.broken == 0


@pytest.mark.parametrize("case", BOUNDS["keys"], ids=lambda case: case["about"])
def test_a_question_names_no_more_keys_than_the_contract_says(case: dict[str, Any]) -> None:
    with client(case) as flags:
        assert len(flags.decide_all(keys=["who"] * case["count"])) == case["decisions"]
        assert flags.stats.broken == (0 if case["decisions"] else 1)


class Endless(Mapping[str, object]):
    """A mapping that lies about its length."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return map(str, repeat("n"))

    def __getitem__(self, _: str) -> object:
        return 5


def test_nothing_endless_is_waited_for() -> None:
    with client({}) as flags:
        assert flags.decide("five", Context(attributes=Endless())).reason == "NOT_READY"
        assert not flags.enabled("not-five", attributes={"n": Endless()})
        assert flags.decide("not-banned", groups=repeat("staff")).reason == "NOT_READY"
        assert flags.decide_all(keys=repeat("who")) == []  # type: ignore[arg-type]
