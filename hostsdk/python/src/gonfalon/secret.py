"""A token, kept where nothing shows it by accident."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST = 8  # characters of a token that is kept out of texts: what is shorter is a word that anybody may write


class Secret:
    """Holds a token. Its repr, and so what prints a client's attributes, hides it. A debugger can always see it."""

    __slots__ = ("_reveal", "without")

    def __init__(self, token: str) -> None:
        self._reveal: Callable[[], str] = lambda: token
        #: A text without the token, in any case of letters.
        self.without: Callable[[str], str] = lambda text: text
        if len(token) >= SHORTEST:
            pattern = re.compile(re.escape(token), re.IGNORECASE)
            self.without = lambda text: pattern.sub("…", text)

    def reveal(self) -> str:
        return self._reveal()

    def hide(self, text: str) -> str:
        """A text from elsewhere as a part of a message: on one line, cut, and without the token, which a server may send back."""
        text = self.without(text)[:1000]
        line = "".join(character if character.isprintable() else " " for character in text)
        return line if len(line) <= 500 else line[:500] + "…"

    def __repr__(self) -> str:
        return "Secret(…)"
