from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake import FakeServer
from flagset import DATA, TREE, snapshot
from gonfalon import Event, Flags
from gonfalon.engine import Engine
from gonfalon.follower import Pace

pytest_plugins = ["pytester"]

# No waiting between attempts, and no grace: what happens is awaited, not timed.
QUICK = Pace(backoff=0.01, longest=0.02, grace=0.01, usage=3600, farewell=5)


class Watcher:
    """Waits for what a client becomes."""

    def __init__(self, flags: Flags) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()
        flags.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def until(self, condition: Callable[[], object]) -> None:
        """Waits until the condition holds. It is looked at after each event, and now and then for what has none."""
        with self._changed:
            for _ in range(1000):
                if condition():
                    return
                self._changed.wait(0.01)
        raise AssertionError(f"it never came to be; events: {self.events}")


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
