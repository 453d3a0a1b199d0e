"""Name a handler's undeployed imports, for commands that print no profile."""

from __future__ import annotations

from collections.abc import Iterable

from importcost.app.profile.request import Listener
from importcost.model.profile import ProfileWarning, WarningCode


def tell_not_deployed(warnings: Iterable[ProfileWarning], listener: Listener) -> None:
    """Note each import that the deployed package cannot satisfy, but the environment could."""
    for warning in warnings:
        if warning.code is WarningCode.NOT_DEPLOYED:
            listener.note(warning.message)
