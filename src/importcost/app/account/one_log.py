"""The log of one deployed function."""

from __future__ import annotations

from importcost.account.door import AccountDoor
from importcost.account.log_pages import lines_by_page
from importcost.account.log_queries import Window, lines_by_query
from importcost.account.troubles import AccountError, NoCredentialsGivenError
from importcost.app.account.logged import logs_of_group
from importcost.model.results.account import AccountFunction, FunctionLog


def log_of_function(door: AccountDoor, function: AccountFunction, window: Window) -> FunctionLog:
    """Return the inits in the window, by Insights, else page by page.

    Raises AccountError if neither is possible.
    """
    group, name, region = function.log_group, function.name, function.region
    try:
        read = lines_by_query(door, region, [group], window)
    except NoCredentialsGivenError:
        raise
    except AccountError:
        return _by_page(door, function, window)
    if group in read.problems:
        return FunctionLog(problem=read.problems[group])
    if group in read.unfit:
        return _by_page(door, function, window)
    return logs_of_group(group, read.items[group], [name])[name]


def _by_page(door: AccountDoor, function: AccountFunction, window: Window) -> FunctionLog:
    group, name = function.log_group, function.name
    items, is_whole = lines_by_page(door, function.region, group, window)
    if not is_whole:
        return FunctionLog(problem="Its log is too long to be read by pages.")
    return logs_of_group(group, items, [name])[name]
