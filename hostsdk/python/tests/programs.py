"""The programs of the tree that tests run: those that variables name, or built."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from flagset import TREE


def gonfalon() -> Path | None:
    """The gonfalon program: GONFALON_BINARY, or built; None if it can't be."""
    return _program("GONFALON_BINARY", "cmd/gonfalon")


def contract() -> Path | None:
    """The server of hostsdk/contract: GONFALON_CONTRACT, or built; None if it can't be."""
    return _program("GONFALON_CONTRACT", "hostsdk/contract")


@cache
def _program(variable: str, source: str) -> Path | None:
    if given := os.environ.get(variable):
        return Path(given).resolve()
    if not shutil.which("go") or not (TREE / "go.mod").exists():
        return None
    folder = tempfile.mkdtemp(prefix="gonfalon-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = Path(folder) / Path(source).name
    subprocess.run(["go", "build", "-o", built, f"./{source}"], cwd=TREE, check=True)
    return built
