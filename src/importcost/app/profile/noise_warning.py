"""Warn if a measurement is not precise enough for the figures that it gives."""

from __future__ import annotations

from dataclasses import replace

from importcost.billing.calibration import Calibration
from importcost.billing.figures.platforms import load_platforms
from importcost.billing.noise import Noise, noise_of
from importcost.errors import UsageError
from importcost.measure.plan import QUICK, Plan, is_settled
from importcost.measure.speed.beside import steadiest_us
from importcost.model.profile import Profile, ProfileWarning, WarningCode


def with_noise_warning(
    profile: Profile, plan: Plan, calibration: Calibration | None = None
) -> Profile:
    """Add a warning if the median is not settled and its noise shows in the bill.

    Noise below rounding and the estimate's own band is not worth a sentence: the report gives the
    median's interval in any case.
    """
    timed = steadiest_us(profile.runs)
    if is_settled(timed, plan.precision.half_width):
        return profile
    try:
        noise = noise_of(profile, calibration)
    except UsageError:  # settings that Lambda does not have: the final bill reports it
        return profile
    if not noise.shows:
        return profile
    platform = load_platforms()[profile.settings.platform]
    what = "bill" if platform.is_modelled or platform.price else "figure"
    warning = ProfileWarning(WarningCode.NOISY, _words(noise, len(timed), plan, what))
    return replace(profile, warnings=(*profile.warnings, warning))


def _words(noise: Noise, count: int, plan: Plan, what: str) -> str:
    remedy = (
        "Raise --runs, or measure on a quieter machine"
        if plan.runs is not None or plan.precision is not QUICK
        else "`importcost profile --precise` measures for up to a minute"
    )
    return (
        f"The median of {count} timed runs is known to {noise.half_width:.0%} only "
        f"({noise.local.low:,.1f} to {noise.local.high:,.1f} ms here, with "
        f"{noise.local.confidence:.0%} confidence), which widens the range of the {what}. "
        f"{remedy} to narrow both."
    )
