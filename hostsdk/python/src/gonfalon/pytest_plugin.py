"""The pytest fixture ``gonfalon_flags``: flags that only this test sees. Everything is kept in the object that it gives, so tests
may run in any order and in any number of processes (pytest-xdist)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import FlagsForTest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("gonfalon_snapshot", "the snapshot that gonfalon_flags starts from (made by: gonfalon compile)", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gonfalon(snapshot=…, **flags): what gonfalon_flags starts with in this test")


@pytest.fixture
def gonfalon_flags(request: pytest.FixtureRequest) -> Iterator[FlagsForTest]:
    """A client whose flags the test sets: ``gonfalon_flags.enable("new_checkout", for_group="staff")``.

    ``@pytest.mark.gonfalon(new_checkout=True, hero="blue")`` sets some beforehand: True and False turn a flag on and off, a
    string is the variant that it serves. ``snapshot="flags.snapshot"`` is where all other flags come from, or the ini option
    ``gonfalon_snapshot``.
    """
    from .testing import FlagsForTest  # not before a test wants it: plugins are loaded in every run

    configured = request.config.getini("gonfalon_snapshot")
    base = configured[0] if configured else None
    marks = list(request.node.iter_markers("gonfalon"))
    for mark in marks:
        base = mark.kwargs.get("snapshot", base)
    flags = FlagsForTest(base)
    for mark in reversed(marks):  # the nearest one last, so that it wins
        for key, value in mark.kwargs.items():
            if key == "snapshot":
                continue
            if isinstance(value, bool):
                (flags.enable if value else flags.disable)(key)
            else:
                flags.serve(key, value)
    yield flags
    flags.unload()
