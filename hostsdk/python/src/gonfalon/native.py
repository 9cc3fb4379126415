"""The engine by C: a snapshot of the extension ``_engine``, which is hostsdk/c with a quick way in for what programs ask most.

A call of the extension keeps the interpreter's lock, so that calls never overlap, whatever threads there are.
"""

from __future__ import annotations

from typing import Any

import msgpack

from . import _engine
from .abi import Answer, LoadError, ModuleTrap, RequestError, SnapshotInfo, extension
from .context import Context

TRAPPED, NO_MEMORY = -100, -101  # of gonfalon.h

_engine.use(Context)


class NativeInstance:
    """Loads data; raises LoadError for bytes that the engine refuses."""

    def __init__(self, data: bytes) -> None:
        loaded = _engine.load(data)
        if isinstance(loaded, tuple):
            raise _load_error(*loaded)
        self._snapshot = loaded
        #: Whether a flag is on, for what :meth:`remember` knows, counted; None: it has to be asked another way.
        self.ask = loaded.ask
        self.remember = loaded.remember
        self.take_counts = loaded.take_counts

    def evaluate(self, request: bytes) -> int:
        """The packed decision."""
        packed = self._snapshot.evaluate(request)
        if packed < 0:
            raise _error(packed)
        return packed

    def decide(self, request: bytes) -> Answer:
        """The whole decision."""
        return Answer._make(_answered(self._snapshot.decide(request)))

    def raw(self, request: bytes) -> tuple[int, bytes, bytes, bytes]:
        """The decision, and name, payload and target as they stand in the snapshot."""
        answer: tuple[int, bytes, bytes, bytes] = _answered(self._snapshot.raw(request))
        return answer

    def batch(self, request: bytes, first: int) -> list[Answer]:
        """Up to BATCH decisions, from number first on."""
        return list(map(Answer._make, _answered(self._snapshot.batch(request, first))))

    def flag_key(self, index: int) -> str:
        key: str = _answered(self._snapshot.flag_key(index))
        return key

    def needs(self, request: bytes) -> list[Any]:
        """What deciding a flag can ask for, as ABI.md lays it out."""
        return _unpacked(_answered(self._snapshot.needs(request)))

    def explain(self, request: bytes) -> list[Any]:
        """The explanation as ABI.md lays it out."""
        return _unpacked(_answered(self._snapshot.explain(request)))

    def info(self) -> SnapshotInfo:
        environment, identity, lineage, revision, flags, segments, unreadable = _answered(self._snapshot.info())
        return SnapshotInfo(environment, identity.hex(), lineage.hex(), revision, flags, segments, unreadable, "c")

    def splice(self, delta: bytes) -> bytes:
        """The bytes of the snapshot that a delta makes of this one; raises LoadError if it doesn't apply."""
        spliced = self._snapshot.splice(delta)
        if isinstance(spliced, tuple):
            raise _load_error(*spliced)
        return spliced


def _answered(answer: Any) -> Any:
    if type(answer) is int:
        raise _error(answer)
    return answer


def _unpacked(answer: bytes) -> list[Any]:
    return list(msgpack.unpackb(answer, ext_hook=extension, unicode_errors="replace"))


def _error(code: int) -> Exception:
    return ModuleTrap("the engine stopped in the middle of a call") if code == TRAPPED else RequestError(code)


def _load_error(code: int, offset: int) -> Exception:
    if code == NO_MEMORY:
        return MemoryError("there is no memory for a snapshot")
    return LoadError(code, offset) if code > 0 else _error(code)
