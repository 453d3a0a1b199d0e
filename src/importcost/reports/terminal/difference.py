"""The terminal summary of `importcost diff`: the change of the bill, and its modules."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.gate.difference import (
    Difference,
    NameChange,
    billed_dollars,
    kind_counts,
    verdict,
)
from importcost.model.interval import Interval, dollar_digits
from importcost.model.profile import Profile
from importcost.reports.cells import cells, fit
from importcost.reports.platform_words import start_verb, time_basis
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, wrap

MEASURED = "measured"
MINUS = "\N{MINUS SIGN}"
MOST_ROWS = 10
MARKS = {"added": "+", "removed": "-", "slower": "↑", "faster": "↓", "unchanged": "="}
COLOURS = {"added": "31", "slower": "31", "removed": "32", "faster": "32", "unchanged": "2"}
VERDICTS = {
    "slower": ("Slower", "1;31"),
    "faster": ("Faster", "1;32"),
    "same": ("No difference beyond the noise", "1"),
}


def render_difference(difference: Difference, *, width: int, colour: bool) -> str:
    """Return the summary as text of at most `width` columns."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    blocks = [
        _headline(difference, style, width),
        _rows("By distribution (self time)", difference.distributions, style, width),
        _rows("By module (self time)", difference.modules, style, width),
        [line for one in difference.caveats for line in wrap(f"Note: {one}", width)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _headline(difference: Difference, style: Palette, width: int) -> list[str]:
    word, colour = VERDICTS[verdict(difference)]
    before, after = difference.base_bill.shown_ms, difference.head_bill.shown_ms
    bill, cost = difference.head_bill, billed_dollars(difference)
    money = "" if cost is None else f", {_dollars(cost)} per million"
    text = (
        f"{word}: one cold start {start_verb(bill)} {after.value:,.0f} ms instead of "
        f"{before.value:,.0f} ms ({signed(after.value - before.value)} ms, {time_basis(bill)})"
        f"{money}."
    )
    first, *rest = wrap(text, width)
    # Styled after wrapping: what a terminal obeys would not survive it.
    first = first.replace(word, style(word, colour), 1)
    return [first, *rest, *wrap(_measured(difference), width), _counts(difference)]


def _measured(difference: Difference) -> str:
    base, head = difference.base, difference.head
    before, after = _span(base.function_init.cpu_us), _span(head.function_init.cpu_us)
    if base.source == head.source == MEASURED:
        return f"Measured here, CPU of function init: {before} before, {after} after."
    return f"Function init: {before} {_clock(base)} before, {after} {_clock(head)} after."


def _clock(profile: Profile) -> str:
    return "CPU measured here" if profile.source == MEASURED else "wall in the log"


def _span(interval: Interval) -> str:
    low, value, high = (us / 1000 for us in (interval.low, interval.value, interval.high))
    return f"{value:,.1f} ms ({low:,.1f} to {high:,.1f})"


def _counts(difference: Difference) -> str:
    counts = kind_counts(difference)
    kinds = ("added", "removed", "slower", "faster")
    return "Modules: " + ", ".join(f"{counts.get(kind, 0):,} {kind}" for kind in kinds) + "."


def _rows(title: str, changes: Sequence[NameChange], style: Palette, width: int) -> list[str]:
    shown = [one for one in changes if one.delta_us][:MOST_ROWS]
    if not shown:
        return []
    lines = [style(title, "1")]
    for one in shown:
        mark = MARKS.get(one.kind, " ")
        figure = f"{signed(one.delta_us / 1000, 1):>10} ms"
        tail = f"  {one.base_us / 1000:,.1f} → {one.head_us / 1000:,.1f} ms, {one.kind}"
        room = max(12, width - len(figure) - len(tail) - 4)
        name = fit(one.name, room)
        pad = " " * (min(room, 40) - cells(name))
        lines.append(f"{style(f'{mark} {figure}', COLOURS[one.kind])}  {name}{pad}{tail}")
    left = sum(bool(one.delta_us) for one in changes) - len(shown)
    if left:
        lines.append(f"  and {left:,} more")
    return lines


def signed(value: float, digits: int = 0) -> str:
    """Return a number with its sign, a true minus before a negative one."""
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return f"±{text}"
    return f"{MINUS if value < 0 else '+'}{text}"


def _dollars(interval: Interval) -> str:
    text = signed(float(dollar_digits(interval.value).replace(",", "")), 2)
    return f"{text[0]}${text[1:]}"
