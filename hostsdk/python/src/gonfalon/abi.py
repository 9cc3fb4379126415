"""What every engine of the package has in common: the ABI in names, its errors, and what a snapshot says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

ABI = 1
SNAPSHOT_FORMAT = 1  # of engine/load.go
MAX_SNAPSHOT_BYTES = 32 << 20  # the engine's limit; larger ones aren't even copied into the module
BATCH = 1024  # decisions a call, by the ABI
HAS_VARIANT, HAS_TARGET = 1 << 26, 1 << 27  # of a packed decision

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


class ModuleTrap(Exception):  # noqa: N818 -- a trap is what WebAssembly calls it
    """The engine stopped in the middle of a call. Its instance can't be used any more."""


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
    #: What decides by it: ``c``, the engine compiled for this machine, or ``wasmtime``.
    engine: str = field(default="", compare=False)

    @property
    def position(self) -> str:
        """Lineage, revision and content id, as a server knows it."""
        return f"{self.lineage}-{self.revision}-{self.id}"


class Answer(NamedTuple):
    """A decision as the engine has it. The variant's number, 0 for none, is the same for the life of the instance."""

    packed: int
    variant: int
    name: str | None
    payload: str | None
    target: str | None


class Loaded(Protocol):
    """A loaded snapshot. It serves one call at a time; whoever owns it sees to that. Requests are msgpack, as ABI.md has them.
    What the engine refuses raises RequestError, and a trap ModuleTrap."""

    def __init__(self, data: bytes) -> None: ...

    def evaluate(self, request: bytes) -> int:
        """The packed decision."""

    def decide(self, request: bytes) -> Answer:
        """The whole decision."""

    def raw(self, request: bytes) -> tuple[int, bytes, bytes, bytes]:
        """The decision, and name, payload and target as they stand in the snapshot, which may have invalid Unicode."""

    def batch(self, request: bytes, first: int) -> list[Answer]:
        """Up to BATCH decisions, from number first on."""

    def flag_key(self, index: int) -> str: ...

    def needs(self, request: bytes) -> list[Any]:
        """What deciding a flag can ask for, as ABI.md lays it out."""

    def explain(self, request: bytes) -> list[Any]:
        """The explanation as ABI.md lays it out."""

    def info(self) -> SnapshotInfo: ...

    def splice(self, delta: bytes) -> bytes:
        """The bytes of the snapshot that a delta makes of this one; raises LoadError if it doesn't apply."""


def extension(_: int, data: bytes) -> Any:
    """An integer beyond int64 (ext type 1, the only one), or its digits if there are more than the interpreter converts."""
    try:
        return int(data)
    except ValueError:
        return data.decode("ascii", "replace")
