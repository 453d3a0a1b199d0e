"""Figures of Lambda extensions: the start of one, which is billed with init."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from importcost.billing.figures.datafiles import FigureProvenance, number, provenance, read_json
from importcost.model.interval import Interval

FILE = "extensions.json"


@dataclass(frozen=True, slots=True)
class ExtensionFigures:
    """The longest published start of an extension in milliseconds, with its source."""

    most_ms: float
    provenance: FigureProvenance


@lru_cache(maxsize=1)
def load_extension_figures() -> ExtensionFigures:
    """Return the shipped figures. Raises UsageError if the file is wrong."""
    data = read_json(FILE)
    return ExtensionFigures(number(data, "most_ms", FILE), provenance(data, FILE))


def with_extensions(init_ms: Interval, extensions: tuple[str, ...]) -> Interval:
    """Return a function's init with the upper bound that its extensions may take it to.

    They start at the same time, and before the function's own code.
    """
    if not extensions:
        return init_ms
    high = init_ms.high + load_extension_figures().most_ms
    return Interval(init_ms.low, init_ms.value, high, init_ms.confidence)


def extension_notes(extensions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sentence on a function's extensions, none without any."""
    if not extensions:
        return ()
    plural = "s" if len(extensions) > 1 else ""
    note = (
        f"The extension{plural} {', '.join(extensions)} start{'' if plural else 's'} before the"
        f" function's code and {'are' if plural else 'is'} billed with init: the upper bound allows"
        f" for the longest published start, {load_extension_figures().most_ms:.0f} ms."
    )
    return (note,)
