"""The terminal table over all functions of a project."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.model.results.project import Culprit, CulpritKind, FunctionFigures, ProjectFigures
from importcost.reports.cells import cells, fit
from importcost.reports.index.words import KIND_WORDS
from importcost.reports.platform_words import bills_words, init_title, not_modelled
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    dollars,
    milliseconds,
    wrap,
)

MOST_FUNCTIONS = 30
MOST_CULPRITS = 8
MOST_CHANGES = 5
MOST_LEFT_OUT = 10


def render_project(figures: ProjectFigures, *, width: int, colour: bool) -> str:
    """Return the functions, what they have in common and what was left out."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    notes = [*not_modelled(figures.functions), *figures.notes]
    blocks = [
        _headline(figures, style, width),
        _functions(figures.functions, style, width),
        _culprits(figures.culprits, len(figures.functions), style, width),
        _changes(figures.culprits, len(figures.functions), style, width),
        _verdicts(figures.functions, style, width),
        _packages(figures.functions, width),
        _endings(figures.functions, style, width),
        _left_out(figures, style, width),
        [line for note in notes for line in wrap(f"Note: {note}", width)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _headline(figures: ProjectFigures, style: Palette, width: int) -> list[str]:
    count = len(figures.functions)
    total = sum(one.billed_init_ms.value for one in figures.functions)
    months = [one.dollars_a_month for one in figures.functions if one.dollars_a_month is not None]
    month = f", {dollars(sum(months))} a month" if months else ""
    text = (
        f"{count:,} function{'' if count == 1 else 's'} of {figures.place}: a cold start of each"
        f" {bills_words(figures.functions, milliseconds(total))} in all{month}."
    )
    first, *more = wrap(text, width)
    return [style(first, "1"), *more]


def _functions(functions: Sequence[FunctionFigures], style: Palette, width: int) -> list[str]:
    if not functions:
        return []
    has_month = any(one.traffic is not None for one in functions)
    money = [
        *(["$ per million"] if any(one.dollars_per_million for one in functions) else []),
        *(["$ a month"] if has_month else []),
    ]
    heads = ["Function", init_title(functions).lower(), *money, "could wait", "costliest package"]
    rows = [heads, *(_row(one, money) for one in functions[:MOST_FUNCTIONS])]
    fixed = [max(cells(row[at]) for row in rows) for at in range(1, len(heads) - 1)]
    room = width - sum(fixed) - 2 * (len(heads) - 1)
    first = min(max(cells(row[0]) for row in rows), max(14, room * 3 // 5))
    widths = [first, *fixed, room - first]
    if widths[-1] < len(heads[-1]):  # a narrow terminal has no room for the last column
        rows, widths = [row[:-1] for row in rows], [min(first, room), *fixed]
    lines = [_line(row, widths, len(fixed)) for row in rows]
    more = len(functions) - MOST_FUNCTIONS
    tail = [f"and {more:,} more: see the page"] if more > 0 else []
    return [style(lines[0], "2"), *lines[1:], *tail]


def _row(one: FunctionFigures, money: Sequence[str]) -> list[str]:
    costly = next((part.name for part in one.packages if part.name != "stdlib"), "")
    saved = milliseconds(one.saved_ms) if one.saved_ms else "-"
    cost, month = one.dollars_per_million, one.dollars_a_month
    amounts = {"$ per million": None if cost is None else cost.value, "$ a month": month}
    shown = ["" if (amount := amounts[head]) is None else dollars(amount) for head in money]
    return [one.name, milliseconds(one.billed_init_ms.value), *shown, saved, costly]


def _line(row: Sequence[str], widths: Sequence[int], numbers: int) -> str:
    parts = []
    for at, (text, width) in enumerate(zip(row, widths, strict=True)):
        shown = fit(text, width) if text else ""
        gap = " " * (width - cells(shown))
        parts.append(gap + shown if 0 < at <= numbers else shown + gap)
    return "  ".join(parts).rstrip()


def _culprits(culprits: Sequence[Culprit], count: int, style: Palette, width: int) -> list[str]:
    if count < 2 or not culprits:
        return []
    lines = [style("What costs most over all functions", "1")]
    costly = [one for one in culprits if one.kind is not CulpritKind.CHANGE]
    for one in costly[:MOST_CULPRITS]:
        lines += [f"  {line}" for line in wrap(_culprit(one, count), width - 2)]
    return lines


def _culprit(one: Culprit, count: int) -> str:
    month = f", {dollars(one.dollars_a_month)} a month" if one.dollars_a_month else ""
    return (
        f"{one.name} ({KIND_WORDS[one.kind]}): {milliseconds(one.total_ms)} in "
        f"{len(one.functions)} of {count} functions{month}"
    )


def _changes(culprits: Sequence[Culprit], count: int, style: Palette, width: int) -> list[str]:
    """Name the changes in shared files, each of which helps several functions at once."""
    found = [one for one in culprits if one.kind is CulpritKind.CHANGE]
    if not found:
        return []
    lines = [style("One change, several functions", "1")]
    for one in found[:MOST_CHANGES]:
        month = f", {dollars(one.dollars_a_month)} a month" if one.dollars_a_month else ""
        text = (
            f"{one.name} {one.code}: {milliseconds(one.total_ms)} could wait in "
            f"{len(one.functions)} of {count} functions{month}"
        )
        lines += [f"  {line}" for line in wrap(text, width - 2)]
    if len(found) > MOST_CHANGES:
        lines.append(f"  and {len(found) - MOST_CHANGES:,} more: see the page")
    return lines


def _verdicts(functions: Sequence[FunctionFigures], style: Palette, width: int) -> list[str]:
    """Name the functions over their budgets, and count those that were not decided."""
    judged = [one for one in functions if one.verdict is not None]
    if not judged:
        return []
    over = [one.name for one in judged if one.verdict == "fail"]
    open_ones = sum(one.verdict == "unknown" for one in judged)
    undecided = f"; {open_ones:,} not decided" if open_ones else ""
    names = ", ".join(over[:5]) + (f" and {len(over) - 5:,} more" if len(over) > 5 else "")
    if over:
        text = f"Over budget: {len(over):,} of {len(judged):,}, {names}{undecided}."
        return [style(line, "31") for line in wrap(text, width)]
    return wrap(f"Within budget: {len(judged) - open_ones:,} of {len(judged):,}{undecided}.", width)


def _packages(functions: Sequence[FunctionFigures], width: int) -> list[str]:
    """Return the largest package, and which functions ship bytecode that Lambda cannot use."""
    sized = [(one.package, one.name) for one in functions if one.package is not None]
    if not sized:
        return []
    package, name = max(sized, key=lambda pair: pair[0].size_mb / (pair[0].limit_mb or 1))
    limit = ""
    if package.limit_mb is not None:
        share = package.size_mb / package.limit_mb
        limit = f"{share:.0%} of Lambda's {package.limit_mb:,} MB; "
    least = "at least " if package.is_least else ""
    largest = (
        f"Largest package: {name}, {least}{package.size_mb:,.1f} MB unpacked, "
        f"{limit}init never loads {package.unloaded_share:.0%} of it."
    )
    sentences = [largest]
    stale = [name for package, name in sized if package.stale_modules]
    if stale:
        who = ", ".join(stale[:3]) + (f" and {len(stale) - 3} more" if len(stale) > 3 else "")
        sentences.append(f"Without valid bytecode, which their reports say how to ship: {who}.")
    return [line for sentence in sentences for line in wrap(sentence, width)]


def _endings(functions: Sequence[FunctionFigures], style: Palette, width: int) -> list[str]:
    found: dict[str, list[str]] = {}
    for one in functions:
        if one.runtime_ends:
            found.setdefault(one.runtime_ends, []).append(one.name)
    lines = []
    for sentence, names in found.items():
        who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        lines += wrap(f"{sentence} ({who})", width)
    return [style(line, "33") for line in lines]


def _left_out(figures: ProjectFigures, style: Palette, width: int) -> list[str]:
    if not figures.left_out:
        return []
    found: dict[str, list[str]] = {}
    for one in figures.left_out:
        found.setdefault(one.reason, []).append(one.name)
    lines = [style(f"Left out: {len(figures.left_out):,}", "1")]
    for reason, names in list(found.items())[:MOST_LEFT_OUT]:
        who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        first, *more = wrap(f"{who}: {reason}", width - 2)
        lines += [f"  {first}", *(f"    {line}" for line in more)]
    if len(found) > MOST_LEFT_OUT:
        lines.append(f"  and {len(found) - MOST_LEFT_OUT} other reasons: see the JSON.")
    return lines
