"""`importcost account --calibrate`: how well the model does over an account's own functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from importcost.app.bill.place import bill
from importcost.app.profile.measured import profile_handler
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.app.projects.requests import request_in_project
from importcost.billing.calibration import (
    MIN_COLD_STARTS,
    Configuration,
    RuntimeVariant,
    calibrate,
)
from importcost.billing.estimate import published_parts
from importcost.errors import ImportcostError, MeasurementError
from importcost.model.profile import Profile
from importcost.model.results.account import AccountRow
from importcost.model.results.validation import (
    AccountFit,
    AccountValidation,
    LoggedAgainstModel,
)
from importcost.model.stats import median

DEFAULT_MOST = 50
"""Functions that are measured: those with the most cold starts tell most."""


class _Pair(NamedTuple):
    """A function's profile and its logged inits, milliseconds."""

    profile: Profile
    inits_ms: tuple[float, ...]


def validate_account(
    rows: Sequence[AccountRow],
    listener: Listener,
    *,
    runner: str = "auto",
    most: int = DEFAULT_MOST,
    profile_of: Callable[[ProfileRequest, Listener], Profile] = profile_handler,
) -> AccountValidation:
    """Measure the functions that have enough cold starts, and hold the estimates beside their logs.

    A function that cannot be measured is in the result with the reason. Raises MeasurementError if
    no function has enough cold starts.
    """
    enough = [row for row in rows if len(row.inits_ms) >= MIN_COLD_STARTS]
    if not enough:
        raise MeasurementError(
            f"No function has the {MIN_COLD_STARTS} cold starts that tell: read a longer time with"
            " --since."
        )
    chosen = sorted(enough, key=lambda row: -len(row.inits_ms))[:most]
    found: list[LoggedAgainstModel] = []
    pairs: dict[Configuration, list[_Pair]] = defaultdict(list)
    for number, row in enumerate(chosen, 1):
        one = row.function
        listener.note(f"{number} of {len(chosen)}: {one.name} is fetched and measured.")
        try:
            profile = _profile(row, runner, listener, profile_of)
        except ImportcostError as error:
            found.append(_beside(row, None, str(error)))
            continue
        found.append(_beside(row, profile, None))
        place = Configuration(one.arch, one.package_type, one.runtime or "", "")
        pairs[place].append(_Pair(profile, row.inits_ms))
    fits = [fit for place, known in pairs.items() if (fit := _fit(place, known)) is not None]
    order = sorted(found, key=lambda one: (one.error is None, -abs(one.error or 0.0), one.name))
    return AccountValidation(tuple(order), tuple(fits))


def _profile(
    row: AccountRow,
    runner: str,
    listener: Listener,
    profile_of: Callable[[ProfileRequest, Listener], Profile],
) -> Profile:
    request = ProfileRequest(target=row.function.arn, runner=runner)
    return profile_of(request_in_project(request, ("runner",)), listener)


def _beside(row: AccountRow, profile: Profile | None, problem: str | None) -> LoggedAgainstModel:
    return LoggedAgainstModel(
        name=row.function.name,
        region=row.function.region,
        cold_starts=len(row.inits_ms),
        logged_ms=median(row.inits_ms),
        predicted_ms=bill(profile, None).estimate.init_ms if profile else None,
        problem=problem,
    )


def _fit(place: Configuration, pairs: Sequence[_Pair]) -> AccountFit | None:
    """Return the floor and the ratio of several functions of one runtime, None if none fits."""
    variants = []
    for pair in pairs:
        parts = published_parts(pair.profile)
        variants.append(RuntimeVariant(parts.function_ms, parts.blocked_ms, pair.inits_ms))
    floor = published_parts(pairs[0].profile).floor_ms
    try:
        found, notes = calibrate(variants, floor, place)
    except MeasurementError as error:
        return AccountFit(_named(place), len(pairs), 0, floor.value, 1.0, (str(error),))
    return AccountFit(
        place=_named(place),
        functions=len(pairs),
        cold_starts=found.cold_starts,
        floor_ms=found.floor_ms,
        speed_factor=found.speed_factor,
        said=notes,
    )


def _named(place: Configuration) -> str:
    return f"{place.runtime or 'image'} · {place.package_type} · {place.arch}"
