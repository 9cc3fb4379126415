"""Runs the Python that is on the pages, against the real control plane."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flagset import TREE
from gonfalon import Gonfalon
from test_server import ADMIN, ControlPlane

PAGES = ("README.md", "hostsdk/python/README.md")
BLOCKS = [
    pytest.param(block, id=f"{page} {i}")
    for page in PAGES
    for i, block in enumerate(re.findall(r"^```python\n(.*?)^```$", (TREE / page).read_text(), re.MULTILINE | re.DOTALL))
]


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 6


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs(
    block: str,
    binary: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytester: pytest.Pytester,
) -> None:
    if "def test_" in block:
        pytester.makepyfile(block)
        pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=block.count("def test_"))
        return
    plane = ControlPlane(binary, tmp_path / "data")
    try:
        plane.put("new_checkout", {"type": "boolean", "enabled": True})
        token = plane.sdk_token()
        monkeypatch.setenv("GONFALON_TOKEN", token)
        monkeypatch.setenv("GONFALON_ADMIN_TOKEN", ADMIN)
        code = block.replace("http://127.0.0.1:8080", plane.url).replace("/var/lib/shop", str(tmp_path))
        with Gonfalon(plane.url, token) as flags:
            names: dict[str, Any] = {"endpoint": plane.url, "token": token, "flags": flags}
            exec(compile(code, "a block of a page", "exec"), names)
        said = capsys.readouterr().out
        assert said == block.count('print("the new checkout")') * "the new checkout\n"
    finally:
        plane.stop()
