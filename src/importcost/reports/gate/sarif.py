"""Gate results as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from importcost.gate.budgets import RULE_TEXT, Rule
from importcost.gate.checks import Check, Status, exit_code
from importcost.reports.gate.text import Places, Spot, one_line, severity, spot_of
from importcost.reports.json_text import json_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT_ID = "%SRCROOT%"
_RULES = tuple(Rule)
_FIGURES = re.compile(r"[-+]?\d[\d.,]*")

_LINK = re.compile(r"\[([^\[\]]*)\](?=\()")


def render_sarif(
    checks: Sequence[Check],
    *,
    version: str,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
) -> str:
    """Return SARIF text with one result for each finding; passed checks are left out.

    `version` is importcost's own. Files in `root` are named relative to it, as code scanning
    requires.
    """
    run = {
        "tool": {"driver": _driver(version)},
        "invocations": [_invocation(checks, strict=strict)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(check, spot_of(check, root, places or {}), strict=strict)
            for check in checks
            if check.is_finding
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log, indent=1) + "\n"


def _driver(version: str) -> dict[str, Any]:
    rules = [
        {
            "id": rule.value,
            "shortDescription": {"text": RULE_TEXT[rule]},
            "help": {"text": f"{RULE_TEXT[rule]} Set in [tool.importcost] of pyproject.toml."},
        }
        for rule in _RULES
    ]
    return {"name": "importcost", "version": one_line(version), "rules": rules}


def _invocation(checks: Sequence[Check], *, strict: bool) -> dict[str, Any]:
    is_complete = not any(check.status is Status.NOT_MEASURED for check in checks)
    code = exit_code(checks, strict=strict)
    return {"executionSuccessful": is_complete and bool(checks), "exitCode": code}


def _result(check: Check, spot: Spot | None, *, strict: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": check.rule.value,
        "ruleIndex": _RULES.index(check.rule),
        "level": severity(check, strict=strict),
        "message": {"text": _plain(f"{one_line(check.handler)}: {one_line(check.message)}")},
        "partialFingerprints": {"importcost/v1": _fingerprint(check, spot)},
    }
    if spot is not None:
        result["locations"] = [{"physicalLocation": _location(spot)}]
    return result


def _plain(text: str) -> str:
    """Return text in which no viewer sees a link (SARIF 2.1.0, 3.11.6)."""
    return _LINK.sub(r"\\[\1\\]", text)


def _location(spot: Spot) -> dict[str, Any]:
    # Percent signs, spaces, colons and what is not ASCII are no part of a URI.
    path = quote(spot.path, errors="replace")
    artifact = {"uri": path, "uriBaseId": ROOT_ID} if spot.is_inside else {"uri": _file_uri(path)}
    location: dict[str, Any] = {"artifactLocation": artifact}
    if spot.line is not None:
        location["region"] = {"startLine": spot.line}
    return location


def _file_uri(path: str) -> str:
    return f"file://{path}" if path.startswith("/") else f"file:///{path}"


def _fingerprint(check: Check, spot: Spot | None) -> str:
    """Return the part that stays the same from run to run: no line numbers and no figures."""
    words = _FIGURES.sub("", check.message)
    parts = (check.handler, check.rule.value, spot.path if spot else "", words)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
