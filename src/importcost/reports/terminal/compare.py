"""A comparison in the terminal: the slowdown or speed-up, and its causes."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.gate.attribution import Attribution, ChangeKind
from importcost.gate.beyond_noise import Compared
from importcost.gate.compare import ComparedVerdict, Comparison, Metric, Shift
from importcost.gate.patterns import topmost
from importcost.gate.relative import relative_change
from importcost.reports.gate.markdown import MIN_SHOWN_US, count_of, distributions_shown
from importcost.reports.gate.text import one_line, own_sizes
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    dollar_change,
    elide,
    milliseconds,
    wrap,
)

MAX_DISTRIBUTIONS = 6
MAX_MODULES = 8
_MARKS = {
    ComparedVerdict.SLOWER: ("✗ slower", "31;1"),
    ComparedVerdict.FASTER: ("✓ faster", "32;1"),
    ComparedVerdict.SAME: ("✓ no change that matters", "32"),
    ComparedVerdict.INCONCLUSIVE: ("? inconclusive", "33;1"),
}


def render_comparison(
    compared: Sequence[Compared], *, width: int = 100, colour: bool = False
) -> str:
    """Return a block for each handler; `width` is in columns. Empty without comparisons."""
    room, style = min(max(width, NARROWEST), MAX_WIDTH), Palette(colour=colour)
    lines: list[str] = []
    for one in compared:
        lines += _block(one.comparison, style)
        if one.attribution is not None:
            lines += render_attribution(one.attribution, room, style)
        lines.append("")
    return "\n".join(lines)


def _block(found: Comparison, style: Palette) -> list[str]:
    text, code = _MARKS[found.verdict]
    lines = [f"{style(text, code)}  {one_line(found.handler)}  ({found.pairs} pairs)"]
    shifts = (found.cpu, found.wall)
    lines += [f"  {_shift(shift, is_judged=_is_judged(shift, found))}" for shift in shifts]
    return lines


def _is_judged(shift: Shift, found: Comparison) -> bool:
    return shift.metric is Metric.CPU or found.is_wall_gated


def _shift(shift: Shift, *, is_judged: bool) -> str:
    percent, ms = shift.shift_percent, shift.shift_us
    note = f"p = {shift.corrected_p:.2g}" if is_judged else "not judged"
    return (
        f"{shift.metric.value:<4} {milliseconds(shift.base_us / 1000)} -> "
        f"{milliseconds(shift.head_us / 1000)}: {_signed(ms.value)} "
        f"({_signed(ms.low)} to {_signed(ms.high)}), {relative_change(percent)}, {note}"
    )


def _signed(value_us: float) -> str:
    return f"{value_us / 1000:+,.1f} ms"


def render_attribution(found: Attribution, room: int, style: Palette) -> list[str]:
    """Return the lines on dollars, distributions and modules; `room` is in columns."""
    cost = found.dollars_per_million
    lines = (
        []
        if cost is None
        else [f"  {dollar_change(cost)} per million cold starts{own_sizes(found)}"]
    )
    shown = distributions_shown(found)
    if not shown:
        lines.append("  No distribution's time stands out from the noise of the profiles.")
    for one in shown[:MAX_DISTRIBUTIONS]:
        counts = count_of(one.added, "new module") if one.added else ""
        counts += ", " if one.added and one.removed else ""
        counts += f"{one.removed} gone" if one.removed else ""
        name = elide(one.distribution, 30)
        lines.append(f"  {_signed(one.delta_us):>12}  {name:<30}  {style(counts, '2')}".rstrip())
        inside = [
            module
            for module in found.modules
            if module.distribution == one.distribution
            and module.kind is not ChangeKind.UNCHANGED
            and abs(module.delta_us) >= 20 * MIN_SHOWN_US
        ]
        lines += [
            f"  {_signed(module.delta_us):>12}    {elide(module.module, room - 20)} "
            f"({module.kind.value})"
            for module in inside[:MAX_MODULES]
        ]
    for word, names in (("New", found.new_modules), ("Gone", found.gone_modules)):
        lines += _names(word, names, room)
    return lines


def _names(word: str, names: Sequence[str], room: int) -> list[str]:
    """Return the packages among the names, those that are nobody's internals first."""
    if not names:
        return []
    tops = sorted(topmost(names), key=lambda name: (name.startswith("_"), name))
    first = ", ".join(one_line(name) for name in tops[: 3 * MAX_MODULES])
    more = len(tops) - 3 * MAX_MODULES
    rest = f" and {more} more" if more > 0 else ""
    text = f"{word}, {count_of(len(names), 'module')}: {first}{rest}"
    return [f"  {line}" for line in wrap(text, room - 2)]
