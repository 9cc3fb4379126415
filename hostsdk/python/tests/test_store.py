from __future__ import annotations

import hashlib
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flagset import OTHER_LINEAGE, delta, snapshot
from gonfalon import FlagsChanged, Gonfalon, LoadError, State, StateChanged
from gonfalon.abi import ModuleTrap
from gonfalon.instance import Instance
from gonfalon.status import Event, Status
from gonfalon.store import Refused, Store

OURS = bytes(range(1, 17))
ONE = snapshot(1, OURS, a=True, b=False)
TWO = snapshot(2, OURS, a=False, b=False, c=True)
THREE = snapshot(3, OURS, a=True)
OTHER = snapshot(1, OTHER_LINEAGE, a=False)


def test_what_a_newer_control_plane_wrote_is_off_and_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    data = bytearray(snapshot(on=True, new=True))
    data[data.index(b"\xa3new\xc4") + 7] |= 0x40  # a bit of the flag that no build has written yet
    data[-32:] = hashlib.sha256(data[:-32]).digest()
    flags = Gonfalon(bootstrap=bytes(data))
    assert (flags.enabled("on"), flags.enabled("new"), flags.info and flags.info.unreadable) == (True, False, 1)
    assert "can't read; such flags are off" in caplog.text


def store(last_good: Path | None = None, environment: str | None = "default") -> tuple[Store, list[Event]]:
    events: list[Event] = []
    status = Status()
    status.subscribe(events.append)
    return Store(environment, status, last_good), events


def test_snapshots_are_taken_upwards() -> None:
    kept, events = store()
    assert kept.take_snapshot(ONE)
    assert kept.take_snapshot(THREE)
    assert not kept.take_snapshot(THREE)
    assert kept.engine is not None and kept.engine.info.revision == 3
    changes = [event for event in events if isinstance(event, FlagsChanged)]
    assert [(sorted(change.flags), change.revision) for change in changes] == [(["a", "b"], 1), (["b"], 3)]


@pytest.mark.parametrize(
    "frame",
    [
        TWO,  # lower
        snapshot(3, OURS, a=False),  # the same revision with another id
        snapshot(9, OURS, environment="other", a=True),
        THREE[:-1],
        b"",
        b"\x94",
        bytes(33 << 20),
    ],
    ids=["lower", "same revision", "other environment", "cut", "empty", "nonsense", "too large"],
)
def test_what_is_refused_changes_nothing(frame: bytes, tmp_path: Path) -> None:
    kept, events = store(tmp_path / "last")
    kept.take_snapshot(THREE)
    serving, before = kept.engine, len(events)
    with pytest.raises(Refused):
        kept.take_snapshot(frame)
    assert kept.engine is serving
    assert len(events) == before
    assert kept.refused == 1
    assert (tmp_path / "last").read_bytes() == THREE


def test_another_lineage_is_taken_at_once() -> None:
    kept, _ = store()
    kept.take_snapshot(THREE)
    assert kept.take_snapshot(OTHER)
    assert kept.engine is not None and kept.engine.info.revision == 1


def test_a_delta_is_taken_onto_its_base_only() -> None:
    kept, events = store()
    with pytest.raises(Refused, match="without"):
        kept.take_delta(delta(ONE, TWO))
    kept.take_snapshot(ONE)
    assert kept.take_delta(delta(ONE, TWO))
    assert kept.engine is not None and kept.engine.data == TWO
    assert isinstance(events[-1], FlagsChanged) and events[-1].flags == {"a", "c"}
    for wrong in (delta(ONE, TWO), delta(ONE, THREE), delta(TWO, THREE)[:-1], b"", b"\x95"):
        with pytest.raises(Refused):
            kept.take_delta(wrong)
    with pytest.raises(Refused, match="not above"):
        kept.take_delta(delta(TWO, ONE))
    assert kept.engine.data == TWO
    assert kept.take_delta(delta(TWO, THREE))


def test_the_last_good_snapshot_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "last"
    kept, _ = store(path)
    kept.start(None)
    assert kept.engine is None
    kept.take_snapshot(TWO)
    assert [file.name for file in path.parent.iterdir()] == ["last"]
    again, events = store(path)
    again.start(None)
    assert again.engine is not None and again.engine.data == TWO
    assert [event.state for event in events if isinstance(event, StateChanged)] == [State.STALE]


@pytest.mark.parametrize(
    "damage", [b"", TWO[:-1], b"x" * 100, snapshot(9, environment="other")], ids=["empty", "cut", "nonsense", "other environment"]
)
def test_a_damaged_last_good_snapshot_is_ignored_and_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "last"
    path.write_bytes(damage)
    kept, _ = store(path)
    kept.start(ONE)
    assert kept.engine is not None and kept.engine.data == ONE
    kept.take_snapshot(TWO)
    assert path.read_bytes() == TWO


