"""Use case: what a cold start costs over memory sizes, architectures and package types."""

from __future__ import annotations

import json
from dataclasses import dataclass

from importcost.app.bill.place import calibration_of
from importcost.billing.curve import MEMORY_SIZES, memory_curve
from importcost.declaration import ARCHES, PACKAGE_TYPES
from importcost.model.profile import Profile
from importcost.reports.terminal.curve import plain_curve, render_curve


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """For what the cold start is estimated; empty means all there are. Memory in MB."""

    memories: tuple[int, ...] = ()
    arches: tuple[str, ...] = ()
    package_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EstimateReport:
    """The same curve twice: as text for the terminal, and as JSON text."""

    text: str
    json: str


def estimate_profile(
    profile: Profile, request: EstimateRequest, *, width: int, colour: bool
) -> EstimateReport:
    """Return the curve of a profile, with its calibration where the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    curve = memory_curve(
        profile,
        memories=request.memories or MEMORY_SIZES,
        arches=request.arches or ARCHES,
        package_types=request.package_types or PACKAGE_TYPES,
        calibration=calibration_of(profile),
    )
    return EstimateReport(
        text=render_curve(curve, profile, width=width, colour=colour),
        json=json.dumps(plain_curve(curve, profile)) + "\n",
    )
