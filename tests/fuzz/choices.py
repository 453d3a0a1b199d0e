"""Turn the bytes of a fuzzer into choices, so that its changes become changes of structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Choices:
    """Reads bytes as decisions; when they are used up, every decision is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_over(self) -> bool:
        """Return True if every byte was used."""
        return self._at >= len(self._data)

    def number(self, below: int) -> int:
        """Return a whole number from 0 to `below` - 1."""
        size = 1 if below <= 256 else 2
        taken = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "big") % below

    def chance(self, of: int) -> bool:
        """Return True in one of `of` cases, and never when the bytes are used up."""
        return not self.is_over and self.number(of) == of - 1

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.number(len(items))]

    def text(self, most: int = 12) -> str:
        """Return up to `most` characters of any kind."""
        size = self.number(most + 1)
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken.decode("utf-8", "replace")

    def rest(self) -> bytes:
        """Return the bytes that are left."""
        taken = self._data[self._at :]
        self._at = len(self._data)
        return taken


def broken(text: str, choices: Choices) -> str:
    """Return a text with up to three of its parts lost, doubled or replaced; often unchanged."""
    for _ in range(choices.number(8) - 4):
        place = choices.number(65_536) % (len(text) + 1)
        size = choices.number(64)
        part = text[place : place + size]
        other = choices.pick(["", part * 2, "\0", "]", "}", '"', "\n", "-", "9" * 40, "\u2028"])
        text = text[:place] + other + text[place + size :]
    return text
