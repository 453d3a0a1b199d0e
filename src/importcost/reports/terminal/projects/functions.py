"""The terminal table of `importcost list`, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importcost.projects.functions import CodeForm, DeployedProject, ProjectFunction
from importcost.reports.cells import cells, fit
from importcost.reports.json_text import json_text
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, printable, wrap

MOST_OPEN = 12
_ARCHES = {"x86_64": "x86", "arm64": "arm"}
_FORMS = {
    CodeForm.INLINE: "in the template",
    CodeForm.ELSEWHERE: "not here",
}


def render_functions(project: DeployedProject, *, width: int, colour: bool) -> str:
    """Return the functions as a table of at most `width` columns, with what stays open below."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    ready = [one for one in project.functions if one.problem is None]
    left = [one for one in project.functions if one.problem is not None]
    blocks = [
        _headline(project, style, width),
        _table(ready, project.folder, style, width),
        _problems("Not measurable here", left, style, width),
        _open(ready, style, width),
        [line for note in project.notes for line in wrap(f"Note: {note}", width)],
        _next(ready, project.place, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def functions_json(project: DeployedProject) -> str:
    """Return the project as JSON text; environment variables by name only, never by value."""
    data = {
        "place": project.place,
        "tool": project.tool,
        "functions": [_plain(one) for one in project.functions],
        "notes": list(project.notes),
    }
    return json_text(data, indent=2) + "\n"


def _plain(one: ProjectFunction) -> dict[str, Any]:
    return {
        "name": one.name,
        "deployed_name": one.deployed_name,
        "handler": one.handler,
        "wrapper": one.wrapper,
        "own_handler": one.own_handler,
        "runtime": one.runtime,
        "memory_mb": one.memory_mb,
        "timeout_s": one.timeout_s,
        "arch": one.arch,
        "package_type": one.package_type,
        "code": {
            "form": one.code.form.value,
            "path": one.code.path,
            "image": one.code.image,
            "is_built": one.code.is_built,
        },
        "layers": [
            {"name": layer.name, "path": layer.path, "reason": layer.reason} for layer in one.layers
        ],
        "environment_names": sorted(one.environment),
        "placeholder_names": sorted(one.placeholder_names),
        "declared": {"file": one.declared.file, "line": one.declared.line},
        "unresolved": [{"what": what, "reason": reason} for what, reason in one.unresolved],
        "problem": one.problem,
    }


def _headline(project: DeployedProject, style: Palette, width: int) -> list[str]:
    count = len(project.functions)
    ready = sum(1 for one in project.functions if one.problem is None)
    what = f"{count:,} function{'' if count == 1 else 's'} in {project.place} ({project.tool})"
    rest = "" if ready == count else f", {ready:,} of them measurable here"
    first, *more = wrap(f"{what}{rest}.", width)
    return [style(first, "1"), *more]


def _table(
    functions: Sequence[ProjectFunction], folder: str, style: Palette, width: int
) -> list[str]:
    if not functions:
        return []
    rows = [("Function", "Handler", "Runtime", "MB", "Arch", "Code")]
    rows += [_row(one, folder) for one in functions]
    fixed = [max(cells(row[at]) for row in rows) for at in (2, 3, 4)]
    room = width - sum(fixed) - 2 * 5
    first = min(max(cells(row[0]) for row in rows), max(12, room * 2 // 5))
    second = min(max(cells(row[1]) for row in rows), max(12, (room - first) * 3 // 5))
    widths = [first, second, *fixed, max(8, room - first - second)]
    lines = [_line(row, widths) for row in rows]
    return [style(lines[0], "2"), *lines[1:]]


def _row(one: ProjectFunction, folder: str) -> tuple[str, str, str, str, str, str]:
    layers = f" +{len(one.layers)} layer{'' if len(one.layers) == 1 else 's'}" if one.layers else ""
    return (
        printable(one.name),
        printable(_handler(one, folder)),
        printable(one.runtime or "?"),
        f"{one.memory_mb}",
        _ARCHES.get(one.arch, one.arch),
        printable(_code(one, folder)) + layers,
    )


def _handler(one: ProjectFunction, folder: str) -> str:
    """Return the own handler, with the product that wraps it."""
    own = _relative(one.own_handler or "?", folder)
    return f"{own} (by {one.wrapper})" if one.wrapper else own


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for at, (text, width) in enumerate(zip(row, widths, strict=True)):
        shown = fit(text, width)
        gap = " " * (width - cells(shown))
        parts.append(gap + shown if at == 3 else shown + gap)
    return "  ".join(parts).rstrip()


def _code(one: ProjectFunction, folder: str) -> str:
    if one.code.form is CodeForm.IMAGE:
        return f"image {one.code.image or _relative(one.code.path or '', folder)}"
    return _FORMS.get(one.code.form) or _relative(one.code.path or "", folder)


def _relative(path: str, folder: str) -> str:
    """Return a path below the project's folder relative to it."""
    if path == folder:
        return "."
    return path.removeprefix(folder.rstrip("/") + "/")


def _problems(
    title: str, functions: Sequence[ProjectFunction], style: Palette, width: int
) -> list[str]:
    if not functions:
        return []
    names: dict[str, list[ProjectFunction]] = {}
    for one in functions:
        names.setdefault(str(one.problem), []).append(one)
    lines = [style(title, "1")]
    for problem, holders in names.items():
        who = ", ".join(one.name for one in holders[:3])
        who += f" and {len(holders) - 3} more" if len(holders) > 3 else ""
        lines += _entry(f"{who}: {problem} ({holders[0].declared}).", width)
    return lines


def _open(functions: Sequence[ProjectFunction], style: Palette, width: int) -> list[str]:
    """Return what is not resolved, once for all functions that share it."""
    names: dict[str, list[str]] = {}
    for one in functions:
        parts = [f"{what}: {reason}" for what, reason in one.unresolved]
        parts += [f"layer {layer.name}: {layer.reason}" for layer in one.layers if layer.reason]
        if one.placeholder_names:
            parts.append(f"placeholders for {', '.join(sorted(one.placeholder_names))}")
        for part in parts:
            names.setdefault(part, []).append(one.name)
    if not names:
        return []
    lines = [style("Left open by the files", "1")]
    for part, holders in list(names.items())[:MOST_OPEN]:
        who = ", ".join(holders[:3]) + (f" and {len(holders) - 3} more" if len(holders) > 3 else "")
        lines += _entry(f"{who}: {part}.", width)
    if len(names) > MOST_OPEN:
        lines.append(f"  and {len(names) - MOST_OPEN} more: see --json.")
    return lines


def _entry(text: str, width: int) -> list[str]:
    first, *more = wrap(text, width - 2)
    return [f"  {first}", *(f"    {line}" for line in more)]


def _next(functions: Sequence[ProjectFunction], place: str, width: int) -> list[str]:
    if not functions:
        return []
    one = functions[0]
    # A deployed function is its own place.
    if one.region is not None:
        return wrap(f"Next: importcost profile {place}", width)
    single = f"importcost profile {place}::{one.name}"
    if len(functions) == 1:
        return wrap(f"Next: {single}", width)
    return wrap(f"Next: {single}, or importcost profile {place} for all of them", width)
