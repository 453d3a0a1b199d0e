"""The CSV table: one row a frame, by RFC 4180, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import re

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.model.tree import NO_PARENT
from importcost.reports.exports.facts import NO_FACTS, module_texts
from importcost.reports.exports.frames import NO_NODE, build_frames
from importcost.reports.text import printable

COLUMNS = (
    "id",
    "parent_id",
    "depth",
    "kind",
    "name",
    "distribution",
    "self_us",
    "cumulative_us",
    "imported_by",
    "imported_at",
    "bytecode",
    "rss_self_kb",
    "from_runtime",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Characters that begin a formula in a spreadsheet, with the wide forms that Excel folds."""
_INNER_FORMULA = re.compile(r"([;|]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def render_csv(
    profile: Profile,
    estimate: Estimate,  # noqa: ARG001 - the table's
    facts: ProfileFacts,
) -> str:
    """Return the frames in time order; a parent comes before its children.

    Modules keep their figures as measured, negative ones included. The self time of a phase is the
    time of no module.
    """
    frames, texts, tree = build_frames(profile), module_texts(profile, facts), profile.tree
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for frame, node in enumerate(frames.nodes):
        parent, is_module = frames.parents[frame], node != NO_NODE
        fact = texts[tree.name_ids[node]] if is_module else NO_FACTS
        kind = "module" if is_module else "cold start" if parent == NO_PARENT else "phase"
        writer.writerow(
            [
                frame,
                "" if parent == NO_PARENT else parent,
                frames.depths[frame],
                kind,
                cell(frames.names[frame]),
                cell(fact.distribution),
                tree.self_us[node] if is_module else frames.self_us[frame],
                tree.cumulative_us[node] if is_module else frames.total_us[frame],
                cell(fact.importer),
                cell(fact.imported_at),
                cell(fact.bytecode),
                "" if fact.rss_self_kb is None else fact.rss_self_kb,
                "yes" if fact.from_runtime else "",
            ]
        )
    return text.getvalue()


def cell(text: str) -> str:
    """Return text that no spreadsheet takes as a formula, without control characters."""
    # Where a semicolon parts the columns, a formula may begin within a cell.
    shown = _INNER_FORMULA.sub(r"\1'", printable(text))
    return f"'{shown}" if text.lstrip(" ").startswith(FORMULA_STARTS) else shown
