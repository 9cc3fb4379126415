from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Built anew if the module or the C library is newer, before anything is imported: what is tested has to be the engine of today.
if "PYTEST_XDIST_WORKER" not in os.environ:
    subprocess.run([sys.executable, Path(__file__).parents[1] / "build_engine.py"], stdout=subprocess.DEVNULL, check=False)

from fake import FakeServer
from flagset import DATA, TREE, snapshot
from gonfalon.engine import Engine

pytest_plugins = ["pytester"]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(snapshot(1, a=True, b=False)) as fake:
        yield fake


@pytest.fixture(scope="session")
def compiled() -> bytes:
    """The snapshot of data/flags.yaml."""
    return (DATA / "flags.snapshot").read_bytes()


@pytest.fixture
def engine(compiled: bytes) -> Engine:
    return Engine(compiled)


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gonfalon program: GONFALON_BINARY, or built from the tree."""
    given = os.environ.get("GONFALON_BINARY")
    if given:
        return Path(given).resolve()
    if not shutil.which("go") or not (TREE / "go.mod").exists():
        pytest.skip("there is no GONFALON_BINARY, and no Go to build it with")
    built = tmp_path_factory.mktemp("bin") / "gonfalon"
    subprocess.run(["go", "build", "-o", built, "./cmd/gonfalon"], cwd=TREE, check=True)
    return built
