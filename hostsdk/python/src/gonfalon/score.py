"""Where an actor falls, for any flag."""

from __future__ import annotations

import hashlib

from . import values
from .context import Context, Who, actor_key
from .decision import SCORES


def score(key: str, actor: Who | Context) -> float | None:
    """Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and
    variants go by. None for an actor without a key, and for nobody."""
    known = actor.actor if isinstance(actor, Context) else actor_key(actor, [])
    if not isinstance(known, str):
        return None
    digest = hashlib.sha256(known.encode() + values.text(key).encode()).digest()
    return int.from_bytes(digest[:2], "big") / SCORES
