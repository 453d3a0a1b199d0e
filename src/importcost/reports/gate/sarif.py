"""Gate results as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from importcost.gate.budgets import RULE_TEXT, Rule
from importcost.gate.checks import Check, Status, TextSpan, exit_code
from importcost.reports.gate.fingerprints import fingerprinted
from importcost.reports.gate.text import Places, Spot, one_line, severity
from importcost.reports.json_text import json_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT_ID = "%SRCROOT%"
_RULES = tuple(Rule)

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
            _result(check, spot, fingerprint, strict=strict)
            for check, spot, fingerprint in fingerprinted(checks, root, places or {})
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


def _result(check: Check, spot: Spot | None, fingerprint: str, *, strict: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": check.rule.value,
        "ruleIndex": _RULES.index(check.rule),
        "level": severity(check, strict=strict),
        "message": {"text": _plain(f"{one_line(check.handler)}: {one_line(check.message)}")},
        "partialFingerprints": {"importcost/v2": fingerprint},
    }
    if spot is not None:
        result["locations"] = [{"physicalLocation": _location(spot, check.span)}]
    return result


def _plain(text: str) -> str:
    """Return text in which no viewer sees a link (SARIF 2.1.0, 3.11.6)."""
    return _LINK.sub(r"\\[\1\\]", text)


def _location(spot: Spot, span: TextSpan | None) -> dict[str, Any]:
    # Percent signs, spaces, colons and what is not ASCII are no part of a URI.
    path = quote(spot.path, errors="replace")
    artifact = {"uri": path, "uriBaseId": ROOT_ID} if spot.is_inside else {"uri": _file_uri(path)}
    location: dict[str, Any] = {"artifactLocation": artifact}
    if spot.line is not None and span is not None:
        location["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    elif spot.line is not None:
        location["region"] = {"startLine": spot.line}
    return location


def _file_uri(path: str) -> str:
    return f"file://{path}" if path.startswith("/") else f"file:///{path}"
