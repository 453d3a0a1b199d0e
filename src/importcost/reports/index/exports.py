"""The figures of a project as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from importcost.errors import UsageError
from importcost.model.codec import from_plain, saved_schema, to_plain
from importcost.model.parsing.absent_settings import setting_or_none
from importcost.model.parsing.json_text import parse_json
from importcost.model.results.project import FunctionFigures, ProjectFigures
from importcost.reports.exports.csv_ import cell
from importcost.reports.gate.markdown import escape
from importcost.reports.index.words import KIND_WORDS, VERDICT_WORDS
from importcost.reports.json_text import json_text
from importcost.reports.platform_words import init_title, not_modelled
from importcost.reports.text import dollars, milliseconds

SCHEMA_NAME = "importcost-project"
PROJECT_SCHEMA_VERSION = 1
_NO_FUNCTIONS = '"functions": []'
MOST_CULPRITS = 10
COLUMNS = (
    "function", "handler", "runtime", "memory_mb", "arch", "package_type", "billed_init_ms",
    "billed_init_low_ms", "billed_init_high_ms", "own_ms", "dollars_per_million",
    "dollars_a_month", "saved_ms", "modules", "memory_used_mb", "verdict", "runtime_ends",
    "package_mb", "package_unloaded_share", "stale_modules",
)  # fmt: skip


def project_json(figures: ProjectFigures) -> str:
    """Return the figures as JSON text, which `read_project_figures` reads back."""
    head = {"schema": SCHEMA_NAME, "schema_version": PROJECT_SCHEMA_VERSION}
    rest = json_text({**head, **to_plain(replace(figures, functions=()))}, indent=1) + "\n"
    if not figures.functions:
        return rest
    # One after the other: ten thousand as plain values at once take hundreds of megabytes.
    texts = (json_text(to_plain(one), indent=1) for one in figures.functions)
    lines = ",\n".join(f"  {text}".replace("\n", "\n  ") for text in texts)
    return rest.replace(_NO_FUNCTIONS, f'"functions": [\n{lines}\n ]', 1)


def project_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a project's saved figures."""
    title = "importcost's figures of a project"
    return saved_schema(ProjectFigures, title, SCHEMA_NAME, PROJECT_SCHEMA_VERSION)


def read_project_figures(text: str, name: str) -> ProjectFigures:
    """Return the figures in JSON text. Raises UsageError naming `name` if it is not such a text."""
    try:
        data = parse_json(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not valid JSON ({error}): name what `importcost profile PROJECT -o` saved."
        ) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA_NAME:
        raise UsageError(
            f"{name} is not a project's figures: name what `importcost profile PROJECT -o` saved."
        )
    if data.get("schema_version") != PROJECT_SCHEMA_VERSION:
        raise UsageError(f"{name} was saved by another importcost: measure the project again.")
    try:
        return from_plain(ProjectFigures, data, "project")
    except UsageError as error:
        raise UsageError(f"{name} does not hold: {error}; measure the project again.") from error


def project_csv(figures: ProjectFigures) -> str:
    """Return one row a function; a text that a spreadsheet would run is kept from running."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in figures.functions:
        writer.writerow([_cell(value) for value in _row(one)])
    return out.getvalue()


def project_markdown(figures: ProjectFigures, most: int = 50) -> str:
    """Return the functions and what they have in common as two tables."""
    shown = _markdown_columns(figures.functions)
    lines = [
        f"### Cold starts of {escape(figures.place)}",
        "",
        *(line for note in not_modelled(figures.functions) for line in (escape(note), "")),
        f"| Function | {' | '.join(title for title, _ in shown)} |",
        f"|---|{'--:|' * len(shown)}",
    ]
    lines += [
        f"| {escape(one.name)} | {' | '.join(text(one) for _, text in shown)} |"
        for one in figures.functions[:most]
    ]
    if len(figures.functions) > most:
        lines.append(f"| and {len(figures.functions) - most:,} more |{' |' * len(shown)}")
    if figures.culprits:
        lines += ["", "| Over all functions | | Functions | ms |", "|---|---|--:|--:|"]
    lines += [
        f"| {escape(one.name)} | {KIND_WORDS[one.kind]} | {len(one.functions)} | "
        f"{one.total_ms:,.0f} |"
        for one in figures.culprits[:MOST_CULPRITS]
    ]
    if figures.left_out:
        lines += ["", f"Left out: {len(figures.left_out):,}", ""]
    lines += [f"- {escape(one.name)}: {escape(one.reason)}" for one in figures.left_out[:most]]
    return "\n".join(lines) + "\n"


def _markdown_columns(
    functions: Sequence[FunctionFigures],
) -> list[tuple[str, Callable[[FunctionFigures], str]]]:
    """Return the titles and cells of the table; what no function has gets no column."""
    columns: list[tuple[str, Callable[[FunctionFigures], str]]] = [
        (init_title(functions), lambda one: milliseconds(one.billed_init_ms.value)),
    ]
    if any(one.dollars_per_million for one in functions):
        columns.append(("$ per million", _million))
    if any(one.dollars_a_month is not None for one in functions):
        columns.append(("$ a month", _month))
    columns.append(("Could wait", lambda one: milliseconds(one.saved_ms)))
    if any(one.verdict for one in functions):
        columns.append(("Budget", lambda one: VERDICT_WORDS.get(one.verdict or "", "")))
    if any(one.runtime_ends for one in functions):
        columns.append(("Runtime", _runtime))
    return columns


def _million(one: FunctionFigures) -> str:
    cost = one.dollars_per_million
    return "" if cost is None else dollars(cost.value)


def _month(one: FunctionFigures) -> str:
    return "" if one.dollars_a_month is None else dollars(one.dollars_a_month)


def _runtime(one: FunctionFigures) -> str:
    return f"{escape(one.runtime)}{' (ends)' if one.runtime_ends else ''}"


def _row(one: FunctionFigures) -> tuple[object, ...]:
    bill, package, cost = one.billed_init_ms, one.package, one.dollars_per_million
    return (
        one.name, one.handler, one.runtime,
        *(setting_or_none(one, name) for name in ("memory_mb", "arch", "package_type")),
        round(bill.value), round(bill.low), round(bill.high), round(one.own_ms, 1),
        cost and round(cost.value, 4), one.dollars_a_month, round(one.saved_ms, 1),
        one.modules, one.memory_used_mb and round(one.memory_used_mb, 1), one.verdict,
        one.runtime_ends, package and package.size_mb, package and package.unloaded_share,
        package and package.stale_modules,
    )  # fmt: skip


def _cell(value: object) -> object:
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) else value
