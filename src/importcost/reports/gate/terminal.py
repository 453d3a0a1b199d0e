"""Gate results in the terminal: failures first, with their line and chain."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.gate.budgets import Level
from importcost.gate.checks import Check, Status, exit_code
from importcost.reports.gate.text import Places, one_line, severity, spot_of
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, wrap

_INDENT = "    "


def render_check_terminal(
    checks: Sequence[Check],
    *,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
    width: int = 100,
    colour: bool = False,
) -> str:
    """Return a block for each finding, failures first, then a line for each handler and the sum.

    `width` is in columns. Files are named from `root` on.
    """
    room, style = min(max(width, NARROWEST), MAX_WIDTH), Palette(colour=colour)
    findings = [check for check in checks if check.is_finding]
    findings.sort(key=lambda check: severity(check, strict=strict) != "error")
    lines: list[str] = []
    for check in findings:
        lines += [*_finding(check, root, places or {}, strict, room, style), ""]
    shown = [check for check in checks if not check.is_left_out]
    lines += _handlers(shown, strict, room, style)
    lines += ["", style(_verdict(checks, strict), "1")]
    return "\n".join(lines)


def render_failing_checks(
    checks: Sequence[Check],
    *,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
    width: int = 100,
) -> str:
    """Return the block of each check that fails the gate and nothing else; empty if none does."""
    room = min(max(width, NARROWEST), MAX_WIDTH)
    lines: list[str] = []
    for check in checks:
        if check.is_finding and severity(check, strict=strict) == "error":
            lines += _finding(check, root, places or {}, strict, room, Palette(colour=False))
    return "\n".join(lines)


def _finding(
    check: Check, root: str, places: Places, strict: bool, room: int, style: Palette
) -> list[str]:
    is_error = severity(check, strict=strict) == "error"
    mark = style("✗ fails", "31;1") if is_error else style("! warns", "33")
    spot = spot_of(check, root, places)
    where = ""
    if spot is not None:
        where = one_line(spot.path) + (f":{spot.line}" if spot.line is not None else "")
    word = "" if check.status in (Status.FAIL, Status.WARN) else f" ({_words(check.status)})"
    head = f"{mark}  {one_line(check.handler)}  {check.rule.value}{word}  {where}".rstrip()
    return [head, *(_INDENT + line for line in wrap(check.message, room - len(_INDENT)))]


def _words(status: Status) -> str:
    return status.value.replace("-", " ")


def _handlers(checks: Sequence[Check], strict: bool, room: int, style: Palette) -> list[str]:
    lines: list[str] = []
    for handler in dict.fromkeys(check.handler for check in checks):
        members = [check for check in checks if check.handler == handler]
        failed = sum(severity(check, strict=strict) == "error" for check in members)
        warned = sum(severity(check, strict=strict) == "warning" for check in members)
        passed = sum(check.status is Status.PASS for check in members)
        skipped = sum(check.status is Status.SKIPPED for check in members)
        counts = ((failed, "failed"), (warned, "warned"), (passed, "passed"), (skipped, "skipped"))
        said = ", ".join(f"{count} {word}" for count, word in counts if count)
        mark = style("✗", "31") if failed else style("!", "33") if warned else style("✓", "32")
        lines += [f"{mark} {one_line(handler)}: {said}", *_why_skipped(members, room)]
    return lines


def _why_skipped(checks: Sequence[Check], room: int) -> list[str]:
    """Name the checks without a verdict, and why: a new handler, a failing base, and so on."""
    told = (
        f"{check.rule.value} skipped: {check.message}"
        for check in checks
        # A user who switches a rule off knows it.
        if check.status is Status.SKIPPED and check.level is not Level.OFF
    )
    return [_INDENT + line for text in told for line in wrap(text, room - len(_INDENT))]


def _verdict(checks: Sequence[Check], strict: bool) -> str:
    failed = sum(severity(check, strict=strict) == "error" for check in checks)
    code = exit_code(checks, strict=strict)
    if not checks:
        return "Nothing was measured."
    count = sum(not check.is_left_out for check in checks)
    if not count:
        return "There was nothing to measure."
    if code == 0:
        return f"None of {count} checks failed."
    word = "failed" if code == 1 else "could not be measured"
    return f"{failed} of {count} checks {word}."
