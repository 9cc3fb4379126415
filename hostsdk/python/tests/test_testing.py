from __future__ import annotations

from typing import Any

import pytest

from flagset import DATA
from gonfalon import Flags, FlagsChanged, LoadError, Reason, State
from gonfalon.testing import FlagForTest, FlagsForTest, _draws, _slots, compile_for_test


def test_scopes() -> None:
    flags = FlagsForTest()
    flags.enable("checkout", for_group="staff")
    flags.enable("checkout", for_actor="user:1")
    flags.disable("checkout", for_actor="user:2")
    assert flags.enabled("checkout", "user:1")
    assert flags.enabled("checkout", "user:9", groups=["staff"])
    assert not flags.enabled("checkout", "user:2", groups=["staff"])
    assert not flags.enabled("checkout", "user:9")
    flags.enable("checkout")
    assert flags.enabled("checkout", "user:9")
    assert not flags.enabled("checkout", "user:2")
    flags.kill("checkout")
    assert not flags.enabled("checkout", "user:1", default=True)
    assert not flags.enabled("unknown", default=True)


def test_percentages_prerequisites_and_variants() -> None:
    flags = FlagsForTest()
    flags.enable("half", for_percentage_of_actors=0.5)
    assert 400 < sum(flags.enabled("half", f"user:{i}") for i in range(1000)) < 600
    flags.enable("sometimes", for_percentage_of_time=0.5)
    assert {flags.enabled("sometimes", roll=i) for i in range(50)} == {True, False}
    flags.enable("child")
    flags.enable("child", requires="parent")
    assert not flags.enabled("child")
    flags.enable("parent")
    assert flags.enabled("child")
    flags.disable("child", requires="parent")
    assert not flags.enabled("child")
    flags.serve("hero", "blue", {"hex": "#00f"})
    assert flags.variant("hero", "user:3") == "blue"
    assert flags.payload_object("hero", "user:3", default={}) == {"hex": "#00f"}
    flags.kill("hero")
    assert flags.variant("hero", "user:3", default="control") == "control"
    flags.kill("hero", serving_variant=True)
    assert flags.variant("hero", "user:3") == "blue"
    with pytest.raises(ValueError, match="no variant"):
        flags.kill("child", serving_variant=True)
    with pytest.raises(ValueError, match="one scope"):
        flags.enable("x", for_actor="a", for_group="b")
    with pytest.raises(ValueError, match="between 0 and 1"):
        flags.enable("x", for_percentage_of_actors=1.0)


def test_changes_are_scoped() -> None:
    flags = FlagsForTest()
    flags.enable("a")
    with flags.disable("a"), flags.enable("b"):
        assert not flags.enabled("a")
        assert flags.enabled("b")
    assert flags.enabled("a")
    assert not flags.enabled("b", default=False)
    with pytest.raises(RuntimeError), flags.kill("a"):
        raise RuntimeError
    assert flags.enabled("a")
    flags.clear("a")
    assert not flags.enabled("a", default=True)
    flags.unload()
    assert flags.decide("a").reason is Reason.NOT_READY


def test_what_is_refused_changes_nothing() -> None:
    flags = FlagsForTest()
    with pytest.raises(LoadError):
        flags.enable("k" * 2000)  # no flag has this key
    flags.enable("a")
    assert flags.enabled("a")


def test_changes_are_events() -> None:
    flags = FlagsForTest()
    heard: list[Any] = []
    flags.subscribe(heard.append)
    flags.enable("a")
    assert [event.flags for event in heard if isinstance(event, FlagsChanged)] == [{"a"}]
    assert flags.state is State.READY


def test_a_base_has_all_that_the_test_does_not_set() -> None:
    flags = FlagsForTest(DATA / "flags.snapshot")
    assert flags.enabled("rule", "user:3", attributes={"plan": "pro"})
    with flags.disable("rule"):
        assert not flags.enabled("rule", "user:3", attributes={"plan": "pro"})
    flags.enable("mine")
    decided = [decision.key for decision in flags.decide_all("user:3")]
    assert decided == sorted(decided) and {"mine", "rule"} <= set(decided)
    assert [decision.key for decision in flags.decide_all("user:3", keys=["mine", "nowhere"])] == ["mine", "nowhere"]
    assert flags.explain("rule").steps and flags.explain("mine").steps
    assert "mine" in flags.keys


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6, 10, 11, 21, 22, 100])
def test_snapshots_for_tests_load_whatever_their_size(n: int) -> None:
    flag = FlagForTest(actors={f"user:{i}": i % 2 == 0 for i in range(n)}, groups={f"g{i}": True for i in range(n)})
    flags = FlagsForTest(compile_for_test({"x": flag}))
    for i in range(n):
        assert flags.enabled("x", f"user:{i}") == (i % 2 == 0)
    assert _slots(n) in (0, 2, 4, 8, 16, 32, 64, 128, 256)


def test_draws_are_exact() -> None:
    for n in range(1, 10000):
        assert _draws(n / 10000) == n
    assert _draws(0.00005) == 0


def test_the_fixture_gives_each_test_its_own(gonfalon_flags: FlagsForTest) -> None:
    assert isinstance(gonfalon_flags, Flags)
    assert gonfalon_flags.keys == ()


@pytest.mark.gonfalon(checkout=True, hero="blue", old=False)
def test_the_mark_sets_flags(gonfalon_flags: FlagsForTest) -> None:
    assert gonfalon_flags.enabled("checkout")
    assert gonfalon_flags.variant("hero", "user:3") == "blue"
    assert not gonfalon_flags.enabled("old", default=True)


@pytest.mark.gonfalon(checkout=True, snapshot=DATA / "flags.snapshot")
class TestMarks:
    @pytest.mark.gonfalon(checkout=False)
    def test_the_nearest_mark_wins(self, gonfalon_flags: FlagsForTest) -> None:
        assert not gonfalon_flags.enabled("checkout", default=True)
        assert gonfalon_flags.enabled("boolean")


def test_the_fixture_in_many_processes(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ngonfalon_snapshot = flags.snapshot\n")
    (pytester.path / "flags.snapshot").write_bytes((DATA / "flags.snapshot").read_bytes())
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("i", range(40))
        def test_alone(gonfalon_flags, i):
            assert gonfalon_flags.keys.count("mine") == 0
            assert gonfalon_flags.enabled("boolean")
            (gonfalon_flags.enable if i % 2 else gonfalon_flags.disable)("mine")
            for _ in range(50):
                assert gonfalon_flags.enabled("mine", default=not i % 2) == bool(i % 2)
        """
    )
    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=40)
