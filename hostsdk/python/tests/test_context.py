from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from gonfalon import Context, ContextError
from gonfalon.engine import Engine
from gonfalon.testing import FlagForTest, compile_for_test


class User:
    def __init__(self, key: Any, *groups: str) -> None:
        self.actor_id = key
        self.groups = groups
        self.asked: list[str] = []

    def in_group(self, name: str) -> bool:
        self.asked.append(name)
        return name in self.groups


class Method:
    def actor_id(self) -> str:
        return "user:3"


def who(actor: Any, **asking: Any) -> tuple[Any, Any, Any, int, int]:
    return actor, asking.get("groups", ()), asking.get("attributes"), 1, 2


@pytest.mark.parametrize(
    ("actor", "wire"),
    [
        (None, None),
        ("user:3", "user:3"),
        ("", ""),
        (7, "7"),
        pytest.param(10**5000, "1" + "0" * 5000, id="digits"),
        (User("user:3"), "user:3"),
        (User(7), "7"),
        (User(None), False),
        (Method(), "user:3"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_an_actor_on_the_wire(actor: Any, wire: object) -> None:
    assert Context(actor).actor == wire


class Raising:
    @property
    def actor_id(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "actor",
    [object(), True, 5.5, b"user:3", User(["user:3"]), float("nan"), 2.0**54, Raising(), pytest.param(10**50000, id="digits")],
)
def test_what_is_no_actor_is_nobody_and_noted(actor: Any) -> None:
    made = Context(actor)
    assert made.actor is (False if hasattr(actor, "in_group") else None)
    assert len(made.unreadable) == 1


def test_groups_without_an_actor_are_those_of_an_actor_without_a_key(engine: Engine) -> None:
    assert Context(groups=["staff"]).actor is False
    assert engine.decide("member", *who(None, groups=["staff"])).enabled


def test_a_lone_string_is_one_group() -> None:
    assert Context(groups="staff").groups == ["staff"]
    made = Context(groups=["a", 1, None, "b"])  # type: ignore[list-item]
    assert made.groups == ["a", "b"]
    assert len(made.unreadable) == 2


def test_groups_beyond_the_limit_count_if_they_are_named(engine: Engine) -> None:
    many = [*(f"g{i}" for i in range(300)), "staff"]
    assert engine.decide("member", *who("user:3", groups=many)).path == "group/staff"
    assert engine.evaluate("member", *who("user:3", groups=many)) & 1
    assert [d.path for d in engine.decide_all(["member"], *who("user:3", groups=many))] == ["group/staff"]
    assert engine.explain("member", *who("user:3", groups=many)).decision.path == "group/staff"


def test_attributes_beyond_the_limit_count_if_they_are_looked_at(engine: Engine) -> None:
    many: dict[str, object] = {f"a{i:03}": i for i in range(300)}
    assert engine.evaluate("rule", *who("user:3", attributes={**many, "plan": "pro"})) & 1
    assert engine.decide_all(["rule"], *who("user:3", attributes={**many, "plan": "pro"}))[0].enabled
    assert engine.explain("rule", *who("user:3", attributes={**many, "plan": "pro"})).decision.enabled


class Broken:
    def in_group(self, name: str) -> bool:
        raise RuntimeError(name)


def test_a_context_whose_groups_cannot_be_known_decides_nothing(engine: Engine) -> None:
    def endless() -> Any:
        while True:
            yield "g"

    for given in (Context(Broken()), Context("u", groups=endless())):
        with pytest.raises(ContextError):
            engine.decide("member", *who(given))


class Unread:
    """A mapping or a list that can't be read."""

    def __iter__(self) -> Any:
        raise RuntimeError("a secret")

    keys = items = __getitem__ = __iter__


NAMED = Engine(compile_for_test({"named": FlagForTest(actors={"user:1": True})}))


def test_what_can_not_be_read_matters_only_to_flags_that_look_at_it(engine: Engine) -> None:
    groups, attributes = Unread(), MappingProxyType(Unread())
    for asking in (who("user:1", groups=groups), who("user:1", attributes=attributes)):
        assert NAMED.decide("named", *asking).enabled
        assert NAMED.decide_all(None, *asking)[0].enabled
        assert NAMED.explain("named", *asking).decision.enabled
    for key, asking in (("member", who("user:1", groups=groups)), ("rule", who("user:1", attributes=attributes))):
        with pytest.raises(ContextError, match=r"raises RuntimeError$"):
            engine.decide(key, *asking)


def test_an_answer_that_must_be_awaited_is_no_yes(engine: Engine) -> None:
    class Later:
        actor_id = "user:1"

        async def in_group(self, name: str) -> bool:
            return False

    for given in (who(Later()), who("user:1", groups=Later().in_group)):
        with pytest.raises(ContextError, match="awaited"):
            engine.decide("member", *given)


class Proxy:
    """What frameworks hand out for the current user: it claims to be what is behind it, if there is anything."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind

    def __getattribute__(self, name: str) -> Any:
        behind = object.__getattribute__(self, "behind")
        if behind is None:
            raise RuntimeError("outside of a request")
        return getattr(behind, name)


def test_a_proxy_is_what_it_stands_for_or_nobody(engine: Engine) -> None:
    assert NAMED.decide("named", *who(Proxy(User("user:1")))).enabled
    for odd in (Proxy(None), Proxy("user:1")):  # what claims to be a text has none of its own
        assert not NAMED.decide("named", *who(odd)).enabled
        assert not NAMED.evaluate("named", *who(odd)) & 1
        assert not engine.evaluate("rule", *who("user:9", attributes={"plan": odd})) & 1
    with pytest.raises(ContextError):  # it may be in a group that is denied
        engine.decide("member", *who(Proxy(None)))


def test_a_function_answers_for_groups(engine: Engine) -> None:
    assert engine.decide("member", *who("user:3", groups=lambda name: name == "staff")).path == "group/staff"


def test_a_member_is_asked_only_for_groups_that_the_flag_and_its_parents_name(engine: Engine) -> None:
    user = User("user:3", "staff", "elsewhere")
    assert engine.decide("member", *who(user)).path == "group/staff"
    assert sorted(user.asked) == ["banned", "early", "staff"]
    user.asked.clear()
    engine.decide("percentage", *who(user))
    assert user.asked == []


def test_a_member_is_asked_once_for_a_batch(engine: Engine) -> None:
    user = User("user:3", "staff")
    engine.decide_all(None, *who(user))
    assert sorted(user.asked) == ["banned", "early", "staff"]


def test_groups_that_are_given_are_not_asked_for(engine: Engine) -> None:
    user = User("user:3")
    assert engine.decide("member", *who(user, groups=["staff"])).enabled
    assert "staff" not in user.asked


def test_a_prepared_context_decides_as_its_parts(engine: Engine) -> None:
    prepared = Context("user:3", groups=["staff"], attributes={"plan": "pro", "bad": "\ud800"})
    for flag in engine.all_keys():
        whole = engine.decide(flag, *who(prepared))
        parts = engine.decide(flag, *who("user:3", groups=["staff"], attributes={"plan": "pro"}))
        assert whole == parts
    with pytest.raises(ContextError, match="prepared"):
        engine.decide("rule", *who(prepared, attributes={"plan": "free"}))


def test_a_prepared_context_keeps_its_attributes() -> None:
    attributes = {"plan": "pro"}
    prepared = Context("user:3", attributes=attributes)
    attributes["plan"] = "free"
    assert prepared.attributes == {"plan": "pro"}
