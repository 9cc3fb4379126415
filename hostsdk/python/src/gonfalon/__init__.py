"""Feature flags evaluated in memory, by the same engine in every language.

A client (:class:`Gonfalon`, :class:`AsyncGonfalon`) follows an environment and keeps its newest snapshot loaded in the engine's
WebAssembly module. It evaluates flags there, in microseconds, whether the server is up or not.

Promises: no evaluation blocks, raises or uses the network · a frame that can't be read changes nothing · any number of threads
may use a client, also after a fork · the answers are bit for bit those of every other language's SDK.
"""

from .abi import LoadError, SnapshotInfo
from .client import AsyncGonfalon, Gonfalon
from .context import Actor, Context, ContextError, Member
from .decision import Decision, Gate, Reason
from .explanation import Comparison, Explanation, Step
from .flags import Flags, Stats
from .score import score
from .status import Event, FlagsChanged, State, StateChanged
from .version import __version__

__all__ = [
    "Actor",
    "AsyncGonfalon",
    "Comparison",
    "Context",
    "ContextError",
    "Decision",
    "Event",
    "Explanation",
    "Flags",
    "FlagsChanged",
    "Gate",
    "Gonfalon",
    "LoadError",
    "Member",
    "Reason",
    "SnapshotInfo",
    "State",
    "StateChanged",
    "Stats",
    "Step",
    "__version__",
    "score",
]
