"""Puts into a wheel or an sdist what the tree has elsewhere: the engine's module, the API's OpenAPI document, the engine in C.

In the source tree ``src/gonfalon/engine.wasm`` and ``src/gonfalon/openapi.yaml`` are links to ``wasm/engine.wasm`` and
``controlplane/httpapi/openapi.yaml``; in an unpacked sdist they are the files themselves. Either way the bytes are read when the
package is built, so that no second copy can fall behind. The same holds for the C library: an sdist has its sources, and a wheel
the extension that ``build_engine.py`` makes of them. Where it can't be made, or GONFALON_ENGINE is wasmtime, the wheel is one for
every machine, without it. GONFALON_ENGINE=c insists on it.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {"engine.wasm": b"\0asm", "openapi.yaml": b"openapi:"}  # and how each begins


class CarryFiles(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            self.built()  # beside the sources; the links serve for the rest
            return
        folder = "gonfalon" if self.target_name == "wheel" else "src/gonfalon"
        for name, start in FILES.items():
            file = (Path(self.root) / "src/gonfalon" / name).resolve()
            if not file.is_file() or not file.read_bytes().startswith(start):
                raise FileNotFoundError(f"{file} is not what {name} should be; without it the package is of no use")
            build_data["force_include"][str(file)] = f"{folder}/{name}"
        if self.target_name == "sdist":
            sys.path.insert(0, self.root)
            from build_engine import library_files

            build_data["force_include"] |= {str(file): place for file, place in library_files().items()}
        elif engine := self.built(tempfile.mkdtemp()):
            build_data["force_include"][str(engine)] = f"gonfalon/{engine.name}"
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"

    def built(self, *folder: str) -> Path | None:
        """The extension's file; None if it isn't wanted, or can't be built here."""
        wanted = os.environ.get("GONFALON_ENGINE")
        if wanted == "wasmtime":
            return None
        done = subprocess.run(
            [sys.executable, "build_engine.py", *folder], cwd=self.root, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return Path(done.stdout.splitlines()[-1])
        if wanted == "c":
            raise RuntimeError(done.stderr or done.stdout)
        self.app.display_warning((done.stderr or done.stdout).strip().splitlines()[-1])
        return None
