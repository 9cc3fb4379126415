from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# What of the specification's suite can't be asked of these flags, by tag.
FOREIGN = {
    "targeting": "variants go by the actor's place among all actors, not by rules",
    "context-handling": "its flags choose a variant by a rule",
    "metadata": "a flag's metadata is gonfalon's own",
    "reason-codes-cached": "decisions are made anew each time, never cached",
}


def pytest_bdd_apply_tag(tag: str, function: Callable[..., Any]) -> bool:
    """Tags are for people, save those of what can't be asked."""
    if tag in FOREIGN:
        pytest.mark.skip(reason=FOREIGN[tag])(function)
    return True
