"""Remembering what was made of a text, for texts that come again and again.

Objects of one bundle share their instants, the identifiers they refer to, the names
of their properties. Only what came out good is remembered, so the texts are short;
and a full memory is emptied, so a stranger cannot make it grow without end.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Memory(dict[str, T | None]):
    """`memory[text]` is what `make` made of it; None is not remembered.

    A dictionary, because a hit then costs no Python call.
    """

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[str], T | None], most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: str) -> T | None:
        made = self._make(text)
        if made is not None:
            if len(self) >= self._most:
                self.clear()
            self[text] = made
        return made
