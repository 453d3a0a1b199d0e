"""The functions of a project without figures, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.reports.text import Palette, wrap


def left_out_lines(left: Sequence[tuple[str, str | None]], style: Palette, width: int) -> list[str]:
    """Return a heading and a paragraph a function; nothing if none was left out."""
    if not left:
        return []
    lines = [style(f"Left out: {len(left):,}", "1")]
    for name, reason in left:
        first, *more = wrap(f"{name}: {(reason or '').rstrip('.')}.", width - 2)
        lines += [f"  {first}", *(f"    {line}" for line in more)]
    return lines
