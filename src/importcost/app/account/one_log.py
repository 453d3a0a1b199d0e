"""The log of one deployed function."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from importcost.account.door import AccountDoor
from importcost.account.functions import configured_function
from importcost.account.log_pages import lines_by_page
from importcost.account.log_queries import NO_GROUP, Window, lines_by_query
from importcost.account.troubles import AccountError, GoneError, NoCredentialsGivenError
from importcost.app.account.figures import changed_s
from importcost.app.account.logged import logs_of_group
from importcost.app.account.target import deployed_name, region_of
from importcost.app.account.window import window_of
from importcost.errors import MeasurementError, remedy
from importcost.model.results.account import AccountFunction, FunctionLog

Items = Sequence[Mapping[str, Any]]


def log_of_function(door: AccountDoor, function: AccountFunction, window: Window) -> FunctionLog:
    """Return the inits in the window, or the reason why there are none.

    Raises AccountError if the log could not be asked for.
    """
    items = lines_of_function(door, function, window)
    if isinstance(items, str):
        return FunctionLog(problem=items)
    return logs_of_group(function.log_group, items, [function.name])[function.name]


def lines_of_function(door: AccountDoor, function: AccountFunction, window: Window) -> Items | str:
    """Return the lines about inits in the window, by Insights, else page by page; or why not.

    Raises AccountError if neither is possible.
    """
    group = function.log_group
    try:
        read = lines_by_query(door, function.region, [group], window)
    except NoCredentialsGivenError:
        raise
    except AccountError:
        return items_by_page(door, function.region, group, window)
    if group in read.problems:
        return read.problems[group]
    if group in read.unfit:
        return items_by_page(door, function.region, group, window)
    return read.items[group]


def described(door: AccountDoor, text: str) -> AccountFunction:
    """Return the deployed function that `aws:NAME` names. Raises UsageError and AccountError."""
    wanted = deployed_name(text)
    region = region_of(wanted, door)
    version = {"Qualifier": wanted.qualifier} if wanted.qualifier else {}
    answer = door.ask(
        "lambda",
        "GetFunctionConfiguration",
        region,
        f"The function {wanted.name}",
        FunctionName=wanted.name,
        **version,
    )
    return configured_function(answer, region)


def log_text(text: str, since: str, door: AccountDoor | None = None) -> str:
    """Return the log of the function that `aws:NAME` names, as one JSON document.

    Raises UsageError for an impossible `since`, MeasurementError for a function without a log, and
    AccountError.
    """
    window = window_of(since, math.ceil(time.time()))
    door = door or AccountDoor()
    function = described(door, text)
    # An older log is of other code than what is measured beside it.
    window = window._replace(since_s=max(window.since_s, int(changed_s(function))))
    items = lines_of_function(door, function, window)
    if not isinstance(items, str):
        items = _of_version(items, function.version)
    if isinstance(items, str):
        raise MeasurementError(
            f"The log of {function.name} has nothing to read: {items.rstrip('.')}",
            remedy("export one with the AWS command line and name it with --logs", mark=";"),
        )
    return json.dumps({"logGroupName": function.log_group, "events": list(items)})


def _of_version(items: Items, version: str) -> Items:
    """Return the lines of one published version; a stream names it. All of them for $LATEST."""
    if not version.isdecimal():
        return items
    own = f"[{version}]"
    return [
        one for one in items if own in str(one.get("@logStream") or one.get("logStreamName") or own)
    ]


def items_by_page(door: AccountDoor, region: str, group: str, window: Window) -> Items | str:
    """Return a log group's lines about inits, page by page, or why not. Raises AccountError."""
    try:
        items, is_whole = lines_by_page(door, region, group, window)
    except GoneError:
        return NO_GROUP
    return items if is_whole else "Its log is too long to be read by pages."
