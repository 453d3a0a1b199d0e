"""What a reader of a web app's page must know: its bill is not the readiness that was measured."""

from __future__ import annotations

from dataclasses import replace

from importcost.model.profile import Profile, ProfileWarning, WarningCode
from importcost.reports.text import milliseconds
from importcost.reports.web import WebLike


def with_readiness(report: WebLike) -> Profile:
    """Return the app's profile with a warning that tells its readiness apart from the bill.

    The bill is modelled from the traced rows, as that of any log; time between them, the server's
    start and its polling are in the readiness only.
    """
    low, high = min(report.ready_us), max(report.ready_us)
    starts = len(report.ready_us)
    rows = report.profile.function_init.wall_us
    message = (
        f"{report.app} under {report.server} is ready after {_ms(report.init_us)} here (process"
        f" start to GET / answering {report.status}: {_ms(low)} to {_ms(high)} in {starts}"
        f" start{'s' * (starts != 1)}): this is what Lambda Web Adapter waits for, and it is not"
        f" modelled on Lambda. The bill here is another figure: Lambda's floor and the traced"
        f" import rows of server and app, {_ms(rows)}, without what the app does between them."
    )
    warning = ProfileWarning(WarningCode.RUNTIME_MISMATCH, message)
    return replace(report.profile, warnings=(warning, *report.profile.warnings))


def _ms(value_us: float) -> str:
    return milliseconds(value_us / 1000)
