"""Calls into the module, as cheaply as Python can make them.

``Func.__call__`` of wasmtime-py looks the function's type up and builds C arrays on every call, which takes tens of
microseconds; a decision takes a fraction of one. So a call goes straight to ``wasmtime_func_call_unchecked`` of wasmtime's C
API, with everything it needs prepared once. Two kinds of caller differ in what they do with the interpreter's lock:

* ``quick`` keeps it: the call is far shorter than handing the lock over and getting it back, which can take milliseconds
  when other threads compute;
* ``patient`` lets it go, for calls that may take long (loading, splicing).

A caller is good for as long as its store is.

Should a future wasmtime-py lay its internals out differently, calls take the public way, and only cost more.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, cast

import wasmtime

from .abi import ModuleTrap

Call = Callable[..., int]


def quick(store: wasmtime.Store, func: wasmtime.Func, arity: int) -> Call:
    return _direct(store, func, arity, ctypes.PYFUNCTYPE) or _public(store, func)


def patient(store: wasmtime.Store, func: wasmtime.Func, arity: int) -> Call:
    return _direct(store, func, arity, ctypes.CFUNCTYPE) or _public(store, func)


def _public(store: wasmtime.Store, func: wasmtime.Func) -> Call:
    def call(*arguments: int) -> int:
        try:
            return cast(int, func(store, *arguments))
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise ModuleTrap(str(error)) from error

    return call


def _direct(store: wasmtime.Store, func: wasmtime.Func, arity: int, prototype: Any) -> Call | None:
    """A caller by the C API; None if this wasmtime-py isn't laid out as expected."""
    if sys.byteorder != "little" or arity > 2:
        return None
    try:
        from wasmtime import _ffi as ffi

        raw: Any = ffi.wasmtime_val_raw_t
        width = ctypes.sizeof(raw) // 4
        slots = (raw * max(arity, 1))()  # arguments, then the result in their place
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        native = prototype(ctypes.c_size_t)(ctypes.cast(ffi.dll.wasmtime_func_call_unchecked, ctypes.c_void_p).value or 0)
        # Ready-made pointers: without declared argument types ctypes hands them on as they are.
        context = ctypes.cast(store._context(), ctypes.c_void_p)
        function = ctypes.cast(ctypes.pointer(func._func), ctypes.c_void_p)
        place = ctypes.cast(slots, ctypes.c_void_p)
        count = ctypes.c_size_t(len(slots))
        trapped = ctypes.cast(ctypes.pointer(trap), ctypes.c_void_p)
    except (ImportError, AttributeError, TypeError):
        return None
    words = memoryview(slots).cast("B").cast("i")

    def fail(error: int) -> ModuleTrap:
        if error:
            return ModuleTrap(str(wasmtime.WasmtimeError._from_ptr(ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t)))))
        return ModuleTrap(str(wasmtime.Trap._from_ptr(trap)))

    def call0() -> int:
        error = native(context, function, place, count, trapped)
        if error or trap:
            raise fail(error)
        return words[0]

    def call1(a: int) -> int:
        words[0] = a
        error = native(context, function, place, count, trapped)
        if error or trap:
            raise fail(error)
        return words[0]

    def call2(a: int, b: int) -> int:
        words[0] = a
        words[width] = b
        error = native(context, function, place, count, trapped)
        if error or trap:
            raise fail(error)
        return words[0]

    return (call0, call1, call2)[arity]
