"""The context of a decision: an actor, its groups, and attributes.

hostsdk/README.md has the tables of what each value means. Nothing here raises but :class:`ContextError`, and that only where a
decision would rest on what can't be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from numbers import Integral
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from . import values

MAX_GROUPS = 256  # of a request, by the module's ABI
MAX_LISTED = 100_000  # groups that are read of a context: an endless iterator must end
MAX_IDS = 4  # objects whose ids are objects, in one another


class ContextError(Exception):
    """A context that can't be read. ``str()`` says what is wrong with it."""


class Actor(Protocol):
    """Anything that knows its key: an attribute or a method. ``None`` is an actor without a key: only its groups count."""

    @property
    def actor_id(self) -> Any: ...


class Member(Protocol):
    """Anything that knows its groups. It is asked only about those that the flag, or a prerequisite, names."""

    def in_group(self, name: str, /) -> bool: ...


InGroup: TypeAlias = Callable[[str], bool]

Who: TypeAlias = str | int | float | UUID | Actor | Member | None
"""An actor's key, or something that has one. An integer, or a float without a fraction, stands for its digits."""

Groups: TypeAlias = Iterable[str] | str | InGroup | Member | None
"""The names of groups, or something that answers whether the actor is in a group."""

Wire: TypeAlias = str | bool | None


def actor_key(actor: object, wrong: list[str], depth: int = 0) -> Wire:
    """The actor as the module's ABI has it: its key, False for an actor without one, None for nobody. What can't be read is
    nobody, and noted in wrong."""
    match actor:
        case None:
            return None
        case str():
            return values.text(str.__str__(actor))
        case bool():
            pass
        case Integral():
            try:
                return str(int(actor))
            except ValueError:  # more digits than the interpreter converts
                pass
        case float():
            if actor.is_integer() and abs(actor) <= values.EXACT:
                return str(int(actor))
        case UUID():
            return str(actor)
        case _ if depth < MAX_IDS:
            try:
                known, key = _id_of(actor)
            except Exception as error:  # noqa: BLE001 -- it is the program's own code, and a decision never fails
                wrong.append(f"the actor_id of {type(actor).__name__}, which raises {type(error).__name__}")
                return None
            if known:
                return False if key is None else actor_key(key, wrong, depth + 1)
    wrong.append(f"{type(actor).__name__} as the actor")
    return None


def _id_of(actor: object) -> tuple[bool, object]:
    """Whether an object knows its id, and the id. One that knows its groups alone is an actor without one."""
    if not hasattr(actor, "actor_id"):
        return hasattr(actor, "in_group"), None
    key = actor.actor_id
    return True, key() if callable(key) else key


def group_names(groups: object, wrong: list[str]) -> list[str]:
    """The groups that are given by name. A lone string is one group; what isn't a string is left out, and noted in wrong."""
    match groups:
        case None:
            return []
        case str():
            return [values.text(str.__str__(groups))]
        case bytes() | bytearray() | memoryview() | Mapping():
            wrong.append(f"{type(groups).__name__} as the groups")
            return []
        case Iterable():
            names = []
            for count, name in enumerate(islice(groups, MAX_LISTED + 1)):
                if count == MAX_LISTED:
                    raise ContextError(f"there are more than {MAX_LISTED} groups")
                if isinstance(name, str):
                    names.append(values.text(str.__str__(name)))
                else:
                    wrong.append(f"{type(name).__name__} as a group")
            return names
    wrong.append(f"{type(groups).__name__} as the groups")
    return []


def asked(who: object) -> InGroup | None:
    """What answers "in this group?", if the object does."""
    in_group = getattr(who, "in_group", None)
    return in_group if callable(in_group) else None


class Context:
    """A context that is prepared once and used for many decisions.

    >>> request = Context("user:3", groups=["staff"], attributes={"plan": "pro"})
    >>> flags.enabled("new_checkout", request)

    The attributes are read when the context is made; changing the mapping afterwards changes nothing. Making one never fails.
    """

    __slots__ = ("actor", "attributes", "failure", "groups", "in_group", "unreadable")

    def __init__(self, actor: Who = None, *, groups: Groups = (), attributes: Mapping[str, object] | None = None) -> None:
        wrong: list[str] = []
        self.actor: Wire = None
        self.groups: list[str] = []
        self.attributes: dict[str, object] = {}
        #: What is asked about groups that weren't given by name.
        self.in_group: InGroup | None = None
        #: Why no decision can rest on this context; None if one can.
        self.failure: ContextError | None = None
        try:
            self.in_group = asked(actor) or asked(groups) or (groups if callable(groups) else None)
            self.groups = group_names(() if self.in_group is not None and not isinstance(groups, Iterable) else groups, wrong)
            self.actor = actor_key(actor, wrong)
            if self.actor is None and (self.groups or self.in_group is not None):
                self.actor = False  # groups without an actor are somebody's: an actor without a key
            self.attributes = values.attributes(attributes, wrong)
        except ContextError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 -- an iterator or a mapping of the program's
            self.failure = ContextError(f"reading it raises {type(error).__name__}: {error}")
        #: What was left out, or counts as nobody, since it can't be read.
        self.unreadable: tuple[str, ...] = tuple(dict.fromkeys(wrong))

    def member_of(self, named: Iterable[str]) -> list[str]:
        """The groups for a request about flags that name these. Raises ContextError if they can't be known."""
        found = self.groups
        if self.in_group is not None:
            given = set(found)
            try:
                found = found + [name for name in named if name not in given and self.in_group(name)]
            except Exception as error:
                raise ContextError(f"asking it for groups raises {type(error).__name__}: {error}") from error
        if len(found) > MAX_GROUPS:
            wanted = set(named)
            found = list(dict.fromkeys(name for name in found if name in wanted))
            if len(found) > MAX_GROUPS:
                raise ContextError(f"the flag names {len(found)} of the actor's groups, more than {MAX_GROUPS}")
        return found

    def known(self, names: tuple[str, ...] | None) -> dict[str, object]:
        """The attributes for a request about flags that look at these; None: all. Raises ContextError if there are too many."""
        if names == ():
            return {}
        if len(self.attributes) <= values.MAX_ATTRIBUTES:
            return self.attributes
        if names is None:
            raise ContextError(f"there are {len(self.attributes)} attributes, more than {values.MAX_ATTRIBUTES}")
        return {name: self.attributes[name] for name in names if name in self.attributes}

    def __repr__(self) -> str:
        return f"Context({self.actor!r}, groups={self.groups!r}, attributes={self.attributes!r})"
