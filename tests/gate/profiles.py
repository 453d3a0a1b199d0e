"""Profiles of a handler written down as an import graph and rows."""

from dataclasses import replace

from importcost.billing.estimate import estimate
from importcost.gate.attribution import attribute
from importcost.model.advice import Advice, AuditEvent, SourcePlace, StatementTime
from importcost.model.profile import Phase, Run, RunKind, Target, Timing
from importcost.model.tree import NO_PARENT
from tests.billing.profile_factory import make_profile
from tests.deferral.graph_factory import ROOT_DIR, parse, tree

HANDLER_FILE = f"{ROOT_DIR}/handler.py"
GRAPH = """
    handler:1 > helper
    helper:4 > pandas
    pandas:7 > pandas.core
    pandas.core:2 > numpy
    handler:2 > numpy
"""
ROWS = {"handler": 1_000, "helper": 2_000, "pandas": 30_000, "pandas.core": 20_000, "numpy": 9_000}


def profile_of(rows=None, graph=GRAPH, *, peaks_kb=(), events=None, **values):
    """Return a profile; `rows` are self times by module, `events` a mapping of lines to events."""
    rows = ROWS if rows is None else rows
    total_us = sum(rows.values())
    cpu_us = values.pop("cpu_us", (total_us * 0.98, total_us, total_us * 1.02))
    made = make_profile(cpu_us=cpu_us, **values)
    return replace(
        made,
        target=Target("handler", "handler", ROOT_DIR, HANDLER_FILE),
        tree=tree([(name, NO_PARENT, us, Phase.HANDLER_IMPORTS) for name, us in rows.items()]),
        graph=None if graph is None else parse(graph),
        runs=tuple(_run(order, peak_kb) for order, peak_kb in enumerate(peaks_kb)),
        advice=None if events is None else Advice((), _statements(events), None, None),
    )


def attributed(base, head, shift_us=None):
    """Return the attribution of two profiles, priced by the published estimate of head."""
    return attribute(base, head, estimate(head), shift_us)


def _run(order, peak_kb):
    timing = Timing(1_000, 1_000, 1_000, 0)
    return Run(RunKind.TIMED, order, 2_000, timing, timing, timing, peak_kb)


def event_of(text):
    """Return the audit event in a text `name: detail`."""
    return AuditEvent(*text.split(": ", 1))


def _statements(events):
    return tuple(
        StatementTime(
            SourcePlace(HANDLER_FILE, line, line), "", 1, 0, 1, tuple(map(event_of, found))
        )
        for line, found in events.items()
    )
