"""The context of a decision: an actor, its groups, and attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias, cast

from . import values

MAX_GROUPS = 256  # of a request, by the module's ABI; later ones are left out


class Actor(Protocol):
    """Anything that knows its key: an attribute or a method. ``None`` is an actor without a key: only its groups count."""

    @property
    def actor_id(self) -> Any: ...


class Member(Protocol):
    """Anything that knows its groups. It is asked only about those that the flag, or a prerequisite, names."""

    def in_group(self, name: str, /) -> bool: ...


Who: TypeAlias = str | int | Actor | Member | None
"""An actor's key, or something that has one. An integer stands for its digits."""

Wire: TypeAlias = str | bool | None


def actor_key(actor: Who) -> Wire:
    """The actor as the module's ABI has it: its key, False for an actor without one, None for no actor."""
    if actor is None:
        return None
    if isinstance(actor, str):
        return values.text(str.__str__(actor))
    if isinstance(actor, int) and not isinstance(actor, bool):
        return str(actor)
    key = getattr(actor, "actor_id", None)
    if key is None and not hasattr(actor, "actor_id") and not hasattr(actor, "in_group"):
        raise TypeError(f"an actor is a string, or has actor_id or in_group(name); {type(actor).__name__} has neither")
    if callable(key):
        key = key()
    if key is None:
        return False
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return values.text(str(key))
    raise TypeError(f"actor_id of {type(actor).__name__} is {type(key).__name__}, not a string")


def group_names(groups: Iterable[str] | str) -> list[str]:
    """The groups as the module's ABI has them. A lone string is one group."""
    if isinstance(groups, str):
        return [values.text(groups)]
    names: list[str] = []
    for name in groups:
        if len(names) == MAX_GROUPS:
            break
        if not isinstance(name, str):
            raise TypeError(f"a group is a string, not {type(name).__name__}")
        names.append(values.text(name))
    return names


def ask(member: Member, known: list[str], named: Iterable[str]) -> list[str]:
    """Those groups of named that the member is in, added to those already known."""
    found = list(known)
    for name in named:
        if len(found) == MAX_GROUPS:
            break
        if name not in found and member.in_group(name):
            found.append(name)
    return found


class Context:
    """A context that is prepared once and used for many decisions.

    >>> request = Context("user:3", groups=["staff"], attributes={"plan": "pro"})
    >>> flags.enabled("new_checkout", request)

    The attributes are read when the context is made; changing the mapping afterwards changes nothing.
    """

    __slots__ = ("actor", "attributes", "groups", "member")

    def __init__(self, actor: Who = None, *, groups: Iterable[str] = (), attributes: Mapping[str, object] | None = None) -> None:
        self.groups: list[str] = group_names(groups)
        # Groups without an actor are somebody's: an actor without a key.
        self.actor: Wire = False if actor is None and self.groups else actor_key(actor)
        self.attributes: dict[str, object] = _valid(dict(values.attributes(attributes or {})))
        #: Who is asked for groups that weren't given.
        self.member: Member | None = cast(Member, actor) if hasattr(actor, "in_group") else None

    def __repr__(self) -> str:
        return f"Context({self.actor!r}, groups={self.groups!r}, attributes={self.attributes!r})"


def _valid(mapped: dict[str, object]) -> dict[str, object]:
    """Replaces invalid Unicode in what was taken as it came."""
    return {values.text(k): values.text(v) if isinstance(v, str) else v for k, v in mapped.items()}
