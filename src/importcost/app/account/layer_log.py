"""The newest cold start that the layer wrote to a deployed function's log."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importcost.account.door import AccountDoor
from importcost.account.log_pages import lines_by_page
from importcost.account.log_queries import NO_GROUP, Window
from importcost.account.troubles import GoneError
from importcost.app.account.one_log import described
from importcost.errors import MeasurementError, remedy, words
from importcost.model.cloudwatch.layer_record import LAYER_MARK
from importcost.parameters import Parameter

SPANS_S = (900, 3_600, 6 * 3_600, 86_400, 3 * 86_400, 14 * 86_400)
"""Looks back, in seconds: further only where the later time has no line."""
MOST_LINES = 200
"""Of one look, the newest ones."""
PATTERN = f'"{LAYER_MARK.strip(": ")}"'


@dataclass(frozen=True, slots=True)
class LayerLog:
    """The layer's lines as an export of the log, and the fields of a request that are known."""

    data: bytes
    settings: Mapping[str, Any]


def newest_layer_log(
    target: str, stream: str | None = None, *, door: AccountDoor | None = None
) -> LayerLog:
    """Return the layer's newest lines in the log of the function that `aws:NAME` names.

    `stream` is a part of the name of the only log stream that counts. Raises UsageError,
    AccountError, and MeasurementError if no line was logged in 14 days.
    """
    door = door or AccountDoor()
    function = described(door, target)
    until = int(time.time()) + 1
    for span in SPANS_S:
        window = Window(until - span, until)
        try:
            items, _ = lines_by_page(door, function.region, function.log_group, window, PATTERN)
        except GoneError:
            raise MeasurementError(
                f"{function.name} has no log to read a cold start from: {NO_GROUP.rstrip('.')}",
                remedy("let it write one", mark=";"),
            ) from None
        kept = [one for one in items if stream is None or stream in one.get("logStreamName", "")]
        if kept:
            log = {"logGroupName": function.log_group, "events": kept[-MOST_LINES:]}
            settings = {
                "region": function.region,
                "package_type": function.package_type,
                "memory_mb": function.memory_mb,
                "arch": function.arch,
            }
            known = {name: value for name, value in settings.items() if value}
            return LayerLog(json.dumps(log).encode(), known)
    raise MeasurementError(
        f"The layer wrote no cold start to the log of {function.name} in 14 days",
        remedy(
            "add the layer of `importcost layer` to it and start it cold once",
            words("leave out ", Parameter.LOG_STREAM) if stream else "name the file of an export",
        ),
    )
