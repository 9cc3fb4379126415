from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# What of the specification's suite can't be asked of these flags, by tag:
FOREIGN = {
    "targeting",  # variants go by the actor's place among all actors, not by rules
    "context-handling",  # its flags choose a variant by a rule
    "metadata",  # a flag's metadata is gonfalon's own
    "reason-codes-cached",  # decisions are made anew each time, never cached
}


def pytest_bdd_apply_tag(tag: str, function: Callable[..., Any]) -> bool:
    """Tags are for people, save those of what can't be asked."""
    if tag in FOREIGN:
        pytest.mark.foreign(function)
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the scenarios that can't be asked."""
    foreign = [item for item in items if item.get_closest_marker("foreign")]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        items[:] = [item for item in items if item not in foreign]
