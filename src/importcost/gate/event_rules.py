"""Rules on side effects of imports: connections, processes, written files."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.subject import JudgedHandler
from importcost.model.advice import AuditEvent

_KINDS = {
    Rule.NETWORK: (
        *("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"),
    ),
    Rule.SUBPROCESS: ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.exec"),
    Rule.FILE_WRITE: (
        *("open for writing", "sqlite3.connect", "os.mkdir", "os.rename", "os.remove"),
    ),
}
_WORDS = {
    Rule.NETWORK: "uses the network",
    Rule.SUBPROCESS: "starts a process",
    Rule.FILE_WRITE: "writes files",
}
_HARMLESS = frozenset(
    {
        AuditEvent("open for writing", "'/dev/null'"),
        AuditEvent("open for writing", "b'/dev/null'"),
        AuditEvent("sqlite3.connect", "':memory:'"),
    }
)
MAX_EVENTS = 3
"""Events shown per statement; the others are counted."""


def rule_of_event(event: AuditEvent) -> Rule | None:
    """Return the rule that an audit event of a statement breaks, or None."""
    if event in _HARMLESS:
        return None
    return next((rule for rule, names in _KINDS.items() if event.name in names), None)


def import_events(subject: JudgedHandler) -> tuple[Check, ...]:
    """Return a check for each statement with a forbidden side effect, by rule."""
    return tuple(check for rule in _KINDS for check in _of_rule(subject, rule))


def _of_rule(subject: JudgedHandler, rule: Rule) -> list[Check]:
    statements = subject.evidence.statements
    if statements is None:
        message = "Side effects of imports were not watched: measure with six launches or more."
        return [subject.check(rule, Status.NOT_MEASURED, message)]
    checks = []
    for statement in statements:
        events = tuple(event for event in statement.events if rule_of_event(event) is rule)
        if events:
            place = (statement.place.file, statement.place.line)
            where = f"{subject.short(place[0])}:{place[1]}"
            message = f"{where} {_WORDS[rule]} at import: {_listed(events)}."
            code = " ".join(statement.code.split())
            checks.append(subject.check(rule, Status.FAIL, message, place=place, about=code))
    return checks or [subject.check(rule, Status.PASS, f"No import {_WORDS[rule]}.")]


def _listed(events: Sequence[AuditEvent]) -> str:
    more = f" and {len(events) - MAX_EVENTS} more" if len(events) > MAX_EVENTS else ""
    return "; ".join(event.words for event in events[:MAX_EVENTS]) + more
