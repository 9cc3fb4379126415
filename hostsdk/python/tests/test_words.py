"""Explanations and refused snapshots have the words that every SDK has."""

import base64
import json
from pathlib import Path

import msgpack
import pytest

from gonfalon.abi import CODES, LoadError, extension
from gonfalon.explanation import _step

FILE = Path(__file__).parents[2] / "explanations.json"
CASES = json.loads(FILE.read_text()) if FILE.exists() else []
LOAD_CODES = FILE.parent / "testdata" / "load-codes.json"


@pytest.mark.skipif(not CASES, reason="the words are in the source tree")
@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_words(case: dict[str, object]) -> None:
    written = msgpack.unpackb(base64.b64decode(str(case["explanation"])), ext_hook=extension, strict_map_key=False)
    steps = [_step(step) for step in written[1]]
    assert [[s.gate, s.target or "", s.outcome, s.detail] for s in steps] == case["steps"]


@pytest.mark.skipif(not LOAD_CODES.exists(), reason="the words are in the source tree")
def test_load_codes() -> None:
    codes = json.loads(LOAD_CODES.read_text())
    assert [code["words"] for code in codes] == list(CODES[1:])
    assert str(LoadError(1, 7)) == f"{codes[0]['words']} (code 1) at byte 7"
