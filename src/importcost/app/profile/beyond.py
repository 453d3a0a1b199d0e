"""Warnings of a profile that every command tells, also one that prints no profile."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from importcost.app.profile.request import Listener
from importcost.measure.runtime_dates import runtime_ending, utc_today
from importcost.model.profile import ProfileWarning, WarningCode
from importcost.model.web import WebStart

ALWAYS_TOLD = (WarningCode.NOT_DEPLOYED, WarningCode.RUNTIME_ENDING)


def tell_runtime_ending(
    runtime: str, listener: Listener, today: datetime.date | None = None
) -> None:
    """Note that Lambda's support of a runtime ended, or soon ends; `today` is by UTC."""
    ending = runtime_ending(runtime, today or utc_today())
    if ending is not None:
        listener.note(ending)


def tell_deprecated(starts: Iterable[WebStart], listener: Listener) -> None:
    """Note settings of Lambda Web Adapter whose names it gives up."""
    for name in dict.fromkeys(name for start in starts for name in start.deprecated):
        listener.note(
            f"Lambda Web Adapter 2.0 no longer reads {name}: its settings are named AWS_LWA_"
            "READINESS_CHECK_PATH, _PORT, _PROTOCOL and _HEALTHY_STATUS."
        )


def tell_not_deployed(warnings: Iterable[ProfileWarning], listener: Listener) -> None:
    """Note imports that only the measuring environment satisfies, and a runtime that ends."""
    for warning in warnings:
        if warning.code in ALWAYS_TOLD:
            listener.note(warning.message)
