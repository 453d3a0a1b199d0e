"""Use case: write a profile in the formats that other tools read."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.app.bill.place import calibration_of
from importcost.app.profile.facts import profile_facts
from importcost.billing.estimate import estimate
from importcost.model.profile import Profile
from importcost.reports.exports.formats import render
from importcost.reports.output import write_output


def export(
    profile: Profile,
    wanted: Sequence[tuple[str, str]],
    *,
    memory_mb: int | None = None,
    arch: str | None = None,
) -> None:
    """Write `profile` to every (path, format) in `wanted`; `-` is stdout.

    All are rendered before the first file is opened. `memory_mb` and `arch` override what the
    profile was made for. Raises UsageError where a file cannot be written.
    """
    own = calibration_of(profile)
    bill = estimate(profile, memory_mb=memory_mb, arch=arch, calibration=own)
    facts = profile_facts(profile, bill)
    rendered = [(path, render(name, profile, bill, facts)) for path, name in wanted]
    for path, report in rendered:
        write_output(path, report)
