"""Use case: render a profile and write what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from importcost.app.bill.place import calibration_of
from importcost.billing.estimate import Estimate, estimate
from importcost.model.profile import Profile
from importcost.reports.exports.formats import render
from importcost.reports.output import format_of, write_output
from importcost.reports.terminal import render_terminal

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page_contract import BudgetData


def publish(
    profile: Profile,
    outputs: Sequence[str],
    *,
    width: int,
    colour: bool,
    memory_mb: int | None = None,
    arch: str | None = None,
    budget: BudgetData | None = None,
) -> str:
    """Write `profile` to every path in `outputs` and return the terminal report.

    All reports are rendered before the first file is opened. `memory_mb` and `arch` override
    what the profile was made for; `budget` is the verdict that pages show, see `page_data`.
    Raises UsageError where a file cannot be written.
    """
    own = calibration_of(profile)
    bill = estimate(profile, memory_mb=memory_mb, arch=arch, calibration=own)
    texts = [(path, _rendered(format_of(path), profile, bill, budget)) for path in outputs]
    text = render_terminal(profile, bill, width=width, colour=colour)
    for path, rendered in texts:
        write_output(path, rendered)
    return text


def _rendered(
    kind: str, profile: Profile, bill: Estimate, budget: BudgetData | None
) -> str | bytes:
    if kind == "html" and budget is not None:
        from importcost.reports.html import render_html

        return render_html(profile, bill, budget)
    return render(kind, profile, bill)
