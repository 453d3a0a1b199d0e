"""A whole run: it goes on where it was stopped, and at last is a figure itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from importcost import __version__
from tests.benchmarks.results.catalogue import Catalogue, Run
from tests.benchmarks.results.running import this_machine
from tests.benchmarks.results.store import BY_RUN, Measured, Store, Unfinished

FIGURE = "results-run"
"""The figure that is the time of a whole run."""
GOES_ON = timedelta(days=1)
"""A whole run that was stopped longer ago begins again: code and machine may have changed."""
LONGEST = 5


def begun(store: Store, *, again: bool) -> Store:
    """Return the store with a whole run that was stopped lately, or with one that is new."""
    today = datetime.now(timezone.utc).date()
    last = store.unfinished
    is_lately = last is not None and last.version == __version__ and today - last.day <= GOES_ON
    if is_lately and not again:
        return store
    return replace(store, unfinished=Unfinished(today, __version__, ()))


def left_of(due: Sequence[Run], store: Store) -> list[Run]:
    """Return the runs that the whole run has not done yet."""
    done = store.unfinished.done if store.unfinished else ()
    return [run for run in due if run.name not in done]


def finished(store: Store, catalogue: Catalogue) -> Store:
    """Return the store after the last run: without an unfinished whole run, with its time."""
    done = store.unfinished.done if store.unfinished else ()
    store = replace(store, unfinished=None)
    if not done or all(figure.name != FIGURE for figure in catalogue.figures):
        return store
    took = sorted(((store.took[name].seconds, name) for name in done), reverse=True)
    longest = ", ".join(f"{name} {seconds:.0f}" for seconds, name in took[:LONGEST])
    words = f"{len(done)} runs; the longest, in s: {longest}"
    minutes = sum(seconds for seconds, _ in took) / 60
    today = datetime.now(timezone.utc).date()
    load = round(os.getloadavg()[0], 1)
    value = Measured(minutes, words, today, __version__, this_machine(), load, BY_RUN, "run")
    return store.with_value(FIGURE, value)
