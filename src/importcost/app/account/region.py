"""One region of a survey: its functions, then their traffic, then their logs."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from importcost.account.door import AccountDoor
from importcost.account.functions import python_functions
from importcost.account.log_queries import (
    DOLLARS_PER_GB,
    GROUPS_PER_QUERY,
    Window,
    lines_by_query,
)
from importcost.account.metrics import (
    MetricName,
    invocations_metric,
    logged_bytes_metric,
    metric_sums,
)
from importcost.account.troubles import (
    AccountError,
    NoCredentialsGivenError,
    ThrottledError,
)
from importcost.app.account.daily import days_of
from importcost.app.account.figures import changed_s, on_demand_ms, row_of
from importcost.app.account.logged import logs_of_group
from importcost.app.account.one_log import Items, items_by_page
from importcost.app.account.progress_file import ProgressFile
from importcost.billing.figures.prices import Prices, load_prices
from importcost.errors import UsageError
from importcost.model.results.account import AccountFunction, AccountRow, FunctionLog

QUERIES_AT_ONCE = 8
_GB = 1e9
SYSTEM_LOGS = "Its system log level leaves inits out: they are logged with SystemLogLevel INFO."


class RegionAsked(NamedTuple):
    """The questions to a region: the window, the functions, and the gigabytes to scan at most."""

    window: Window
    pattern: str | None
    tags: Mapping[str, str]
    max_scan_gb: float
    by_day: bool = False
    keeps_inits: bool = False


class AccountListener(Protocol):
    """Receives the progress of a survey."""

    def note(self, message: str) -> None:
        """Receive one sentence."""

    def queries_done(self, region: str, done: int, total: int) -> None:
        """Receive how many of a region's groups of functions are read."""


