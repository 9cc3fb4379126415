"""Holds hostsdk/surface.json against what this package exports."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

import pytest

import gonfalon
from flagset import TREE
from gonfalon import explanation, testing

SURFACE: dict[str, Any] = json.loads((TREE / "hostsdk/surface.json").read_text())
OURS: dict[str, Any] = json.loads((TREE / "hostsdk/python/surface.json").read_text())
WORDS: dict[str, list[str]] = SURFACE["words"]
SECTIONS = [key for key in SURFACE if key not in ("languages", "features", "words")]


def public(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_")}


def parameters(of: Any) -> set[str]:
    return set(inspect.signature(of).parameters) - {"self", "key"}


HAS: dict[str, set[str]] = {
    "client": public(gonfalon.Gonfalon),
    "config": parameters(gonfalon.Gonfalon.__mro__[1].__init__),  # type: ignore[misc]
    "decision": public(gonfalon.Decision),
    "explanation": public(gonfalon.Explanation),
    "step": public(gonfalon.Step),
    "comparison": public(gonfalon.Comparison),
    "stats": public(gonfalon.Stats),
    "info": public(gonfalon.SnapshotInfo),
    "state_event": public(gonfalon.StateChanged),
    "flags_event": public(gonfalon.FlagsChanged),
    "test": public(testing.FlagsForTest) - public(gonfalon.Flags),
    "target": parameters(testing.FlagsForTest.enable),
    "package": set(gonfalon.__all__),
}


@pytest.mark.parametrize("key", SECTIONS)
def test_the_names_are_those_of_the_surface(key: str) -> None:
    other = OURS["other"].get(key, {})
    wanted = {other.get(name, name) for _, name in SURFACE[key]["names"]} - {None}  # a name is in Python's case
    assert HAS[key] == wanted | set(OURS["more"].get(key, {}))


def test_the_words_are_those_of_the_surface() -> None:
    words: dict[str, Iterable[str]] = {
        "reason": gonfalon.Reason,
        "gate": (gate for gate in gonfalon.Gate if gate),
        "outcome": explanation.OUTCOMES,
        "operator": explanation.OPERATORS,
        "state": gonfalon.State,
    }
    assert {kind: list(names) for kind, names in words.items()} == WORDS
