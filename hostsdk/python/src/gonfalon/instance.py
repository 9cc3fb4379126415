"""One instance of the module with one snapshot in it: the ABI, byte by byte.

The module is compiled once a process. An instance serves one call at a time; whoever owns it sees to that. Nothing that is
returned points into the module's memory.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgpack
import wasmtime

from . import crossing

ABI = 1
SNAPSHOT_FORMAT = 1  # of engine/load.go
MAX_SNAPSHOT_BYTES = 32 << 20  # the engine's limit; larger ones aren't even copied into the module
BATCH = 1024  # decisions a call, by the ABI
REQUEST_BYTES = 64 << 10  # room for a request at first; it grows for what is larger

_RECORD = struct.Struct("<8I")
_INFO = struct.Struct("<9I")

# Of engine/code.go.
CODES = (
    "ok",
    "longer than a snapshot may be",
    "not a gonfalon snapshot",
    "a snapshot format that this engine doesn't read",
    "the content id doesn't match the bytes: they are truncated or altered",
    "malformed",
    "the records don't add up to the header's counts",
    "past a limit",
    "the keys don't ascend, or one occurs twice",
    "an index or a state is out of range",
    "there are bytes after the end",
    "the delta is for another snapshot",
    "the delta deletes a key that isn't there",
    "the buffer is too small",
    "too many keys collide",
)
TOO_LARGE = 1
ERRORS = {-1: "malformed request", -2: "too large for the output", -3: "no snapshot loaded", -4: "index out of range"}


class LoadError(Exception):
    """Bytes that are no snapshot, or a delta that doesn't apply. ``code`` is the engine's, ``offset`` counts from 0."""

    def __init__(self, code: int, offset: int) -> None:
        self.code = code
        self.offset = offset
        sentence = CODES[code] if 0 <= code < len(CODES) else "refused"
        super().__init__(f"{sentence} (code {code}) at byte {offset}")


class RequestError(Exception):
    """The module refused a request, by a code of the ABI."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"{ERRORS.get(code, 'refused')} (code {code})")


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """What a snapshot says about itself. ``id`` and ``lineage`` are lower-case hex."""

    environment: str
    id: str
    lineage: str
    revision: int
    flags: int
    segments: int
    #: Flags and segments that a newer control plane wrote in a form that the engine can't read; such a flag is off.
    unreadable: int = 0

    @property
    def position(self) -> str:
        """Lineage, revision and content id, as a server knows it."""
        return f"{self.lineage}-{self.revision}-{self.id}"


_compiling = threading.Lock()


def compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """The module, compiled at the first call and shared by the whole process."""
    with _compiling:
        return _compile()


@cache
def _compile() -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    if hasattr(config, "macos_use_mach_ports"):
        config.macos_use_mach_ports = False  # their handler thread doesn't survive a fork
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module(engine, module_bytes())


def module_bytes() -> bytes:
    """The module as it is shipped."""
    return (resources.files("gonfalon") / "engine.wasm").read_bytes()


