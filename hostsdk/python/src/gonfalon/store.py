"""The snapshot that serves, swapped at once and never changed, and its copy on disk."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .abi import MAX_SNAPSHOT_BYTES, Loaded, LoadError, ModuleTrap
from .changes import changed_flags, has_schedules
from .engine import Engine
from .instance import Instance
from .log import log
from .mistakes import Mistakes
from .status import FlagsChanged, Status

ABANDONED = 60  # seconds after which a file that is being written belongs to a program that was killed
UNRECORDED = "0" * 32  # the lineage of a snapshot that no control plane made


class Refused(Exception):  # noqa: N818 -- it is the frame's fate, not the program's fault
    """A frame that changes nothing; the old snapshot goes on serving."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A snapshot that is loaded and may be served, and the flags that it changes (if anybody listens)."""

    engine: Engine
    changed: frozenset[str] = frozenset()


class Store:
    """Holds one environment's snapshot. ``engine`` is read without a lock; frames are taken one at a time."""

    def __init__(
        self,
        environment: str | None,
        status: Status,
        last_good: str | os.PathLike[str] | None = None,
        make: Callable[[bytes], Loaded] = Instance,
    ) -> None:
        self.engine: Engine | None = None
        self.environment = environment
        self.taken = 0  # snapshots from the source
        self.refused = 0  # frames that changed nothing
        self.broken = 0  # decisions that the engine failed to make
        self.traps = 0  # times that the module stopped in the middle of a call
        self.mistakes = Mistakes()
        self._status = status
        self._path = Path(last_good) if last_good is not None else None
        self._unkept = ""  # why the last snapshot wasn't kept
        self._make = make
        self._lock = threading.Lock()
        self._usage: dict[str, list[int]] = {}
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Calls watcher whenever another snapshot serves; the answer ends that."""
        self._watchers = [*self._watchers, watcher]

        def unwatch() -> None:
            self._watchers = [known for known in self._watchers if known is not watcher]

        return unwatch

    def stir(self) -> None:
        """Calls the watchers, who look at what there is."""
        for watcher in self._watchers:
            watcher()

    @property
    def has_schedules(self) -> bool:
        """Whether the time can change a decision of what serves."""
        return self.engine is not None and has_schedules(self.engine.data)

    def start(self, bootstrap: bytes | None) -> None:
        """Serves the bootstrap or the last good snapshot, whichever is newer. A bootstrap that can't be used raises."""
        first = self._load(bootstrap) if bootstrap is not None else None
        kept = self._read_last_good()
        if first and kept and first.info.lineage == kept.info.lineage and first.info.revision > kept.info.revision:
            kept = None
        if engine := kept or first:
            self.serve(self._fresh(engine), confirmed=False)

    def read_snapshot(self, data: bytes, supersedes: str | None = None) -> Fresh | None:
        """Loads data to be served next; None if it is what serves. Raises Refused if it may not be served: a lower revision may
        only if it supersedes the position of what serves."""
        with self._lock, self._counting():
            if self.engine and data == self.engine.data:
                return None
            return self._read(data, supersedes)

    def read_delta(self, delta: bytes) -> Fresh | None:
        """Loads what a delta makes of the snapshot that serves. It is spliced beside it, so no decision waits."""
        with self._lock, self._counting():
            if self.engine is None:
                raise Refused("a delta without a snapshot to apply it to")
            try:
                spliced = self._make(self.engine.data).splice(delta)
            except (LoadError, ModuleTrap) as error:
                raise Refused(f"a delta that doesn't apply: {error}") from error
            return self._read(spliced)

    def serve(self, fresh: Fresh, confirmed: bool = True) -> None:
        """Swaps the snapshots and says what changed; confirmed: the source stands behind it."""
        with self._lock:
            retired, self.engine = self.engine, fresh.engine
            if retired:
                merge_usage(self._usage, retired.take_usage())
        if confirmed:
            self.taken += 1
            self._status.contact()
        else:
            self._status.loaded()
        self.stir()
        if fresh.changed:
            info = fresh.engine.info
            self._status.emit(FlagsChanged(fresh.changed, info.revision, info.lineage))

    def tell(self, flags: frozenset[str]) -> None:
        """Says that the decisions of these flags can differ from now on, by the snapshot that serves."""
        if self.engine is not None:
            info = self.engine.info
            self._status.emit(FlagsChanged(flags, info.revision, info.lineage))

    def keep(self, data: bytes) -> None:
        """Writes the last good snapshot whole or not at all. It replaces a regular file only: no pipe, device or folder; of a
        link, the file that it names. Failing is logged once: it is no reason to stop serving."""
        if self._path is None:
            return
        import tempfile  # a start without a copy on disk goes without it

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._path.is_file() and (self._path.exists() or self._path.is_symlink()):
                raise ValueError("it is not a regular file")
            path = self._path.resolve() if self._path.is_symlink() else self._path
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _sweep(path)
            self._unkept = ""
        except (OSError, ValueError) as error:
            message = getattr(error, "strerror", None) or str(error)
            if message != self._unkept:
                log.warning("the last good snapshot can't be written to %s: %s", self._path, message)
            self._unkept = message

    def take_snapshot(self, data: bytes) -> bool:
        """Reads, serves and keeps a snapshot; False if it is what serves."""
        return self._take(self.read_snapshot(data))

    def take_delta(self, delta: bytes) -> bool:
        """Reads, serves and keeps what a delta makes of the snapshot that serves."""
        return self._take(self.read_delta(delta))

    def refuse(self, reason: str) -> None:
        """Counts a frame that couldn't even be read."""
        with contextlib.suppress(Refused), self._lock, self._counting():
            raise Refused(reason)

    def take_usage(self) -> dict[str, list[int]]:
        """Evaluations since the last time: key → [count, Unix microseconds of the last, how often it was on]."""
        with self._lock:
            taken, self._usage = self._usage, {}
            if self.engine:
                merge_usage(taken, self.engine.take_usage())
        return taken

    def put_usage_back(self, usage: dict[str, list[int]]) -> None:
        """Keeps counts that couldn't be delivered for the next time."""
        with self._lock:
            merge_usage(self._usage, usage)

    def forked(self) -> None:
        """In a child process: another thread may have held the lock. The parent reports what was counted before."""
        self._lock = threading.Lock()
        self._usage = {}
        self.mistakes.forked()

    def _take(self, fresh: Fresh | None) -> bool:
        if fresh is None:
            return False
        self.serve(fresh)
        self.keep(fresh.engine.data)
        return True

    def _read(self, data: bytes, supersedes: str | None = None) -> Fresh | None:
        try:
            engine = self._load(data)
        except (LoadError, ModuleTrap, ValueError) as error:
            raise Refused(str(error)) from error
        new = engine.info
        if self.engine:
            old = self.engine.info
            if new.id == old.id:
                return None
            if supersedes == old.position:
                log.warning("environment %s goes back: %s takes the place of %s", new.environment, new.position, old.position)
            elif new.lineage == old.lineage == UNRECORDED:
                pass  # made offline, where revisions mean nothing: it is taken as it comes
            elif new.lineage != old.lineage:
                log.warning("environment %s has another lineage: %s, was %s", new.environment, new.position, old.position)
            elif new.revision <= old.revision:
                raise Refused(f"revision {new.revision} is not above {old.revision}, which serves")
        return self._fresh(engine)

    def _fresh(self, engine: Engine) -> Fresh:
        if not self._status.heard:
            return Fresh(engine)
        return Fresh(engine, changed_flags(self.engine.data if self.engine else None, engine.data))

    def _load(self, data: bytes) -> Engine:
        engine = Engine(data, self._trapped, self._make, self.mistakes)
        if self.environment is not None and engine.info.environment != self.environment:
            raise ValueError(f"a snapshot of environment {engine.info.environment!r}, not of {self.environment!r}")
        if engine.info.unreadable:
            log.warning(
                "a newer control plane wrote %d records that this engine can't read; such flags are off, and so are those that"
                " require them",
                engine.info.unreadable,
            )
        return engine

    def _trapped(self, trap: ModuleTrap) -> None:
        self.traps += 1
        log.error("the module trapped and was rebuilt from the snapshot that serves: %s", trap)

    @contextlib.contextmanager
    def _counting(self) -> Any:
        try:
            yield
        except Refused as reason:
            self.refused += 1
            log.warning("a frame was refused: %s", reason)
            raise

    def _read_last_good(self) -> Engine | None:
        if self._path is None:
            return None
        try:
            return self._load(read_file(self._path))
        except FileNotFoundError:
            return None
        except (OSError, LoadError, ModuleTrap, ValueError) as error:
            log.warning("the last good snapshot %s is ignored: %s", self._path, error)
            return None


def _sweep(path: Path) -> None:
    """Deletes what programs that were killed have left half written."""
    mine = re.compile(re.escape(path.name) + r"\.[a-z0-9_]{8}\.new")
    with contextlib.suppress(OSError):  # another program was quicker
        for left in path.parent.iterdir():
            if mine.fullmatch(left.name) and left.is_file() and time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()


def read_file(path: Path) -> bytes:
    """Reads a file that should be a snapshot, however large somebody made it. A pipe could keep a start waiting."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path} is not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_SNAPSHOT_BYTES + 1)
    if len(data) > MAX_SNAPSHOT_BYTES:
        raise ValueError(f"{path} is larger than a snapshot can be")
    return data


def merge_usage(into: dict[str, list[int]], usage: dict[str, list[int]]) -> None:
    for key, (count, last, on) in usage.items():
        known = into.setdefault(key, [0, last, 0])
        known[0] += count
        known[1] = max(known[1], last)
        known[2] += on
