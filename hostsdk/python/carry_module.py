"""Puts the engine's module into a wheel or an sdist.

In the source tree ``src/gonfalon/engine.wasm`` is a link to ``wasm/engine.wasm``; in an unpacked sdist it is the file itself.
Either way the bytes are read when the package is built, so that no second copy can fall behind.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MAGIC = b"\0asm"


class CarryModule(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # the link serves
        module = (Path(self.root) / "src/gonfalon/engine.wasm").resolve()
        if not module.is_file() or module.read_bytes()[:4] != MAGIC:
            raise FileNotFoundError(f"{module} is not a WebAssembly module; without it the package can't decide anything")
        place = "gonfalon/engine.wasm" if self.target_name == "wheel" else "src/gonfalon/engine.wasm"
        build_data["force_include"][str(module)] = place
