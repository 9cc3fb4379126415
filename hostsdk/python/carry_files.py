"""Puts the engine's module and the API's OpenAPI document into a wheel or an sdist.

In the source tree ``src/gonfalon/engine.wasm`` and ``src/gonfalon/openapi.yaml`` are links to ``wasm/engine.wasm`` and
``controlplane/httpapi/openapi.yaml``; in an unpacked sdist they are the files themselves. Either way the bytes are read when the
package is built, so that no second copy can fall behind.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {"engine.wasm": b"\0asm", "openapi.yaml": b"openapi:"}  # and how each begins


class CarryFiles(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # the links serve
        folder = "gonfalon" if self.target_name == "wheel" else "src/gonfalon"
        for name, start in FILES.items():
            file = (Path(self.root) / "src/gonfalon" / name).resolve()
            if not file.is_file() or not file.read_bytes().startswith(start):
                raise FileNotFoundError(f"{file} is not what {name} should be; without it the package is of no use")
            build_data["force_include"][str(file)] = f"{folder}/{name}"
