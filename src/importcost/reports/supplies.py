"""Packages and placeholders that a measurement got in addition, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.model.profile import Profile
from importcost.model.supplies import Placeholder
from importcost.reports.facts import short_path
from importcost.reports.text import wrap

SHOWN = 6
"""The number that the terminal names; the page, the summary and the JSON name all of them."""


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """One supply: `name` is its name, `value` the supplied value, `place` where it is needed."""

    name: str
    value: str
    place: str | None

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        return f"{self.name}={self.value}{place}"


def placeholder_facts(profile: Profile) -> tuple[SupplyFact, ...]:
    """Return the placeholders with the lines that read them."""
    return tuple(
        SupplyFact(one.name, one.value, _place(one, profile))
        for one in profile.supplies.placeholders
    )


def _place(one: Placeholder, profile: Profile) -> str | None:
    if one.file is None:
        return None
    file = short_path(one.file, profile.target)
    return f"{file}:{one.line}" if one.line else file


def placeholder_words(facts: Sequence[SupplyFact], shown: int | None = None) -> str | None:
    """Return one sentence about the placeholders, or None."""
    if not facts:
        return None
    named = facts[:shown]
    more = f", and {len(facts) - len(named)} more" if len(facts) > len(named) else ""
    plural = "s" if len(facts) > 1 else ""
    return (
        f"Placeholder{plural} for {len(facts)} variable{plural} that init reads and nobody has "
        f"set: {', '.join(map(str, named))}{more}."
    )


def supply_lines(profile: Profile, width: int) -> list[str]:
    """Return the terminal's lines on packages and placeholders; empty without any."""
    words = (package_words(profile), placeholder_words(placeholder_facts(profile), SHOWN))
    return [line for sentence in words if sentence for line in wrap(sentence, width)]


def package_words(profile: Profile) -> str | None:
    """Return one sentence about the requested packages, or None."""
    asked = [one.installed for one in profile.supplies.packages if not one.is_automatic]
    return f"Installed for this measurement with --with: {', '.join(asked)}." if asked else None
