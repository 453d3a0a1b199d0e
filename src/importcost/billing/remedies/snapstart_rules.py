"""SnapStart limitations (AWS Lambda Developer Guide, SnapStart: limitations)."""

from __future__ import annotations

import math

from importcost.billing.estimate import Estimate
from importcost.billing.figures.assumptions import load_snapstart_limits
from importcost.billing.figures.datafiles import python_minor
from importcost.billing.figures.prices import Prices
from importcost.billing.remedies.traffic import KB_PER_MB, Traffic
from importcost.errors import UsageError

_NOT_BOTH = "SnapStart with provisioned concurrency: Lambda allows one of the two for a version."
_NOT_DEFERRED = (
    "SnapStart with deferral: deferred imports are not in the snapshot and would load, throttled,"
    " after every restore."
)
_NOT_PINGED = "Provisioned concurrency with a pinger: its environments never go idle."
JOINT_RULES = (_NOT_BOTH, _NOT_DEFERRED, _NOT_PINGED)


def snapstart_obstacles(bill: Estimate, traffic: Traffic) -> tuple[str, ...]:
    """Return why a function cannot have SnapStart, one sentence each; empty if it can."""
    limits = load_snapstart_limits()
    reasons = []
    if python_minor(bill.runtime) < limits.minimum_python:
        reasons.append(
            f"SnapStart: {bill.runtime} is too old, it needs python3.{limits.minimum_python} or"
            " later."
        )
    if traffic.uses_efs:
        reasons.append("SnapStart: functions with EFS cannot have it.")
    if traffic.tmp_mb > limits.tmp_limit_mb:
        reasons.append(
            f"SnapStart: /tmp is {traffic.tmp_mb} MB and may be {limits.tmp_limit_mb} MB at most."
        )
    return tuple(reasons)


def unpriced(prices: Prices, arch: str, traffic: Traffic) -> tuple[str, ...]:
    """Return what cannot be compared because no price of it was found for the region.

    Raises UsageError if the answers themselves cannot be priced.
    """
    free_mb = prices.streaming_free_mb_per_request
    is_paid = (traffic.payload_kb or 0.0) > free_mb * KB_PER_MB
    if is_paid and not math.isfinite(prices.streaming_gb):
        raise UsageError(
            f"Answers above {free_mb:g} MB are streamed, and no price of that was found for"
            f" {prices.region}: compare with that of us-east-1."
        )
    found = []
    if not prices.has_snapstart:
        found.append(f"SnapStart: no price of it was found for {prices.region}.")
    if not prices.has_provisioned(arch):
        found.append(
            f"Provisioned concurrency: no price of it was found for {arch} in {prices.region}."
        )
    return tuple(found)


def snapstart_conditions(bill: Estimate) -> tuple[str, ...]:
    """Return what a function that can have SnapStart needs for it, to be read after its name."""
    conditions = ["needs published versions, and hooks for state that must not be frozen"]
    if bill.package_type == "image":
        limits = load_snapstart_limits()
        conditions.append(
            f"an image on an AWS base image of Python 3.{limits.minimum_python} or later has it as"
            f" it is; any other needs LABEL {limits.image_label} or the runtime hooks"
        )
    return tuple(conditions)
