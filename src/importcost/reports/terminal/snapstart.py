"""The answer to `importcost snapstart`: for the terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importcost.model.profile import Target
from importcost.reports.json_text import json_text
from importcost.reports.terminal.priming import finding_json, priming_json, priming_lines
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, elide, milliseconds, wrap
from importcost.snapstart.model import HookRun, Severity, SnapshotHazard
from importcost.snapstart.priming import PrimingReport
from importcost.snapstart.report import SnapStartReport
from importcost.snapstart.support import Acceptance

SIGNS = {Severity.HAZARD: ("✗", "31"), Severity.NOTE: ("·", "2"), Severity.ACCEPTED: ("✓", "32")}
TAKEN = {Acceptance.YES: ("✓", "32"), Acceptance.NO: ("✗", "31"), Acceptance.UNKNOWN: ("·", "2")}


def render_snapstart(report: SnapStartReport, *, width: int, colour: bool) -> str:
    """Return the report as text: verdict, findings, then hooks with their limits."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    lines = [style(_verdict(report), "1")]
    if not report.is_supported and all(fact.about != "image" for fact in report.support):
        lines += wrap(
            "SnapStart takes python3.12 and later: name the runtime with --runtime.", width
        )
    for fact in report.support:
        sign, code = TAKEN[fact.taken]
        said, *more = wrap(fact.says, width - 2)
        lines += [f"{style(sign, code)} {said}", *(f"  {line}" for line in more)]
    for item in report.findings:
        lines += _finding(report.target, item, style, width)
    lines += ["", *_hooks(report, width)]
    if report.priming is not None:
        lines += ["", *_priming(report, report.priming, style, width)]
    return "\n".join(lines) + "\n"


def _verdict(report: SnapStartReport) -> str:
    found = [item for item in report.findings if item.severity is Severity.HAZARD]
    name = Path(report.target.handler_file).name
    priming = () if report.priming is None else report.priming.findings
    left = [item for item in priming if item.severity is Severity.HAZARD]
    if not found and not left:
        return f"A snapshot of {name} is safe: no hazard found"
    if not found:
        return f"A snapshot of {name} is not safe once primed: {_hazards(len(left))}"
    more = f", and {len(left)} more once primed" if left else ""
    return f"A snapshot of {name} is not safe: {_hazards(len(found))}{more}"


def _hazards(count: int) -> str:
    return "1 hazard" if count == 1 else f"{count} hazards"


def _place(target: Target, file: str, line: int) -> str:
    try:
        file = str(Path(file).relative_to(target.task_root))
    except ValueError:
        file = Path(file).name
    return f"{file}:{line}" if file and file != "." else "the package"


def _finding(target: Target, item: SnapshotHazard, style: Palette, width: int) -> Iterator[str]:
    sign, code = SIGNS[item.severity]
    place = _place(target, item.file, item.line)
    room = max(16, width - len(place) - 4)
    yield f"{style(sign, code)} {style(place, '1')}  {elide(item.code, room)}"
    seen = " and ".join(item.found_by)
    text = f"{item.kind.value} ({item.label}): {item.reason} [{seen}]"
    yield from (f"    {line}" for line in wrap(text, width - 4))


def _hooks(report: SnapStartReport, width: int) -> Iterator[str]:
    before = [hook for hook in report.hooks if hook.when == "before"]
    after = [hook for hook in report.hooks if hook.when == "after"]
    used = report.init_us + sum(hook.wall_us for hook in before)
    restored = sum(hook.wall_us for hook in after)
    rules = report.rules
    yield f"init and before hooks {milliseconds(used / 1000)} here, limit {rules.before_s:g} s"
    yield from (_hook(report.target, hook) for hook in before)
    if math.isinf(rules.after_s):
        yield "no hook after a restore"
        return
    yield (
        f"restore hooks {milliseconds(restored / 1000)} here, limit {rules.after_s:g} s with "
        "loading the runtime"
    )
    yield from (_hook(report.target, hook) for hook in after)
    if report.is_stand_in:
        text = "This Python has no snapshot_restore_py; a substitute kept the hooks."
        yield from wrap(text, width)


def _hook(target: Target, hook: HookRun) -> str:
    place = "" if hook.is_http else _place(target, hook.file or "", hook.line or 0) + "  "
    end = f"  failed: {hook.error}" if hook.error else ""
    return f"  {hook.name}  {place}{milliseconds(hook.wall_us / 1000)}{end}"


def _priming(
    report: SnapStartReport, priming: PrimingReport, style: Palette, width: int
) -> Iterator[str]:
    name = Path(report.target.handler_file).name
    yield style(f"Priming {name} with {priming.event}", "1")
    for line in priming_lines(priming, is_lambda=report.rules.name != "agentcore"):
        yield from (f"  {part}" for part in wrap(line, width - 2))
    for item in priming.findings:
        yield from _finding(report.target, item, style, width)
    yield f"Add to {name}:"
    yield from (f"    {line}".rstrip() for line in priming.hook.splitlines())


def render_skeletons(report: SnapStartReport) -> str:
    """Return the hooks to add, a comment with the file's name above each part."""
    parts = [
        f"# {_place(report.target, one.file, 1).rpartition(':')[0]}: append\n{one.text}"
        for one in report.skeletons
    ]
    return "\n".join(parts)


def render_snapstart_json(report: SnapStartReport) -> str:
    """Return the report as JSON text."""
    data: dict[str, Any] = {
        "handler": report.target.handler,
        "python": report.python_version,
        "around": report.rules.name,
        "snapstart_takes_runtime": report.is_supported,
        "support": [
            {"about": one.about, "taken": one.taken.value, "says": one.says}
            for one in report.support
        ],
        "clean": report.is_clean,
        "init_us": report.init_us,
        "limits": {
            "init_and_before_s": report.rules.before_s,
            "after_s": None if math.isinf(report.rules.after_s) else report.rules.after_s,
        },
        "hooks": [
            {
                "when": hook.when,
                "name": hook.name,
                "file": hook.file,
                "line": hook.line,
                "wall_us": hook.wall_us,
                "error": hook.error,
            }
            for hook in report.hooks
        ],
        "findings": [finding_json(item) for item in report.findings],
        "fix": {one.file: one.text for one in report.skeletons},
        "priming": None if report.priming is None else priming_json(report.priming),
    }
    return json_text(data, indent=1) + "\n"
