"""The context of a decision: an actor, its groups, and attributes.

hostsdk/README.md has the tables of what each value means. Nothing here raises but :class:`ContextError`, and that only where a
decision would rest on what can't be known.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sized
from decimal import Decimal
from numbers import Integral
from typing import Any, Protocol, TypeAlias, cast
from uuid import UUID

import msgpack

from . import values
from .interruption import let_pass

MAX_GROUPS = 256  # of a request, by the module's ABI
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
"""An actor's key, or something that has one. An integer, or another number without a fraction, stands for its digits."""

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
            return values.digits(int(actor))
        case float():
            if actor.is_integer() and abs(actor) <= values.EXACT:
                return str(int(actor))
        case Decimal() if values.is_whole(actor):
            return values.digits(int(actor))
        case UUID():
            return str(actor)
        case _ if depth < MAX_IDS:
            try:
                known, key = _id_of(actor)
            except BaseException as error:  # noqa: BLE001 -- it is the program's own code, and a decision never fails
                let_pass(error)
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
            measured = isinstance(groups, Sized) and values.has_more(groups, values.MAX_LISTED)
            names = []
            for count, name in enumerate(groups):
                if measured or count == values.MAX_LISTED:
                    raise ContextError(f"there are more than {values.MAX_LISTED} groups")
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


def unreadable(part: str, error: BaseException) -> ContextError:
    """What reading a part of a context came to."""
    if isinstance(error, ContextError):
        return error
    if isinstance(error, values.TooManyError):
        return ContextError(str(error))
    return ContextError(f"reading the {part} raises {type(error).__name__}")  # what that says may be personal


def _is_yes(answer: object) -> bool:
    """Whether the answer to "in this group?" is yes. One that has to be awaited is true whatever it will be."""
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise ContextError("in_group has to be awaited; it must answer at once")
    return bool(answer)


class Context:
    """A context that is prepared once and used for many decisions.

    >>> request = Context("user:3", groups=["staff"], attributes={"plan": "pro"})
    >>> flags.enabled("new_checkout", request)

    The attributes are read when the context is made; changing the mapping afterwards changes nothing. Making one never fails.
    """

    __slots__ = ("_no_attributes", "_no_groups", "_written", "actor", "attributes", "groups", "in_group", "unreadable")

    def __init__(self, actor: Who = None, *, groups: Groups = (), attributes: Mapping[str, object] | None = None) -> None:
        wrong: list[str] = []
        self.actor: Wire = None
        self.groups: list[str] = []
        self.attributes: dict[str, object] = {}
        #: What is asked about groups that weren't given by name.
        self.in_group: InGroup | None = None
        # Why no decision can rest on the groups, or on the attributes. It matters only to flags that look at them.
        self._no_groups: ContextError | None = None
        self._no_attributes: ContextError | None = None
        try:
            self.in_group = asked(actor) or asked(groups) or (groups if callable(groups) else None)
            self.groups = group_names(() if self.in_group is not None and not isinstance(groups, Iterable) else groups, wrong)
        except BaseException as error:  # noqa: BLE001 -- an iterator or an object of the program's
            let_pass(error)
            self._no_groups = unreadable("groups", error)
        try:
            self.actor = actor_key(actor, wrong)
        except BaseException as error:  # noqa: BLE001 -- an object that doesn't even say what it is
            let_pass(error)
            wrong.append(f"{type(actor).__name__} as the actor, which raises {type(error).__name__}")
        if self.actor is None and (self.groups or self.in_group is not None or self._no_groups is not None):
            self.actor = False  # groups without an actor are somebody's: an actor without a key
        try:
            self.attributes = values.attributes(attributes, wrong)
        except BaseException as error:  # noqa: BLE001 -- a mapping of the program's
            let_pass(error)
            self._no_attributes = unreadable("attributes", error)
        #: What was left out, or counts as nobody, since it can't be read.
        self.unreadable: tuple[str, ...] = tuple(dict.fromkeys(wrong))
        # Actor, groups and each attribute as msgpack, once they are asked for. False: each decision has to look at the context.
        self._written: tuple[bytes, bytes | None, dict[str, bytes] | None] | bool | None = None

    def _write(self) -> tuple[bytes, bytes | None, dict[str, bytes] | None] | bool:
        """Prepares the context for the engine in C. A part that has to be looked at, or can't be known, is None."""
        if self.unreadable:  # which is counted for each decision
            self._written = False
            return False
        by_name = self.in_group is None and self._no_groups is None and len(self.groups) <= MAX_GROUPS
        groups = msgpack.packb(self.groups) if by_name else None
        known = self._no_attributes is None
        attributes = {name: msgpack.packb(value) for name, value in self.attributes.items()} if known else None
        written = self._written = (msgpack.packb(self.actor), groups, attributes)
        return written

    @property
    def wants_names(self) -> bool:
        """Whether member_of depends on the groups that flags name."""
        return self.in_group is not None or len(self.groups) > MAX_GROUPS

    def member_of(self, named: Iterable[str]) -> list[str]:
        """The groups for a request about flags that name these. Raises ContextError if they can't be known."""
        if self._no_groups is not None:
            raise self._no_groups
        found = self.groups
        if self.in_group is not None:
            given = set(found)
            try:
                found = found + [name for name in named if name not in given and _is_yes(self.in_group(name))]
            except BaseException as error:
                let_pass(error)
                raise unreadable("groups", error) from error
        if len(found) > MAX_GROUPS:
            wanted = set(named)
            found = list(dict.fromkeys(name for name in found if name in wanted))
            if len(found) > MAX_GROUPS:
                raise ContextError(f"the flag names {len(found)} of the actor's groups, more than {MAX_GROUPS}")
        return found

    def known(self, names: tuple[str, ...] | None) -> dict[str, object]:
        """The attributes for a request about flags that look at these; None: at all. Raises ContextError if they can't be
        known, or are too many."""
        if names == ():
            return {}
        if self._no_attributes is not None:
            raise self._no_attributes
        if len(self.attributes) <= values.MAX_ATTRIBUTES:
            return self.attributes
        if names is None:
            raise ContextError(f"there are {len(self.attributes)} attributes, more than {values.MAX_ATTRIBUTES}")
        return {name: self.attributes[name] for name in names if name in self.attributes}

    def __repr__(self) -> str:
        return f"Context({self.actor!r}, groups={self.groups!r}, attributes={self.attributes!r})"


def context_of(actor: Who | Context, groups: Groups = (), attributes: Mapping[str, object] | None = None) -> Context:
    """The context that a call is given, prepared or in parts. Raises ContextError if it is both."""
    if not issubclass(type(actor), Context):  # isinstance would ask an object of the program's, which may raise
        return Context(cast(Who, actor), groups=groups, attributes=attributes)
    if groups or attributes:
        raise ContextError("groups and attributes are part of a prepared Context; give them when it is made")
    return cast(Context, actor)
