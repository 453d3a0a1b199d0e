"""Use case: estimate a cold start over memory sizes, architectures and package types."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.calibration import Calibration
from importcost.billing.curve import MEMORY_SIZES, Curve, memory_curve, platform_curve
from importcost.billing.figures.platforms import LAMBDA, load_platforms
from importcost.declaration import PACKAGE_TYPES
from importcost.errors import UsageError
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """The settings to estimate the cold start for; empty means all there are. Memory in MB."""

    memories: tuple[int, ...] = ()
    arches: tuple[str, ...] = ()
    package_types: tuple[str, ...] = ()


def estimate_profile(
    profile: Profile, request: EstimateRequest, calibration: Calibration | None
) -> Curve:
    """Return the curve of a profile, with its calibration if the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    if profile.settings.platform != LAMBDA:
        return _of_platform(profile, request)
    return memory_curve(
        profile,
        memories=request.memories or MEMORY_SIZES,
        arches=request.arches or None,
        package_types=request.package_types or PACKAGE_TYPES,
        calibration=calibration,
    )


def _of_platform(profile: Profile, request: EstimateRequest) -> Curve:
    """Return the curve on another platform. Raises UsageError where there is no price."""
    platform = load_platforms()[profile.settings.platform]
    if platform.price is None:
        raise UsageError(
            f"importcost estimate is about prices, and none of a start is known for"
            f" {platform.title}: importcost profile shows its time."
        )
    if request.arches or request.package_types:
        raise UsageError(
            f"{platform.title} has one price of a start: leave --arch and --package-type out."
        )
    own = platform.memory.shown if platform.memory else (profile.settings.memory_mb,)
    return platform_curve(profile, request.memories or own)
