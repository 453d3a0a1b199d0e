"""The answer to `importcost verify-init`: for the terminal and as JSON."""

from __future__ import annotations

from importcost.model.results.emulated_init import VerifiedInit
from importcost.reports.json_text import json_text
from importcost.reports.text import ms_of


def render_verified(report: VerifiedInit) -> str:
    """Return the table: the profile's phases, their sums, and the emulator's beside them."""
    rows = [("", "profile", "emulator", "difference")]
    rows += [(f"  {one.phase.value}", ms_of(one.wall_us), "", "") for one in report.phases]
    if report.start_us is not None:
        pairs = (
            ("interpreter start + runtime", report.profile_start_us, report.start_us),
            (
                "handler imports + module body",
                report.profile_us - report.profile_start_us,
                report.init_us - report.start_us,
            ),
        )
        rows += [
            (name, ms_of(ours), ms_of(theirs), _off(ours, theirs)) for name, ours, theirs in pairs
        ]
    own = report.own_wall_us
    if own:
        rows.append(("the emulator's own work", ms_of(own), "", ""))
    init = ms_of(report.init_us)
    off = _off(report.expected_us, report.init_us)
    rows.append(("init", ms_of(report.expected_us), init, off))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(row[at].rjust(widths[at]) for at in (1, 2, 3))])
        for row in rows
    ]
    low, high = min(report.emulator_us), max(report.emulator_us)
    lines.append(
        f"{len(report.emulator_us)} cold starts under the emulator, {ms_of(low)} to {ms_of(high)}; "
        f"{report.engine}, {report.image}, {report.cpus:.3g} CPUs; wall time, means of the middle "
        "half of all launches."
    )
    if own:
        lines.append(
            f"At this quota the emulator's own CPU time takes {ms_of(own)} of its figure; on "
            f"Lambda the function has the quota alone: {ms_of(report.profile_us)}."
        )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _off(ours: float, theirs: float) -> str:
    return f"{(ours - theirs) / theirs:+.1%}" if theirs > 0 else ""


def render_verified_json(report: VerifiedInit) -> str:
    """Return the comparison as JSON text, microseconds."""
    data = {
        "engine": report.engine,
        "image": report.image,
        "cpus": report.cpus,
        "profile": {
            "phases": [{"phase": one.phase.value, "wall_us": one.wall_us} for one in report.phases],
            "init_us": report.profile_us,
            "expected_us": report.expected_us,
        },
        "emulator": {
            "runs_us": list(report.emulator_us),
            "init_us": report.init_us,
            "empty_module_us": report.start_us,
            "own_wall_us": report.own_wall_us,
        },
        "error": report.error,
    }
    return json_text(data, indent=1) + "\n"
