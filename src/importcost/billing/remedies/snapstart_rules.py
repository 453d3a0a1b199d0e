"""SnapStart limitations (AWS Lambda Developer Guide, SnapStart: limitations)."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.billing.figures.assumptions import load_snapstart_limits
from importcost.billing.figures.datafiles import python_minor
from importcost.billing.remedies.traffic import Traffic

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
