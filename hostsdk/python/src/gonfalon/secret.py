"""A token, kept where nothing shows it by accident."""

from __future__ import annotations

from collections.abc import Callable


class Secret:
    """Holds a token. Its repr, and so what prints a client's attributes, hides it. A debugger can always see it."""

    __slots__ = ("_reveal",)

    def __init__(self, token: str) -> None:
        self._reveal: Callable[[], str] = lambda: token

    def reveal(self) -> str:
        return self._reveal()

    def hide(self, text: str) -> str:
        """A text from elsewhere as a part of a message: on one line, cut, and without the token, which a server may send back."""
        token = self._reveal()
        text = text.replace(token, "…") if token else text
        line = "".join(character if character.isprintable() else " " for character in text[:1000])
        return line if len(line) <= 500 else line[:500] + "…"

    def __repr__(self) -> str:
        return "Secret(…)"
