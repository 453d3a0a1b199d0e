"""The unpacked package in the terminal report: its size, and its largest distributions."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.model.package.size import BYTES_PER_MB
from importcost.model.profile import Profile
from importcost.model.results.facts import PackageFacts, ProfileFacts
from importcost.reports.package import (
    is_over_limit,
    megabytes,
    owner_words,
    package_sentences,
    shipped_bytecode,
)
from importcost.reports.text import Palette, elide, wrap

_MOST_ROWS = 5
_LEAST_BYTES = BYTES_PER_MB // 2
"""A smaller distribution matters neither for the limit nor for anything else."""
_NUMBERS = 34


def package_lines(facts: PackageFacts | None, style: Palette, width: int) -> list[str]:
    """Return the lines on the package, none if what is deployed is not known."""
    if facts is None:
        return []
    lines = wrap(" ".join(package_sentences(facts)), width)
    if is_over_limit(facts):
        lines[0] = style(lines[0], "31")
    return [style("Package", "1"), *lines, *_rows(facts, style, width)]


def shipped_lines(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, style: Palette, width: int
) -> list[str]:
    """Return the lines on the bytecode of what was built; none if sources alone are at hand."""
    found = shipped_bytecode(profile, estimate, facts)
    if found is None:
        return []
    lines = [style("Bytecode", "1"), *wrap(found.text, width)]
    for step in found.steps:
        first, *more = wrap(step, width - 4)
        lines += ["  - " + style(first, "36"), *("    " + style(line, "36") for line in more)]
    return lines


def _rows(facts: PackageFacts, style: Palette, width: int) -> list[str]:
    package = facts.size
    large = [one for one in package.distributions if one.size_bytes >= _LEAST_BYTES]
    if not large:
        return []
    has_layers = len(package.places) > 1
    room = width - _NUMBERS
    lines = [style(f"{'Largest':<{room}}{'unpacked':>10}{'of all':>8}{'never loaded':>14}", "2")]
    for one in large[:_MOST_ROWS]:
        name = f"{owner_words(one)} in {one.place}" if has_layers else owner_words(one)
        share = one.size_bytes / max(package.size_bytes, 1)
        figures = f"{megabytes(one.size_bytes):>10}{share:>8.0%}{one.unloaded_share:>14.0%}"
        lines.append(f"{elide(name, room - 1):<{room}}{figures}")
    return lines
