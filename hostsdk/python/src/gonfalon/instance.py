"""The engine of this process, chosen once: C if the extension is there, which a compiler built when the package was installed, or
else wasmtime. GONFALON_ENGINE=c or wasmtime insists on one; a snapshot's ``info`` names it."""

from __future__ import annotations

import os

from .abi import Loaded


def _choose(wanted: str | None) -> type[Loaded]:
    if wanted not in (None, "", "c", "wasmtime"):
        raise ImportError(f"GONFALON_ENGINE is {wanted!r}; it can be c or wasmtime")
    if wanted != "wasmtime":
        try:
            from .native import NativeInstance
        except ImportError as error:
            if wanted:
                raise ImportError(f"GONFALON_ENGINE is c, and this installation has no engine in C: {error}") from error
        else:
            return NativeInstance
    from .wasm import WasmInstance

    return WasmInstance


Instance: type[Loaded] = _choose(os.environ.get("GONFALON_ENGINE"))
