from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Built anew if the module or the C library is newer, before anything is imported: what is tested has to be the engine of today.
if "PYTEST_XDIST_WORKER" not in os.environ:
    subprocess.run([sys.executable, Path(__file__).parents[1] / "build_engine.py"], stdout=subprocess.DEVNULL, check=False)

import programs
from fake import FakeServer
from flagset import DATA, snapshot
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
def binary() -> Path:
    """The gonfalon program."""
    program = programs.gonfalon()
    if program is None:
        pytest.skip("there is no GONFALON_BINARY, and no Go to build it with")
    return program
