"""The deferrals of all functions of a project, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.model.results.project_deferral import DeferredFunction, DeferredProject, EditedFile
from importcost.reports.terminal.projects.left_out import left_out_lines
from importcost.reports.terminal.projects.table import TextColumn, function_rows
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, milliseconds, wrap


def render_project_deferral(found: DeferredProject, *, width: int, colour: bool) -> str:
    """Return what each function saves, what is edited once for several, and what is held back."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    done = [one for one in found.functions if one.reason is None]
    blocks = [
        _headline(found, done, style, width),
        _table(done, style, width),
        _edits(found.files, style, width),
        _held_back(done, style, width),
        _left_out(found, style, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _headline(
    found: DeferredProject, done: Sequence[DeferredFunction], style: Palette, width: int
) -> list[str]:
    total = sum(one.saved_ms for one in done)
    files = f"{len(found.files)} file{'' if len(found.files) == 1 else 's'}"
    count = f"{len(done)} function{'' if len(done) == 1 else 's'}"
    text = (
        f"{count} of {found.place}: a cold start of each saves {milliseconds(total)} here in all,"
        f" with edits in {files}."
    )
    first, *more = wrap(text, width)
    return [style(first, "1"), *more]


def _table(done: Sequence[DeferredFunction], style: Palette, width: int) -> list[str]:
    columns: list[TextColumn[DeferredFunction]] = [
        TextColumn("Function", lambda one: one.name, is_number=False),
        TextColumn("saves here", lambda one: milliseconds(one.saved_ms) if one.saved_ms else "-"),
        TextColumn("", _proof, is_number=False),
        TextColumn("files", lambda one: str(one.files) if one.files else ""),
    ]
    return function_rows(columns, done, style, width)


def _proof(one: DeferredFunction) -> str:
    if not one.saved_ms:
        return ""
    return "measured" if one.is_verified else "predicted"


def _edits(edits: Sequence[EditedFile], style: Palette, width: int) -> list[str]:
    shared = [one for one in edits if len(one.functions) > 1]
    if not shared:
        return []
    lines = [style("Edited once for several functions", "1")]
    for one in shared:
        text = f"{one.path}: {', '.join(one.functions)}"
        lines += [f"  {line}" for line in wrap(text, width - 2)]
    return lines


def _held_back(done: Sequence[DeferredFunction], style: Palette, width: int) -> list[str]:
    held = [one for one in done if one.held_back is not None]
    if not held:
        return []
    lines = [style("Edits held back", "1")]
    for one in held:
        first, *more = wrap(f"{one.name}: {one.held_back}.", width - 2)
        lines += [f"  {first}", *(f"    {line}" for line in more)]
    return lines


def _left_out(found: DeferredProject, style: Palette, width: int) -> list[str]:
    left = [(one.name, one.reason) for one in found.functions if one.reason is not None]
    return left_out_lines(left, style, width)
