"""Gate results as JUnit XML, for the test views of CI servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from importcost.gate.checks import Check, Status
from importcost.reports.gate.text import Places, Spot, one_line, severity, spot_of


def render_junit(
    checks: Sequence[Check],
    *,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
    seconds: Mapping[str, float] | None = None,
) -> str:
    """Return JUnit XML: a suite for each handler, a case for each check.

    `seconds` are what measuring each handler took: the time of its suite and of its first case, as
    the others are judged from the same launches. Without them times are 0.

    What fails the gate is a `failure`, what could not be measured an `error`, what is switched
    off `skipped`; warnings pass, with their sentence in `system-out`. Paths are given from
    `root` on. The result is valid by the schema of Jenkins' xunit plugin (junit-10.xsd).
    """
    document = ET.Element("testsuites", name="importcost")
    for handler in dict.fromkeys(check.handler for check in checks):
        members = [check for check in checks if check.handler == handler]
        suite = _suite(handler, members, root, places or {}, strict=strict)
        _add_times(suite, (seconds or {}).get(handler, 0.0))
        document.append(suite)
    document.set("time", f"{sum((seconds or {}).values()):.3f}")
    for name in ("tests", "failures", "errors"):
        document.set(name, str(sum(int(suite.get(name, "0")) for suite in document)))
    ET.indent(document)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(document, "unicode") + "\n"


def _add_times(suite: ET.Element, seconds: float) -> None:
    """Give a suite and its cases times that add up."""
    suite.set("time", f"{seconds:.3f}")
    for number, case in enumerate(suite):
        case.set("time", f"{0.0 if number else seconds:.3f}")


def _suite(
    handler: str, checks: Sequence[Check], root: str, places: Places, *, strict: bool
) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(handler))
    seen: Counter[str] = Counter()
    for check in checks:
        seen[check.rule.value] += 1
        number = seen[check.rule.value]
        # Servers follow a case from build to build by its name: no figures in it.
        name = check.rule.value if number == 1 else f"{check.rule.value} {number}"
        suite.append(_case(check, name, spot_of(check, root, places), strict=strict))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(checks)))
    return suite


def _case(check: Check, name: str, spot: Spot | None, *, strict: bool) -> ET.Element:
    case = ET.Element("testcase", name=name, classname=one_line(check.handler))
    if spot is not None:
        case.set("file", one_line(spot.path))
        if spot.line is not None:
            case.set("line", str(spot.line))
    message = one_line(check.message)
    if check.status is Status.SKIPPED:
        ET.SubElement(case, "skipped", message=message)
    elif severity(check, strict=strict) == "error":
        tag = "error" if check.status is Status.NOT_MEASURED else "failure"
        found = ET.SubElement(case, tag, type=check.rule.value, message=message)
        found.text = message
    else:
        word = check.status.value if check.is_finding else "passed"
        ET.SubElement(case, "system-out").text = f"{word}: {message}"
    return case
