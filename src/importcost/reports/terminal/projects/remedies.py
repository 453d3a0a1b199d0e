"""The remedies of all functions of a project: a table, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from importcost.billing.remedies.compare import RemedyOption
from importcost.billing.remedies.of_project import FunctionRemedies, ProjectRemedies
from importcost.reports.json_text import json_text
from importcost.reports.terminal.projects.left_out import left_out_lines
from importcost.reports.terminal.projects.table import TextColumn, function_rows
from importcost.reports.terminal.remedies import strategies_json
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, dollars, milliseconds, wrap

SCHEMA_NAME = "importcost-project-strategies"


def render_project_remedies(found: ProjectRemedies, *, width: int, colour: bool) -> str:
    """Return what each function costs a month as it is, and with the remedy that pays."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    done = [one for one in found.functions if one.comparison is not None]
    blocks = [
        _headline(found, done, style, width),
        function_rows(_columns(), done, style, width),
        _left_out(found, style, width),
        wrap(f"Why, for one of them: importcost strategies {found.place}::NAME", width)
        if done
        else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def project_remedies_json(found: ProjectRemedies) -> str:
    """Return the comparison of each function as JSON text, in the form of a single one."""
    functions: list[dict[str, object]] = []
    for one in found.functions:
        if one.comparison is None or one.recommendation is None:
            functions.append({"function": one.name, "reason": one.reason})
            continue
        text = strategies_json(one.comparison, one.recommendation)
        functions.append({"function": one.name, **json.loads(text)})
    data = {
        "schema": SCHEMA_NAME,
        "schema_version": 1,
        "place": found.place,
        "functions": functions,
    }
    return json_text(data) + "\n"


def _as_it_is(one: FunctionRemedies) -> RemedyOption | None:
    return one.comparison.as_it_is if one.comparison is not None else None


def _chosen(one: FunctionRemedies) -> RemedyOption | None:
    return one.recommendation.option if one.recommendation is not None else None


def _columns() -> list[TextColumn[FunctionRemedies]]:
    return [
        TextColumn("Function", lambda one: one.name, is_number=False),
        TextColumn("init", _init),
        TextColumn("$ a month now", lambda one: _month(_as_it_is(one))),
        TextColumn("recommended", _label, is_number=False),
        TextColumn("$ a month", lambda one: _month(_chosen(one))),
        TextColumn("a request waits, mean", lambda one: _wait(_as_it_is(one))),
        TextColumn("then", lambda one: _wait(_chosen(one))),
    ]


def _init(one: FunctionRemedies) -> str:
    return milliseconds(one.comparison.estimate.init_ms.value) if one.comparison else ""


def _label(one: FunctionRemedies) -> str:
    option = _chosen(one)
    return option.label if option is not None else ""


def _month(option: RemedyOption | None) -> str:
    return dollars(option.monthly.value) if option is not None else ""


def _wait(option: RemedyOption | None) -> str:
    return milliseconds(option.mean_ms) if option is not None else ""


def _headline(
    found: ProjectRemedies, done: Sequence[FunctionRemedies], style: Palette, width: int
) -> list[str]:
    now = sum(one.monthly.value for one in map(_as_it_is, done) if one is not None)
    then = sum(one.monthly.value for one in map(_chosen, done) if one is not None)
    text = (
        f"{len(done)} function{'' if len(done) == 1 else 's'} of {found.place}:"
        f" {dollars(now)} a month as they are, {dollars(then)} with what is recommended."
    )
    first, *more = wrap(text, width)
    return [style(first, "1"), *more]


def _left_out(found: ProjectRemedies, style: Palette, width: int) -> list[str]:
    left = [(one.name, one.reason) for one in found.functions if one.comparison is None]
    return left_out_lines(left, style, width)
