"""Make inputs by changing kept ones: bytes lost, added and replaced, and pieces of others."""

from __future__ import annotations

import random

MAX_BYTES = 512
SHORT_BYTES = 128
"""Three of four inputs are no longer: they cost a quarter, and most of what is odd is short."""
_ALL_NEW = 32
"""One input in so many is made of nothing but random bytes."""


class Changes:
    """Draws inputs from a pool that grows; the same seed and pool draw the same."""

    def __init__(self, pool: list[bytes], seed: int) -> None:
        self.pool = pool or [b""]
        self._rng = random.Random(seed)

    def keep(self, data: bytes) -> None:
        """Add an input to those that are changed."""
        self.pool.append(data)

    def draw(self) -> bytes:
        """Return a new input."""
        rng = self._rng
        if rng.random() * _ALL_NEW < 1:
            return rng.randbytes(int(MAX_BYTES * rng.random() ** 2))
        data = bytearray(rng.choice(self.pool))
        for _ in range(1 + int(rng.random() ** 2 * 7)):
            self._change(data)
        return bytes(data[: MAX_BYTES if rng.random() * 4 < 1 else SHORT_BYTES])

    def _change(self, data: bytearray) -> None:
        rng = self._rng
        place = int(rng.random() * (len(data) + 1))
        kind = int(rng.random() * 6)
        if kind == 0:
            data[place:place] = rng.randbytes(1 + int(rng.random() * 15))
        elif kind == 1:
            del data[place : place + 1 + int(rng.random() * 15)]
        elif kind == 2:
            data[place:place] = self._piece(rng.choice(self.pool))
        elif kind == 3:
            piece = self._piece(rng.choice(self.pool))
            data[place : place + len(piece)] = piece
        elif data:
            # Small numbers are what choices are made of, and any byte is part of a text.
            data[place % len(data)] = int(rng.random() * (16 if kind == 4 else 256))

    def _piece(self, data: bytes) -> bytes:
        start = int(self._rng.random() * (len(data) + 1))
        return data[start : start + 1 + int(self._rng.random() ** 2 * 64)]