@dataclass
class RegionFigures:
    """The figures of one region, and what went wrong in it."""

    rows: list[AccountRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    gigabytes: float | None = 0.0
    error: AccountError | None = None
    is_listed: bool = False
    is_whole: bool = True


class RegionReader:
    """Reads one region: functions, traffic, logs, in this order."""

    def __init__(
        self,
        door: AccountDoor,
        region: str,
        asked: RegionAsked,
        progress: ProgressFile,
        listener: AccountListener,
    ) -> None:
        self._door, self._region, self._asked = door, region, asked
        self._progress, self._listener = progress, listener
        self._lock = threading.Lock()
        self._by_pages = False
        self._found = RegionFigures()

    def read(self) -> RegionFigures:
        """Return what could be read; errors end up in it."""
        found = self._found
        try:
            functions = list(
                python_functions(self._door, self._region, self._asked.pattern, self._asked.tags)
            )
            found.is_listed = True
            invocations = self._sums(
                [invocations_metric(one.name) for one in functions], "invocations"
            )
            traffic = {one.name: invocations.get(one.name) for one in functions}
            logs = self._logs(functions, traffic)
            found.rows = self._rows(functions, traffic, logs)
        except AccountError as error:
            found.error = error
            # What is denied stays so: only this is worth going on with.
            passes = isinstance(error, NoCredentialsGivenError | ThrottledError)
            found.is_whole = not (passes or getattr(error, "code", "") == "Connection")
            found.problems.append(f"{self._region}: {error}")
        return found

    def _rows(
        self,
        functions: Sequence[AccountFunction],
        traffic: Mapping[str, float | None],
        logs: Mapping[str, FunctionLog],
    ) -> list[AccountRow]:
        days = (self._asked.window.until_s - self._asked.window.since_s) / 86_400
        prices = self._prices()
        empty = FunctionLog()
        rows = []
        for one in functions:
            log = logs.get(one.arn, empty)
            row = row_of(one, log, traffic.get(one.name), days, prices)
            if self._asked.by_day:
                row = replace(row, daily=days_of(one, log, self._asked.window, prices))
            if self._asked.keeps_inits:
                row = replace(row, inits_ms=on_demand_ms(log, changed_s(one)))
            rows.append(row)
        return rows

    def _prices(self) -> Prices | None:
        try:
            return load_prices(region=self._region)
        except UsageError as error:
            self._found.problems.append(str(error))
            return None

    def _sums(self, wanted: Sequence[MetricName], what: str) -> dict[str, float]:
        """Return sums by function or group; empty, with the reason told, if none could be had."""
        try:
            sums = metric_sums(self._door, self._region, wanted, *self._asked.window)
        except NoCredentialsGivenError:
            raise
        except AccountError as error:
            self._found.problems.append(f"The {what} in {self._region} are not known: {error}")
            return {}
        return {name.value: total for name, total in sums.items()}

    def _logs(
        self, functions: Sequence[AccountFunction], traffic: Mapping[str, float | None]
    ) -> dict[str, FunctionLog]:
        """Return logs by ARN, of those that ran in the window."""
        logs: dict[str, FunctionLog] = {}
        groups: dict[str, list[AccountFunction]] = defaultdict(list)
        for one in functions:
            kept = self._progress.known(one.arn)
            if kept is not None:
                logs[one.arn] = kept
            elif not one.logs_inits:
                logs[one.arn] = FunctionLog(problem=SYSTEM_LOGS)
            elif traffic.get(one.name) != 0:
                groups[one.log_group].append(one)
        allowed = self._within_limit(groups, logs)
        parts = [
            allowed[at : at + GROUPS_PER_QUERY] for at in range(0, len(allowed), GROUPS_PER_QUERY)
        ]
        with ThreadPoolExecutor(QUERIES_AT_ONCE) as pool:
            try:
                for done, read in enumerate(
                    pool.map(lambda part: self._part(part, groups), parts), 1
                ):
                    logs.update(read)
                    self._listener.queries_done(self._region, done, len(parts))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return logs

    def _within_limit(
        self, groups: Mapping[str, Sequence[AccountFunction]], logs: dict[str, FunctionLog]
    ) -> list[str]:
        """Return the groups that may be scanned, the small ones first, and note the others."""
        sizes = self._sums([logged_bytes_metric(name) for name in groups], "bytes of logs")
        if not sizes:
            # By pages, which AWS does not bill: what a query would scan is not known.
            self._found.gigabytes = 0.0
            self._by_pages = True
            return list(groups)
        left = self._asked.max_scan_gb * _GB
        allowed: list[str] = []
        read = 0.0
        for name in sorted(groups, key=lambda group: sizes.get(group, 0.0)):
            size = sizes.get(name, 0.0)
            if read + size <= left:
                read += size
                allowed.append(name)
                continue
            problem = (
                f"Its log of {size / _GB:,.1f} GB was not read: --max-scan-gb allows"
                f" {self._asked.max_scan_gb:g} GB in {self._region}; raise it, or choose fewer"
                " functions with --name."
            )
            logs.update({one.arn: FunctionLog(problem=problem) for one in groups[name]})
        self._found.gigabytes = gigabytes = read / _GB
        if allowed:
            self._listener.note(
                f"{self._region}: the queries of {len(allowed):,} log groups scan about"
                f" {gigabytes:,.2f} GB; AWS bills about ${gigabytes * DOLLARS_PER_GB:.2f} for that."
            )
        return allowed

    def _part(
        self, names: Sequence[str], groups: Mapping[str, Sequence[AccountFunction]]
    ) -> dict[str, FunctionLog]:
        """Return the logs of the functions of some groups, and keep them."""
        logs: dict[str, FunctionLog] = {}
        for name, read in self._read_groups(names):
            if isinstance(read, str):
                logs.update({one.arn: FunctionLog(problem=read) for one in groups[name]})
                continue
            by_name = logs_of_group(name, read, [one.name for one in groups[name]])
            logs.update({one.arn: by_name[one.name] for one in groups[name]})
        with self._lock:
            self._progress.keep({arn: log for arn, log in logs.items() if log.problem is None})
        return logs

    def _read_groups(self, names: Sequence[str]) -> Iterator[tuple[str, Items | str]]:
        """Yield each group's items, or the reason why it has none."""
        if self._by_pages:
            yield from self._by_page(names, None)
            return
        try:
            read = lines_by_query(self._door, self._region, names, self._asked.window)
        except NoCredentialsGivenError:
            raise
        except AccountError as error:
            # By pages needs another permission, and no slot among the queries that run at once.
            yield from self._by_page(names, error)
            return
        yield from read.items.items()
        yield from read.problems.items()
        yield from self._by_page(read.unfit, None)

    def _by_page(
        self, names: Sequence[str], instead_of: AccountError | None
    ) -> Iterator[tuple[str, Items | str]]:
        for name in names:
            yield name, self._page_of(name, instead_of)

    def _page_of(self, name: str, instead_of: AccountError | None) -> Items | str:
        """Return a group's items, or the reason why it has none."""
        try:
            return items_by_page(self._door, self._region, name, self._asked.window)
        except NoCredentialsGivenError:
            raise
        except AccountError as error:
            if isinstance(error, ThrottledError):
                self._found.is_whole = False
            return str(instead_of or error)
