"""Find a smallest set of changes with which tests fail, by halving (delta debugging, ddmin)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

ChangeSet = tuple[int, ...]
Fails = Callable[[ChangeSet], bool]


def smallest_failing(numbers: Sequence[int], fails: Fails) -> ChangeSet:
    """Return a smallest subset that fails: without any one of its members it does not.

    `fails` is True for `numbers` as a whole. It is asked once for each subset, about twice the
    binary logarithm of their number if one change is at fault.
    """
    found = tuple(numbers)
    parts = 2
    while len(found) > 1:
        pieces = _split(found, min(parts, len(found)))
        smaller = next((piece for piece in pieces if fails(piece)), None)
        if smaller is not None:
            found, parts = smaller, 2
            continue
        rests = [tuple(n for n in found if n not in piece) for piece in pieces]
        # With two pieces the rests are the pieces, which have been tried.
        rest = next((one for one in rests if len(pieces) > 2 and fails(one)), None)
        if rest is not None:
            found, parts = rest, max(parts - 1, 2)
        elif parts < len(found):
            parts = min(2 * parts, len(found))
        else:
            break
    return found


def _split(numbers: ChangeSet, parts: int) -> list[ChangeSet]:
    """Return the numbers in so many pieces of about the same length, none empty."""
    edges = [len(numbers) * part // parts for part in range(parts + 1)]
    return [numbers[start:end] for start, end in pairwise(edges)]
