"""Sentences on the unpacked package, which the terminal, the page and Markdown share."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.estimate import Estimate
from importcost.model.graph import FUNCTION
from importcost.model.package.size import (
    BYTES_PER_MB,
    DistributionSize,
    PackageForm,
    PackageSize,
    ServiceData,
)
from importcost.model.package.words import (
    bytecode_sentence,
    cost_sentence,
    fine_sentence,
    old_code_sentence,
)
from importcost.model.profile import Profile
from importcost.model.results.facts import PackageFacts, ProfileFacts

MOST_NAMED = 4
_OWN_FILES = "own files"


def megabytes(size_bytes: float) -> str:
    """Return `8.4 MB` or `840 MB`, of 1,048,576 bytes each; KB or bytes for less than 0.1 MB."""
    value = size_bytes / BYTES_PER_MB
    if size_bytes < 1024:
        return f"{size_bytes:,.0f} bytes"
    if 0 < value < 0.1:
        return f"{size_bytes / 1024:,.0f} KB"
    return f"{value:,.1f} MB" if value < 100 else f"{value:,.0f} MB"


def share_of_limit(facts: PackageFacts) -> str | None:
    """Return `34% of Lambda's 250 MB`, or for an image `12% of Lambda's 10 GB`.

    None on a platform without a known limit.
    """
    most, share = facts.limit_mb, facts.limit_share
    if most is None or share is None:
        return None
    limit = f"{most // 1024} GB" if most >= 1024 else f"{most} MB"
    shown = "less than 1%" if share < 0.005 else f"{share:.0%}"
    return f"{shown} of Lambda's {limit}"


def is_over_limit(facts: PackageFacts) -> bool:
    """Return True if Lambda would refuse the package."""
    return (facts.limit_share or 0.0) > 1


def package_sentences(facts: PackageFacts) -> tuple[str, ...]:
    """Return what is to be said of a package, the size first."""
    package = facts.size
    size = f"{'At least ' if package.lacking else ''}{megabytes(package.size_bytes)} unpacked"
    share = share_of_limit(facts)
    found = [f"{size}{f', {share}' if share else ''}{_places(package)}."]
    if is_over_limit(facts):
        found.append("Lambda refuses a package that is larger.")
    if package.distributions:
        found.append(_loading(package))
    if package.services is not None:
        found.append(services_sentence(package.services))
    if package.lacking:
        found.append(f"It may be larger: {'; '.join(package.lacking)}.")
    if package.left_out:
        found.append(f"Not counted: {_listed(package.left_out)}.")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ShippedWords:
    """The bytecode of a package in words; `steps` are the packager's recipe, empty if all is well.

    `is_fine` is True if Lambda compiles nothing that init loads.
    """

    text: str
    steps: tuple[str, ...]
    is_fine: bool


def shipped_bytecode(
    profile: Profile, estimate: Estimate, facts: ProfileFacts
) -> ShippedWords | None:
    """Return the words on the bytecode of what was built; None if sources alone are at hand."""
    found = facts.package.size.bytecode if facts.package is not None else None
    if found is None:
        return None
    if found.old_code:
        return ShippedWords(old_code_sentence(found), (), is_fine=False)
    if not found.compiled:
        return ShippedWords(fine_sentence(found), (), is_fine=True)
    sentences = [bytecode_sentence(found)]
    saving = facts.savings.bytecode
    if saving is not None:
        computed_ms = profile.function_init.cpu_us.value / 1000 * estimate.speed_ratio.value
        sentences.append(cost_sentence(saving, computed_ms))
    sentences.append(f"With {found.recipe.packager}:")
    return ShippedWords(" ".join(filter(None, sentences)), found.recipe.steps, is_fine=False)


def _places(package: PackageSize) -> str:
    """Return `: function 60.1 MB, layer 1 (deps) 24.2 MB` if there are layers."""
    if len(package.places) < 2:
        return ""
    whole = max(package.size_bytes, 1)
    parts = [
        f"{place.name} {megabytes(place.size_bytes)} ({place.size_bytes / whole:.0%})"
        for place in package.places
    ]
    return f": {', '.join(parts)}"


def _loading(package: PackageSize) -> str:
    if package.form is PackageForm.IMAGE:
        size = sum(one.size_bytes for one in package.distributions)
        share = 1 - package.loaded_bytes / size if size else 0.0
        return (
            f"The function and its packages are {megabytes(size)} of it; init loads "
            f"{megabytes(package.loaded_bytes)} in {package.loaded_files:,} of "
            f"{package.files:,} files, and never {share:.0%}."
        )
    least = "" if package.is_loading_known else " (modules only: data is not recorded here)"
    return (
        f"Init loads {megabytes(package.loaded_bytes)} in {package.loaded_files:,} of "
        f"{package.files:,} files{least}; {package.unloaded_share:.0%} is never loaded by it."
    )


def services_sentence(services: ServiceData) -> str:
    """Return what botocore's data takes, and which services' part of it is used."""
    uses = []
    if services.loaded:
        uses.append(f"init reads {_listed(services.loaded)}")
    named = [one for one in services.named if one not in services.loaded]
    if named:
        uses.append(f"the function's code also names {_listed(named)}")
    used = f"{'; '.join(uses)}: {megabytes(services.used_bytes)}" if uses else "init reads none"
    doubt = "" if services.is_certain else "; some calls name a service by a variable"
    return (
        f"{services.distribution} holds data of {services.services} AWS services, "
        f"{megabytes(services.size_bytes)}; {used}{doubt}."
    )


def owner_words(one: DistributionSize) -> str:
    """Return a distribution with its version; the function's own files by that name."""
    if one.name == FUNCTION:
        return _OWN_FILES
    return f"{one.name} {one.version}" if one.version else one.name


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
