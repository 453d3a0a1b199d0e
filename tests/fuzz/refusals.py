"""The one other end that a reader may have: a refusal that tells the user what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from importcost.errors import ImportcostError


def is_refused(read: Callable[[], object]) -> bool:
    """Return True if `read` refuses what it reads, in a sentence; False if it reads it."""
    refusal: ImportcostError | None = None
    try:
        read()
    except ImportcostError as error:
        refusal = error
    assert refusal is None or str(refusal).endswith((".", "?", ")")), refusal
    return refusal is not None
