"""Writes which of the features of hostsdk/surface.json this package has, and compares it with features.json.

``GONFALON_UPDATE=1 pytest tests/test_features.py`` writes the file.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
from pathlib import Path

import gonfalon
from flagset import TREE

TESTS = Path(__file__).parent
FILE = TREE / "hostsdk/python/features.json"


def has(*names: str) -> bool:
    return all(hasattr(gonfalon.Gonfalon, name) for name in names)


def takes(*names: str) -> bool:
    return set(names) <= set(inspect.signature(gonfalon.Gonfalon.__mro__[1].__init__).parameters)  # type: ignore[misc]


def module(name: str) -> bool:
    return importlib.util.find_spec(f"gonfalon.{name}") is not None


def covered(*names: str) -> bool:
    return all((TESTS / f"test_{name}.py").exists() for name in names)


FEATURES: dict[str, bool | str] = {
    "engine": "C, or wasmtime" if module("native") and module("wasm") else False,
    "enabled, variant, typed payload, decide, decide all, explain": has(
        "enabled",
        "variant",
        "payload_bool",
        "payload_str",
        "payload_int",
        "payload_float",
        "payload_object",
        "decide",
        "decide_all",
        "explain",
    ),
    "prepared context, reused without building it again": hasattr(gonfalon, "Context"),
    "stream with resume and deltas; polling with ETag": takes("poll") and covered("recorded"),
    "file, bootstrap, last good on disk": takes("file", "bootstrap", "last_good"),
    "in process with the control plane": module("inprocess"),
    "states, events, age": has("state", "subscribe", "stats") and hasattr(gonfalon.Stats, "age"),
    "usage batches": has("flush"),
    "test helper with overrides, no network": "`gonfalon.testing`" if module("testing") else False,
    "OpenFeature provider": module("openfeature"),
    "conformance vectors, shared cases and recorded streams (`testdata/`)": covered("conformance", "contract_values", "recorded"),
    "wait for a revision; events of schedules": has("wait_for") and module("schedules"),
    "an actor's score for any flag": "`score`" if hasattr(gonfalon, "score") else False,
    "an admin client, which reads and writes flags": "`gonfalon.admin`" if module("admin") else False,
}


def test_the_features_are_those_of_the_package() -> None:
    rows = json.loads((TREE / "hostsdk/surface.json").read_text())["features"]
    assert list(FEATURES) == rows
    said = {row: has if isinstance(has, str) else "yes" if has else "–" for row, has in FEATURES.items()}
    text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("GONFALON_UPDATE"):
        FILE.write_text(text)
    assert FILE.read_text() == text
