"""What a measurement was given beside the function's own: packages and placeholders, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.model.profile import Profile
from importcost.model.supplies import Placeholder
from importcost.reports.facts import short_path
from importcost.reports.text import wrap

SHOWN = 6
"""How many the terminal names; the page, the summary and the JSON name all of them."""


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """One supply: `name` what it is, `value` what was supplied, `place` where it is asked for."""

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
    """Return one sentence about the placeholders, None without any."""
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
    """Return what a terminal says of packages and placeholders; nothing without any."""
    words = (package_words(profile), placeholder_words(placeholder_facts(profile), SHOWN))
    return [line for sentence in words if sentence for line in wrap(sentence, width)]


def package_words(profile: Profile) -> str | None:
    """Return one sentence about the packages that were asked for, None without any."""
    asked = [one.installed for one in profile.supplies.packages if not one.is_automatic]
    return f"Installed for this measurement with --with: {', '.join(asked)}." if asked else None
