"""Gate results as Markdown: a pull request's comment, and GitHub's step summary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from importcost.gate.attribution import Attribution, ChangeKind, DistributionChange
from importcost.gate.beyond_noise import Compared
from importcost.gate.checks import Check, Status, exit_code
from importcost.gate.compare import ComparedVerdict, Comparison
from importcost.gate.relative import relative_change
from importcost.gate.selection import SinceSelection
from importcost.reports.gate.picture import text_picture
from importcost.reports.gate.selection import selection_lines
from importcost.reports.gate.text import Places, one_line, own_sizes, severity, spot_of
from importcost.reports.text import dollar_change

MARKER = "<!-- importcost-check -->"
"""The first line, by which the comment of the last run is found."""
MAX_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536."""
MAX_CELL = 600
MAX_CHANGES = 8
MIN_SHOWN_US = 50
"""Below a twentieth of a millisecond, a single module's change is the clock's."""
_SAFE = re.compile(r"[\w \-,;()+=%/.:]", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the comment; `is_folded` ones need all their lines, the last of which ends them."""

    lines: Sequence[str]
    is_folded: bool = False


def render_check_markdown(
    checks: Sequence[Check],
    compared: Sequence[Compared] = (),
    *,
    root: str = "",
    places: Places | None = None,
    strict: bool = False,
    selection: SinceSelection | None = None,
) -> str:
    """Return the results as Markdown of GitHub's kind, at most 60,000 characters.

    Whole rows are left out where there are more, and counted. Names from other people's code
    can neither form Markdown or HTML nor mention anybody.
    """
    left_out = checks and all(check.is_left_out for check in checks)
    checks = [check for check in checks if not check.is_left_out]
    headline = "nothing to measure" if left_out else _headline(checks, strict=strict)
    heading = [MARKER, f"### importcost: {headline}", ""]
    findings = sorted(
        (check for check in checks if check.is_finding),
        key=lambda check: severity(check, strict=strict) != "error",
    )
    rest = [check for check in checks if not check.is_finding]
    rows = [_finding(check, root, places or {}, strict=strict) for check in findings]
    sections = [
        _Section(_selected(selection)),
        _Section(_table("|  | handler | rule | finding |", rows)),
        _Section(_comparisons([one.comparison for one in compared])),
        _Section(text_picture(compared), is_folded=True),
        *(_Section(_changes(one)) for one in compared if one.attribution is not None),
        _Section(_quiet(rest), is_folded=True),
    ]
    return _limited(heading, sections)


def _selected(selection: SinceSelection | None) -> list[str]:
    if selection is None:
        return []
    first, *rest = selection_lines(selection)
    return [escape(first), "", *(f"- {escape(line)}" for line in rest), *([""] if rest else [])]


def escape(text: str, most: int = MAX_CELL) -> str:
    """Return text that Markdown shows literally, on one line, cut to `most` characters."""
    clean = one_line(text)
    if len(clean) > most:
        clean = clean[: most - 1] + "…"
    return "".join(_escaped(clean, index) for index in range(len(clean)))


def _escaped(text: str, index: int) -> str:
    sign = text[index]
    if sign == "_" or (sign == ":" and text[index + 1 : index + 2] == "/"):
        return f"&#{ord(sign)};"
    if sign in "@#":
        # Mentions and references are looked for after entities: the space of no width parts them.
        return f"&#{ord(sign)};&#8203;"
    if sign == "." and text[max(0, index - 3) : index].lower() == "www":
        return "&#46;&#8203;"
    if sign == ">":
        return "&gt;"
    return sign if not sign.isascii() or _SAFE.fullmatch(sign) else f"&#{ord(sign)};"


def _headline(checks: Sequence[Check], *, strict: bool) -> str:
    code = exit_code(checks, strict=strict)
    failed = sum(severity(check, strict=strict) == "error" for check in checks)
    warned = sum(severity(check, strict=strict) == "warning" for check in checks)
    warnings = f", {count_of(warned, 'warning')}" if warned else ""
    if not checks:
        return "nothing was measured"
    if code == 0:
        return f"{count_of(len(checks), 'check')}, none failed{warnings}"
    word = "failed" if code == 1 else "could not be measured"
    return f"{failed} of {count_of(len(checks), 'check')} {word}{warnings}"


def count_of(number: int, word: str) -> str:
    """Return a number and its word, in the plural where it is one."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _finding(check: Check, root: str, places: Places, *, strict: bool) -> str:
    spot = spot_of(check, root, places)
    where = ""
    if spot is not None:
        line = f":{spot.line}" if spot.line is not None else ""
        where = f"<br>{escape(spot.path + line)}"
    mark = "**fails**" if severity(check, strict=strict) == "error" else "warning"
    if check.status in (Status.NOT_MEASURED, Status.INCONCLUSIVE):
        mark = f"{mark} ({check.status.value.replace('-', ' ')})"
    handler = escape(check.handler, 80)
    return f"| {mark} | {handler} | {check.rule.value} | {escape(check.message)}{where} |"


def _table(head: str, rows: Sequence[str]) -> list[str]:
    columns = head.count("|") - 1
    return [head, "|" + "---|" * columns, *rows, ""] if rows else []


def _comparisons(comparisons: Sequence[Comparison]) -> list[str]:
    rows = []
    for one in comparisons:
        shift = one.deciding
        verdict = (
            f"**{one.verdict.value}**"
            if one.verdict is ComparedVerdict.SLOWER
            else one.verdict.value
        )
        figures = f"{shift.base_us / 1000:,.1f} | {shift.head_us / 1000:,.1f}"
        by = relative_change(shift.shift_percent)
        metric = f"{shift.metric.value}, {count_of(one.pairs, 'pair')}"
        rows.append(f"| {escape(one.handler, 80)} | {verdict} | {figures} | {by} | {metric} |")
    return _table("| handler | init is | base ms | head ms | shift | measured |", rows)


def distributions_shown(found: Attribution) -> list[DistributionChange]:
    """Return the distributions whose change is shown."""
    return [
        one
        for one in found.distributions
        if one.kind is not ChangeKind.UNCHANGED
        and (abs(one.delta_us) >= MIN_SHOWN_US or one.added or one.removed)
    ]


def _changes(compared: Compared) -> list[str]:
    found = compared.attribution
    if found is None:
        return []
    changes = distributions_shown(found)
    rows = [
        f"| {escape(one.distribution, 80)} | {one.kind.value} | {one.delta_us / 1000:+,.1f} "
        f"| {one.added} | {one.removed} |"
        for one in changes[:MAX_CHANGES]
    ]
    cost = found.dollars_per_million
    title = escape(compared.comparison.handler, 80)
    if cost is not None:
        title += f": {dollar_change(cost, '&#36;')} per million cold starts{own_sizes(found)}"
    rest = len(changes) - MAX_CHANGES
    return [
        title,
        "",
        *_table("| distribution | change | ms | new modules | gone |", rows),
        *([count_of(rest, "more distribution"), ""] if rest > 0 else []),
        *_names("New", found.new_modules),
        *_names("Gone", found.gone_modules),
    ]


def _names(word: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"{word}: {escape(', '.join(names))}", ""]


def _quiet(checks: Sequence[Check]) -> list[str]:
    if not checks:
        return []
    rows = [
        f"| {check.status.value} | {escape(check.handler, 80)} | {check.rule.value} "
        f"| {escape(check.message)} |"
        for check in checks
    ]
    passed = sum(check.status is Status.PASS for check in checks)
    summary = f"{passed} passed, {len(checks) - passed} skipped"
    table = _table("|  | handler | rule |  |", rows)
    return [f"<details><summary>{summary}</summary>", "", *table, "</details>", ""]


def _limited(heading: Sequence[str], sections: Sequence[_Section]) -> str:
    """Put sections together while there is room, without partial rows, and count the rest."""
    lines = list(heading)
    used = sum(len(line) + 1 for line in lines)
    left_out = 0
    for section in sections:
        size = sum(len(line) + 1 for line in section.lines)
        if used + size <= MAX_CHARACTERS:
            lines += section.lines
            used += size
            continue
        if section.is_folded:
            left_out += len(section.lines)
            continue
        for line in section.lines:
            if used + len(line) + 1 > MAX_CHARACTERS:
                left_out += 1
                continue
            lines.append(line)
            used += len(line) + 1
    if left_out:
        lines += ["", f"{count_of(left_out, 'more line')} had no room here."]
    return "\n".join(lines).rstrip("\n") + "\n"
