"""The engine by wasmtime: one instance of the module with one snapshot in it, and the ABI byte by byte.

The module is compiled once a process. An instance serves one call at a time; whoever owns it sees to that. Nothing that is
returned points into the module's memory.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgpack
import wasmtime

from . import crossing
from .abi import (
    ABI,
    HAS_TARGET,
    HAS_VARIANT,
    MAX_SNAPSHOT_BYTES,
    TOO_LARGE,
    Answer,
    LoadError,
    RequestError,
    SnapshotInfo,
    extension,
)

REQUEST_BYTES = 64 << 10  # room for a request at first; it grows for what is larger

_RECORD = struct.Struct("<8I")
_INFO = struct.Struct("<9I")

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


class WasmInstance:
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

    def decide(self, request: bytes) -> Answer:
        """The whole decision."""
        packed = self.evaluate(request)
        if not packed & (HAS_VARIANT | HAS_TARGET):
            return Answer(packed, 0, None, None, None)
        return self._answer(self._words())

    def raw(self, request: bytes) -> tuple[int, bytes, bytes, bytes]:
        """The decision, and name, payload and target as they stand in the snapshot."""
        self.evaluate(request)
        packed, _, *places = self._words()
        name, payload, target = (self.bytes_at(*places[i : i + 2]) for i in (0, 2, 4))
        return packed, name, payload, target

    def batch(self, request: bytes, first: int) -> list[Answer]:
        """Up to BATCH decisions, from number first on."""
        n = self._batch(self.write(request), first)
        if n < 0:
            raise RequestError(n)
        address = self._words()[0]
        return [self._answer(record) for record in _RECORD.iter_unpack(self._view[address : address + n * _RECORD.size])]

    def _answer(self, record: tuple[int, ...]) -> Answer:
        packed, variant, name, name_length, payload, payload_length, target, target_length = record
        return Answer(
            packed,
            variant,
            self.text(name, name_length) if variant else None,
            self.text(payload, payload_length) if payload_length else None,
            self.text(target, target_length) if packed & HAS_TARGET else None,
        )

    def flag_key(self, index: int) -> str:
        if code := self._flag_key(index):
            raise RequestError(code)
        address, length, *_ = self._words()
        return self.text(address, length)

    def needs(self, request: bytes) -> list[Any]:
        """What deciding a flag can ask for, as ABI.md lays it out."""
        return list(self._unpacked(self._needs, request))

    def explain(self, request: bytes) -> list[Any]:
        """The explanation as ABI.md lays it out."""
        return list(self._unpacked(self._explain, request))

    def _unpacked(self, call: crossing.Call, request: bytes) -> Any:
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
            engine="wasmtime",
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
