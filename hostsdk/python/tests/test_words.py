"""Explanations have the words that every SDK has."""

import base64
import json
from pathlib import Path

import msgpack
import pytest

from gonfalon.abi import extension
from gonfalon.explanation import _step

FILE = Path(__file__).parents[2] / "explanations.json"
CASES = json.loads(FILE.read_text()) if FILE.exists() else []


@pytest.mark.skipif(not CASES, reason="the words are in the source tree")
@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_words(case: dict[str, object]) -> None:
    written = msgpack.unpackb(base64.b64decode(str(case["explanation"])), ext_hook=extension, strict_map_key=False)
    steps = [_step(step) for step in written[1]]
    assert [[s.gate, s.target or "", s.outcome, s.detail] for s in steps] == case["steps"]
