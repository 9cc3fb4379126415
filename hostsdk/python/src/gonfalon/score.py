"""Where an actor falls, for any flag."""

from __future__ import annotations

from . import values
from .context import Context, Who, context_of
from .decision import SCORES


def score(key: str, actor: Who | Context) -> float | None:
    """Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and
    variants go by. None for an actor without a key, for nobody, and for a key that is no string."""
    import hashlib  # not needed for decisions

    known = context_of(actor).actor
    if not isinstance(known, str) or not isinstance(key, str):
        return None
    digest = hashlib.sha256(known.encode() + values.text(str.__str__(key)).encode()).digest()
    return int.from_bytes(digest[:2], "big") / SCORES
