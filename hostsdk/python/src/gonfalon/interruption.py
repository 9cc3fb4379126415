"""What a program's own code may end a decision with."""

from __future__ import annotations

import sys

_PASSING = (KeyboardInterrupt, SystemExit, GeneratorExit)


def let_pass(error: BaseException) -> None:
    """Raises what means the program's thread or task rather than the decision: KeyboardInterrupt, SystemExit, GeneratorExit and
    asyncio's CancelledError. Whatever else an object of the program's raises makes no decision fail."""
    if isinstance(error, _PASSING):
        raise error
    asyncio = sys.modules.get("asyncio")  # nothing is cancelled where it isn't imported
    if asyncio is not None and isinstance(error, asyncio.CancelledError):
        raise error
