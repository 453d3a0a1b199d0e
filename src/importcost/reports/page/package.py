"""The package of a profile as the page draws it: its largest parts beside Lambda's limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from importcost.billing.estimate import Estimate
from importcost.model.package.size import DistributionSize, PackageSize
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.package import (
    is_over_limit,
    megabytes,
    owner_words,
    package_sentences,
    share_of_limit,
    shipped_bytecode,
)

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import DistributionData, PackageData, PackagePart

MOST_PARTS = 8
_REST = "neutral-0"


def package_data(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts,
    distributions: Sequence[DistributionData],
) -> PackageData | None:
    """Return the package's part of the page's data, None if what is deployed is not known.

    `distributions` are the page's own: a package has the same colour everywhere.
    """
    found = facts.package
    if found is None:
        return None
    package = found.size
    colours = {_canonical(one["name"]): one["colour"] for one in distributions}
    size = megabytes(package.size_bytes)
    share = share_of_limit(found)
    shipped = shipped_bytecode(profile, estimate, facts)
    return {
        "size": f"{'at least ' if package.lacking else ''}{size}{f', {share}' if share else ''}",
        "is_over": is_over_limit(found),
        "size_bytes": package.size_bytes,
        "limit_bytes": (found.limit_mb or 0) << 20,
        "sentences": list(package_sentences(found)[1:]),
        "places": [[one.name, megabytes(one.size_bytes)] for one in package.places],
        "parts": _parts(package, colours),
        "bytecode": None
        if shipped is None
        else {"text": shipped.text, "steps": list(shipped.steps), "is_fine": shipped.is_fine},
    }


def _parts(package: PackageSize, colours: dict[str, str]) -> list[PackagePart]:
    shown = package.distributions[:MOST_PARTS]
    parts = [_part(one, colours.get(_canonical(one.name), _REST)) for one in shown]
    rest = package.distributions[MOST_PARTS:]
    if rest:
        size = sum(one.size_bytes for one in rest)
        loaded = sum(one.loaded_bytes for one in rest)
        unloaded = 1 - loaded / size if size else 0.0
        parts.append(_row(f"{len(rest)} more", "", _REST, size, unloaded))
    return parts


def _part(one: DistributionSize, colour: str) -> PackagePart:
    return _row(owner_words(one), one.place, colour, one.size_bytes, one.unloaded_share)


def _row(name: str, place: str, colour: str, size_bytes: int, unloaded: float) -> PackagePart:
    return {
        "name": name,
        "place": place,
        "colour": colour,
        "size_bytes": size_bytes,
        "size": megabytes(size_bytes),
        "unloaded_share": round(unloaded, 4),
    }


def _canonical(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
