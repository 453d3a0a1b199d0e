"""Use case: render a profile and write what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.billing.estimate import Estimate, estimate
from importcost.model.profile import Profile
from importcost.reports.json_ import render_json
from importcost.reports.output import format_of, write_output
from importcost.reports.terminal import render_terminal


def publish(
    profile: Profile,
    outputs: Sequence[str],
    *,
    width: int,
    colour: bool,
    memory_mb: int | None = None,
    arch: str | None = None,
) -> str:
    """Write `profile` to every path in `outputs` and return the terminal report.

    All reports are rendered before the first file is opened. `memory_mb` and `arch` override
    what the profile was made for. Raises UsageError where a file cannot be written.
    """
    bill = estimate(profile, memory_mb=memory_mb, arch=arch)
    texts = [(path, _render(profile, bill, format_of(path))) for path in outputs]
    text = render_terminal(profile, bill, width=width, colour=colour)
    for path, rendered in texts:
        write_output(path, rendered)
    return text


def _render(profile: Profile, bill: Estimate, kind: str) -> str:
    if kind == "html":
        from importcost.reports.html import render_html

        return render_html(profile, bill)
    return render_json(profile, bill)