class Instance:
    """Makes an instance and loads data into it; raises LoadError for bytes that the engine refuses."""

    def __init__(self, data: bytes, parts: tuple[wasmtime.Engine, wasmtime.Module] | None = None) -> None:
        if len(data) > MAX_SNAPSHOT_BYTES:
            raise LoadError(TOO_LARGE, MAX_SNAPSHOT_BYTES)
        engine, module = parts or compiled()
        self._store = store = wasmtime.Store(engine)
        exports: Any = wasmtime.Instance(store, module, []).exports(store)
        self._exports: Mapping[str, wasmtime.Func] = exports
        self._memory: wasmtime.Memory = exports["memory"]
        if (abi := crossing.quick(store, self._exports["abi"], 0)()) != ABI:
            raise RuntimeError(f"the module speaks ABI {abi}, this package {ABI}")
        self._result = crossing.quick(store, self._exports["result"], 0)()
        self._load(data)
        self._evaluate = crossing.quick(store, self._exports["evaluate"], 1)
        self._batch = crossing.quick(store, self._exports["evaluate_batch"], 2)
        self._flag_key = crossing.quick(store, self._exports["flag_key"], 1)
        self._needs = crossing.quick(store, self._exports["needs"], 1)
        self._explain = crossing.patient(store, self._exports["explain"], 1)
        self._reserve = crossing.patient(store, self._exports["request"], 1)
        self._view = self._see()
        self._room = 0
        self._grow(REQUEST_BYTES)

    def _load(self, data: bytes) -> None:
        address = crossing.patient(self._store, self._exports["snapshot"], 1)(len(data))
        if not address:
            raise LoadError(TOO_LARGE, MAX_SNAPSHOT_BYTES)
        self._see()[address : address + len(data)] = data
        code = crossing.patient(self._store, self._exports["load"], 1)(len(data))
        self._view = self._see()
        if code:
            raise LoadError(code, self._words()[0])

    def _see(self) -> memoryview:
        """The module's memory as it is now; a call that allocates may grow it, and this must be asked for anew."""
        length = self._memory.data_len(self._store)
        address = ctypes.addressof(self._memory.data_ptr(self._store).contents)
        return memoryview((ctypes.c_ubyte * length).from_address(address)).cast("B")

    def _grow(self, size: int) -> None:
        address = self._reserve(size)
        if not address:
            raise RequestError(-2)
        self._view = self._see()
        self._at, self._room = address, size

    def _words(self) -> tuple[int, ...]:
        return _RECORD.unpack_from(self._view, self._result)

    def bytes_at(self, address: int, length: int) -> bytes:
        return bytes(self._view[address : address + length])

    def text(self, address: int, length: int) -> str:
        return self.bytes_at(address, length).decode("utf-8", "replace")

    def write(self, request: bytes) -> int:
        """Puts a request where the module reads it; gives its length."""
        size = len(request)
        if size > self._room:
            self._grow(size)
        self._view[self._at : self._at + size] = request
        return size

    def evaluate(self, request: bytes) -> int:
        """The packed decision."""
        size = len(request)
        if size > self._room:
            self._grow(size)
        at = self._at
        self._view[at : at + size] = request
        packed = self._evaluate(size)
        if packed < 0:
            raise RequestError(packed)
        return packed

    def record(self) -> tuple[int, ...]:
        """The eight words of the last decision: packed, 1 + variant, then address and length of name, payload, target."""
        return self._words()

    def batch(self, request: bytes, first: int) -> Iterator[tuple[int, ...]]:
        """Records of up to BATCH decisions from number first on. They must be used up before the next call."""
        n = self._batch(self.write(request), first)
        if n < 0:
            raise RequestError(n)
        address = self._words()[0]
        return _RECORD.iter_unpack(self._view[address : address + n * _RECORD.size])

    def flag_key(self, index: int) -> str:
        if code := self._flag_key(index):
            raise RequestError(code)
        address, length, *_ = self._words()
        return self.text(address, length)

    def needs(self, request: bytes) -> list[Any]:
        """What deciding a flag can ask for, as ABI.md lays it out."""
        return list(self._answer(self._needs, request))

    def explain(self, request: bytes) -> list[Any]:
        """The explanation as ABI.md lays it out."""
        return list(self._answer(self._explain, request))

    def _answer(self, call: crossing.Call, request: bytes) -> Any:
        length = call(self.write(request))
        if length < 0:
            raise RequestError(length)
        self._view = self._see()
        return msgpack.unpackb(self.bytes_at(self._words()[0], length), ext_hook=extension, unicode_errors="replace")

    def info(self) -> SnapshotInfo:
        if code := crossing.quick(self._store, self._exports["info"], 0)():
            raise RequestError(code)
        environment, length, identity, lineage, low, high, flags, segments, unreadable = _INFO.unpack_from(
            self._view, self._result
        )
        return SnapshotInfo(
            environment=self.text(environment, length),
            id=self.bytes_at(identity, 32).hex(),
            lineage=self.bytes_at(lineage, 16).hex(),
            revision=low | high << 32,
            flags=flags,
            segments=segments,
            unreadable=unreadable,
        )

    def splice(self, delta: bytes) -> bytes:
        """The bytes of the snapshot that a delta makes of this one; raises LoadError if it doesn't apply."""
        if len(delta) > MAX_SNAPSHOT_BYTES:
            raise LoadError(TOO_LARGE, MAX_SNAPSHOT_BYTES)
        code = crossing.patient(self._store, self._exports["splice"], 1)(self.write(delta))
        self._view = self._see()
        address, length, *_ = self._words()
        if code:
            raise LoadError(code, address)
        return self.bytes_at(address, length)


def extension(_: int, data: bytes) -> Any:
    """An integer beyond int64 (ext type 1, the only one), or its digits if there are more than the interpreter converts."""
    try:
        return int(data)
    except ValueError:
        return data.decode("ascii", "replace")