@pytest.mark.parametrize(
    ("bootstrap", "last", "serves"),
    [(ONE, TWO, TWO), (THREE, TWO, THREE), (OTHER, TWO, TWO), (OTHER, None, OTHER)],
    ids=["newer on disk", "newer bootstrap", "other lineage", "nothing on disk"],
)
def test_which_of_bootstrap_and_last_good_serves(tmp_path: Path, bootstrap: bytes, last: bytes | None, serves: bytes) -> None:
    path = tmp_path / "last"
    if last:
        path.write_bytes(last)
    kept, _ = store(path)
    kept.start(bootstrap)
    assert kept.engine is not None and kept.engine.data == serves


def test_a_bootstrap_that_does_not_load_is_an_error() -> None:
    kept, _ = store()
    with pytest.raises(LoadError):
        kept.start(ONE[:-1])
    with pytest.raises(ValueError, match="environment 'other'"):
        kept.start(snapshot(1, environment="other"))


def test_a_disk_that_can_not_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    kept, _ = store(tmp_path / "file" / "last")
    assert kept.take_snapshot(ONE)


def test_usage_outlives_the_snapshot_that_counted_it() -> None:
    kept, _ = store()
    kept.take_snapshot(ONE)
    for take in (ONE, TWO):
        if take is TWO:
            kept.take_snapshot(TWO)
        assert kept.engine is not None
        kept.engine.evaluate("a", None, (), None, None, None)
    usage = kept.take_usage()
    assert {key: count for key, (count, _, _) in usage.items()} == {"a": 2}
    kept.put_usage_back({"a": [2, 5, 1]})
    kept.put_usage_back({"a": [1, 9, 1]})
    assert kept.take_usage() == {"a": [3, 9, 2]}
    assert kept.take_usage() == {}


def test_a_listener_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    status = Status()
    heard: list[Event] = []

    def fail(_: Event) -> None:
        raise RuntimeError("listener")

    status.subscribe(fail)
    unsubscribe = status.subscribe(heard.append)
    status.loaded()
    assert len(heard) == 1
    unsubscribe()
    status.contact()
    assert len(heard) == 1
    assert "a listener failed" in caplog.text


def test_the_ttl_makes_a_client_stale() -> None:
    status = Status(ttl=0.0)
    status.loaded()
    assert status.state is State.STALE
    status.contact()
    while status.age == 0:
        pass
    assert status.state is State.STALE
    unlimited = Status()
    unlimited.loaded()
    unlimited.contact()
    assert unlimited.state is State.READY


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir], ids=["a pipe", "a device", "a folder"]
)
def test_what_is_no_regular_file_is_no_last_good_snapshot_and_is_not_waited_for(
    make: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path / "last")
    kept, _ = store(tmp_path / "last")
    kept.start(ONE)
    assert kept.engine is not None and "is not a regular file" in caplog.text
    with pytest.raises(ValueError, match="not a regular file"):
        Gonfalon(bootstrap=tmp_path / "last")


def test_a_last_good_snapshot_that_traps_the_module_is_ignored(tmp_path: Path) -> None:
    def trap(data: bytes) -> Instance:
        raise ModuleTrap("out of memory")

    (tmp_path / "last").write_bytes(ONE)
    kept = Store("default", Status(), tmp_path / "last", trap)
    kept.start(None)
    assert kept.engine is None


def test_a_link_stays_one_and_what_a_killed_program_left_is_deleted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "flags"
    path.write_bytes(b"one")
    (tmp_path / "link").symlink_to("flags")
    (tmp_path / "nothing").symlink_to("nowhere")
    left = {name: tmp_path / f"flags.{name}" for name in ("abcd_123.new", "abcd_124.new", "snapshot")}
    for name, file in left.items():
        file.write_bytes(b"half")
        if name != "abcd_124.new":
            os.utime(file, (0, 0))
    store(tmp_path / "link")[0].keep(ONE)
    assert (tmp_path / "link").is_symlink() and path.read_bytes() == ONE
    store(tmp_path / "nothing")[0].keep(ONE)
    assert "can't be written" in caplog.text
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "flags",
        "flags.abcd_124.new",
        "flags.snapshot",
        "link",
        "nothing",
    ]


@pytest.mark.parametrize("there", ["pipe", "folder", "socket"])
def test_nothing_but_a_regular_file_is_replaced_or_read(there: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "flags"
    with socket.socket(socket.AF_UNIX) as listener:
        if there == "pipe":
            os.mkfifo(path)
        elif there == "folder":
            path.mkdir()
        else:
            listener.bind(str(path))
        kind = path.stat().st_mode
        store = Store("default", Status(), path)
        store.start(None)
        assert store.engine is None
        for revision in (1, 2, 3):
            assert store.take_snapshot(snapshot(revision, a=True))
        assert path.stat().st_mode == kind
        assert [entry.name for entry in tmp_path.iterdir()] == ["flags"]
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [
        f"the last good snapshot {path} is ignored: {path} is not a regular file",
        f"the last good snapshot can't be written to {path}: it is not a regular file",
    ]


def test_a_path_that_can_be_none_keeps_nothing_from_serving(tmp_path: Path) -> None:
    for path in (tmp_path / "a\0b", tmp_path / ("x" * 300), Path("/proc/nowhere/flags")):
        store = Store("default", Status(), path)
        store.start(None)
        assert store.take_snapshot(snapshot(1, a=True)) and store.engine is not None
