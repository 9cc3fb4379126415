"""The log, which is the logger ``gonfalon``."""

from __future__ import annotations

import logging
from typing import Any

from .interruption import let_pass


class Log(logging.LoggerAdapter[logging.Logger]):
    """What the handlers and filters of the program raise keeps no decision from being made, and no client from following."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        try:
            super().log(level, msg, *args, stacklevel=2, **kwargs)
        except BaseException as error:  # noqa: BLE001 -- whatever they raise
            let_pass(error)


log = Log(logging.getLogger("gonfalon"))
