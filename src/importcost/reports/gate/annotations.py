"""Gate results as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.gate.checks import Check
from importcost.reports.gate.text import Places, one_line, severity, spot_of

_LEVELS = {"error": "error", "warning": "warning"}


def render_annotations(
    checks: Sequence[Check], *, root: str = "", places: Places | None = None, strict: bool = False
) -> str:
    """Return a workflow command a line for each finding, errors first; empty without findings.

    GitHub shows ten errors and ten warnings of a step: those that fail the gate come first.
    Files are named from `root` on.
    """
    findings = [(severity(check, strict=strict), check) for check in checks if check.is_finding]
    findings.sort(key=lambda found: found[0] != "error")
    lines = [_command(level, check, root, places or {}) for level, check in findings]
    return "".join(f"{line}\n" for line in lines)


def escape_data(text: str) -> str:
    """Return a message as the runner reads it back (actions/toolkit, command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return a property's value: as a message, and without what separates properties."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _command(level: str, check: Check, root: str, places: Places) -> str:
    values = []
    spot = spot_of(check, root, places)
    if spot is not None:
        values.append(f"file={escape_property(one_line(spot.path))}")
        if spot.line is not None:
            values.append(f"line={spot.line}")
        if check.span is not None and check.span.line == check.span.end_line == spot.line:
            values.append(f"col={check.span.column},endColumn={check.span.end_column}")
    title = f"importcost {check.rule.value} ({one_line(check.handler)})"
    values.append(f"title={escape_property(title)}")
    return f"::{_LEVELS[level]} {','.join(values)}::{escape_data(one_line(check.message))}"
