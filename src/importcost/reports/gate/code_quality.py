"""Findings as a code quality report, which GitLab shows in a merge request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importcost.gate.checks import Check
from importcost.reports.gate.fingerprints import fingerprinted
from importcost.reports.gate.text import Places, Spot, one_line, severity
from importcost.reports.json_text import json_text

_SEVERITIES = {"error": "major", "warning": "minor"}


def render_code_quality(
    checks: Sequence[Check], *, root: str = "", places: Places | None = None, strict: bool = False
) -> str:
    """Return GitLab's code quality JSON: a list with an entry for each finding.

    Every entry needs a file of the repository: findings without one are left out, as the JUnit
    report has them all. Files are named from `root` on.
    """
    found = [
        _entry(check, spot, fingerprint, severity(check, strict=strict))
        for check, spot, fingerprint in fingerprinted(checks, root, places or {})
        if spot is not None and spot.is_inside
    ]
    return json_text(found, indent=1) + "\n"


def _entry(check: Check, spot: Spot, fingerprint: str, level: str) -> dict[str, Any]:
    location: dict[str, Any] = {"path": spot.path.removeprefix("./")}
    span = check.span
    if span is None:
        location["lines"] = {"begin": spot.line or 1}
    else:
        location["positions"] = {
            "begin": {"line": span.line, "column": span.column},
            "end": {"line": span.end_line, "column": span.end_column},
        }
    return {
        "description": f"{one_line(check.handler)}: {one_line(check.message)}",
        "check_name": f"importcost/{check.rule.value}",
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[level],
        "location": location,
    }
