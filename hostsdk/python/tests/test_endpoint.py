"""An endpoint that can't be one is refused when a client is made, in the words of every SDK."""

import json
from pathlib import Path
from typing import Any

import pytest

from gonfalon import AsyncGonfalon, Gonfalon
from gonfalon.admin import Admin
from gonfalon.endpoint import check

FILE = Path(__file__).parents[2] / "testdata" / "endpoints.json"
CASES = json.loads(FILE.read_text()) if FILE.exists() else []


@pytest.mark.skipif(not CASES, reason="the cases are in the source tree")
@pytest.mark.parametrize("case", CASES, ids=[ascii(case["endpoint"]) for case in CASES])
def test_endpoint(case: dict[str, Any]) -> None:
    if "words" not in case:
        assert check(case["endpoint"]) == case["endpoint"]
        return
    for make in (
        check,
        lambda url: Gonfalon(url, "token"),
        lambda url: AsyncGonfalon(url, "token"),
        lambda url: Admin(url, "token"),
    ):
        with pytest.raises(ValueError) as refused:
            make(case["endpoint"])
        assert str(refused.value) == case["words"]


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_an_environment_is_one_segment_of_the_path(key: str) -> None:
    """Another would be another path of the same server."""
    with pytest.raises(ValueError, match="no environment has the key"):
        Gonfalon("http://127.0.0.1:1", "token", environment=key)
    with pytest.raises(ValueError, match="no environment has the key"):
        AsyncGonfalon("http://127.0.0.1:1", "token", environment=key)
