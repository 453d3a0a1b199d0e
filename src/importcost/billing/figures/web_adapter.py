"""Figures of Lambda Web Adapter: the wait for the poll that finds an app ready."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from importcost.billing.figures.datafiles import FigureProvenance, number, provenance, read_json
from importcost.model.interval import Interval
from importcost.model.web import WebInit

FILE = "web-adapter.json"


@dataclass(frozen=True, slots=True)
class AdapterFigures:
    """The adapter's poll interval in milliseconds, with its source."""

    poll_ms: float
    provenance: FigureProvenance


@lru_cache(maxsize=1)
def load_adapter() -> AdapterFigures:
    """Return the shipped figures. Raises UsageError if the file is wrong."""
    data = read_json(FILE)
    return AdapterFigures(number(data, "poll_ms", FILE), provenance(data, FILE))


def polling_ms(web: WebInit | None, confidence: float) -> Interval:
    """Return how long a ready app waits for the poll that finds it so, milliseconds.

    An app gets ready anywhere between two polls. One whose port took the request long before waits
    for none, and a handler (None) is not polled.
    """
    if web is None or web.is_held:
        return Interval(0.0, 0.0, 0.0, confidence)
    step = load_adapter().poll_ms
    outside = (1 - confidence) / 2 * step
    return Interval(outside, step / 2, step - outside, confidence)
