"""Use case: estimate a cold start over memory sizes, architectures and package types."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.calibration import Calibration
from importcost.billing.curve import MEMORY_SIZES, Curve, memory_curve
from importcost.declaration import PACKAGE_TYPES
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
    return memory_curve(
        profile,
        memories=request.memories or MEMORY_SIZES,
        arches=request.arches or None,
        package_types=request.package_types or PACKAGE_TYPES,
        calibration=calibration,
    )
