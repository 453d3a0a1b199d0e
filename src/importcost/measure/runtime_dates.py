"""The dates from which Lambda no longer supports a runtime."""

from __future__ import annotations

import datetime
import functools
import json
from importlib import resources
from typing import Any


@functools.cache
def read_runtimes() -> Any:
    """Return the shipped facts on Lambda's Python runtimes, which nobody may change."""
    text = resources.files("importcost.measure").joinpath("data", "runtimes.json")
    return json.loads(text.read_text(encoding="utf-8"))


def utc_today() -> datetime.date:
    """Return the date by which runtimes are judged."""
    return datetime.datetime.now(tz=datetime.timezone.utc).date()


def runtime_ending(runtime: str, today: datetime.date) -> str | None:
    """Return a sentence on a runtime whose support ended or soon ends, else None.

    Soon means within the number of days that the data file names.
    """
    known = read_runtimes()
    dates = known["ends"].get(runtime)
    if dates is None:
        return None
    end = datetime.date.fromisoformat(dates["end"])
    if (end - today).days > known["warn_days"]:
        return None
    blocks = [
        f"{'cannot be' if datetime.date.fromisoformat(day) <= today else 'can be'} {done}"
        f" {'since' if datetime.date.fromisoformat(day) <= today else 'until'} {day}"
        for day, done in (
            (dates.get("block_create"), "created"),
            (dates.get("block_update"), "updated"),
        )
        if day is not None
    ]
    verb = "ended" if end <= today else "ends"
    more = f"; functions {' and '.join(blocks)}" if blocks else ""
    newest = known["supported"][-1]
    return (
        f"Lambda's support of {runtime} {verb} on {end}{more}: move to a later runtime, up to "
        f"{newest}."
    )
