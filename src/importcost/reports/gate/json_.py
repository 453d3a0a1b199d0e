"""Gate results as JSON, for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importcost.gate.beyond_noise import Compared
from importcost.gate.checks import Check, exit_code
from importcost.gate.selection import SinceSelection
from importcost.model.codec import to_plain
from importcost.reports.gate.selection import selection_data
from importcost.reports.gate.text import Places, severity, spot_of
from importcost.reports.json_text import json_text

SCHEMA_NAME = "importcost-check"
SCHEMA_VERSION = 1


def render_check_json(
    checks: Sequence[Check],
    compared: Sequence[Compared] = (),
    *,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
    selection: SinceSelection | None = None,
) -> str:
    """Return the checks, and comparisons where there are any, as JSON text.

    Files are named from `root` on. `severity` is what a check means for the exit code (error,
    warning or none). `since` has the handlers that were taken and left out, None if all were asked
    for; the other values are those of `Check`, `Comparison` and `Attribution`.
    """
    data = {
        "schema": SCHEMA_NAME,
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit_code(checks, strict=strict),
        "strict": strict,
        "checks": [_check(check, root, places or {}, strict=strict) for check in checks],
        "comparisons": [to_plain(one) for one in compared],
        "since": selection_data(selection) if selection is not None else None,
    }
    return json_text(data, indent=1) + "\n"


def _check(check: Check, root: str, places: Places, *, strict: bool) -> dict[str, Any]:
    spot = spot_of(check, root, places)
    plain: dict[str, Any] = to_plain(check)
    return {
        **plain,
        "file": spot.path if spot else None,
        "line": spot.line if spot else None,
        "severity": severity(check, strict=strict),
    }
