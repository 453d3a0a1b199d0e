"""The terminal's answer to `importcost why`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importcost.model.advice import VerdictKind
from importcost.model.graph import EdgeKind
from importcost.model.profile import Target
from importcost.model.results.chains import Chain, CutStatement, Hop
from importcost.reports.facts import short_path
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    elide,
    milliseconds,
    printable,
    wrap,
)


def render_chains(
    chains: Sequence[Chain], more: str, target: Target | None, *, width: int, colour: bool
) -> str:
    """Return the chains as text, shortest first; `more` says how many are not shown."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    lines: list[str] = []
    for number, chain in enumerate(chains, start=1):
        lines += _chain(number, chain, target, style, width)
    if more:
        lines.append(more)
    return "\n".join(lines) + "\n" if lines else ""


def _chain(
    number: int, chain: Chain, target: Target | None, style: Palette, width: int
) -> Iterator[str]:
    note = " (loaded by the Lambda runtime)" if chain.from_runtime else ""
    yield f"{style(f'{number:>3}', '2')}  {style(printable(chain.start), '1')}{note}"
    above = chain.start
    for depth, hop in enumerate(chain.hops, start=1):
        indent = "     " + "  " * min(depth - 1, 12) + "└ "
        where = f"{short_path(hop.file, target)}:{hop.line}" if hop.file else _loose(hop)
        if hop.file and hop.importer != above:
            where += f", called from line {hop.body_line}" if hop.body_line else ", in a call"
        above = hop.imported
        room = max(16, width - len(indent) - len(where) - 2)
        name = elide(hop.imported, room)
        yield f"{indent}{style(name, '1') if hop is chain.hops[-1] else name}  {style(where, '2')}"


def _loose(hop: Hop) -> str:
    if hop.kind is EdgeKind.PARENT:
        return f"package of {printable(hop.importer)}"
    return "loaded without an import statement"


def render_cut(
    module: str,
    statements: Sequence[CutStatement],
    reason: str | None,
    saved_us: int,
    target: Target | None,
    *,
    width: int,
    colour: bool,
) -> str:
    """Return the statements to defer so that the module is not loaded, or why nothing helps."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    if not statements:
        return "\n".join(wrap(f"Nothing to defer: {reason}.", width)) + "\n" if reason else ""
    saving = milliseconds(saved_us / 1000)
    count = "1 statement" if len(statements) == 1 else f"{len(statements)} statements"
    stuck = sum(
        one.verdict is not None and one.verdict.kind is VerdictKind.NOT_DEFERRABLE
        for one in statements
    )
    if stuck:
        which = "which" if stuck == len(statements) else f"{stuck} of which"
        text = (
            f"To unload {module}, {count} would have to be deferred, {which} cannot be as the "
            f"code is (it would save about {saving} here, predicted):"
        )
    else:
        text = f"To unload {module}, defer {count} (saves about {saving} here, predicted):"
    lines = wrap(text, width)
    for one in statements:
        place = elide(f"{short_path(one.place.file, target)}:{one.place.line}", 40)
        code = elide(one.code, max(20, width - len(place) - 4))
        lines.append(f"  {place}  {style(code, '1')}")
        if one.verdict:
            verdict = f"{one.verdict.kind.value}: {one.verdict.reason}"
            lines += ["      " + line for line in wrap(verdict, width - 6)]
    return "\n".join(lines) + "\n"
