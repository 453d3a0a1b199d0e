"""A record of an account's daily figures: one SQLite file, added to by each survey."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from importcost.errors import UsageError
from importcost.model.codec import from_plain
from importcost.model.results.account import AccountRow, AccountSurvey
from importcost.model.results.trend import AccountDay, Deployment, FunctionTrend, Trend

RECORD_ID = 0x696D7063
"""SQLite's application_id of a record (`impc`): no other database is ever written to."""
RECORD_VERSION = 1
PATIENCE_S = 30
_CODE_SIGNS = 12
_TABLES = """
CREATE TABLE days (
  account TEXT, region TEXT, function TEXT, day TEXT, cold_starts INTEGER, p50_ms REAL,
  p90_ms REAL, p99_ms REAL, longest_ms REAL, billed_init_s REAL, dollars REAL, failed INTEGER,
  is_whole INTEGER, PRIMARY KEY (account, region, function, day)
) WITHOUT ROWID;
CREATE TABLE deployments (
  account TEXT, region TEXT, function TEXT, code TEXT, day TEXT,
  PRIMARY KEY (account, region, function, code)
) WITHOUT ROWID;
"""
_FIELDS = (
    "day", "cold_starts", "p50_ms", "p90_ms", "p99_ms", "longest_ms", "billed_init_s", "dollars",
    "failed", "is_whole",
)  # fmt: skip


def record_survey(path: Path, survey: AccountSurvey) -> int:
    """Add a survey's days to a record, which is made if it is not there; return how many.

    A day that was read whole stays; of two parts of a day the one with more cold starts stays. All
    of the survey is added, or nothing. Raises UsageError for a file that is not a record.
    """
    with _opened(path, create=True) as database:
        count = 0
        for row in survey.rows:
            account = survey.account or ""
            count += _add_days(database, account, row)
            _add_deployment(database, account, row)
        return count


def read_trend(path: Path, pattern: str | None = None) -> Trend:
    """Return what a record holds, of functions whose names fit `pattern`.

    Raises UsageError for a file that is not a record.
    """
    days: dict[tuple[str, str, str], list[AccountDay]] = defaultdict(list)
    changes: dict[tuple[str, str, str], list[Deployment]] = defaultdict(list)
    with _opened(path, create=False) as database:
        order = "ORDER BY account, region, function, day"
        columns = ", ".join(_FIELDS)
        for account, region, name, *values in database.execute(
            f"SELECT account, region, function, {columns} FROM days {order}"  # noqa: S608
        ):
            figures = {**dict(zip(_FIELDS, values, strict=True)), "is_whole": bool(values[-1])}
            own_day = from_plain(AccountDay, figures, str(path))
            days[(str(account), str(region), str(name))].append(own_day)
        for account, region, name, day, code in database.execute(
            f"SELECT account, region, function, day, code FROM deployments {order}"  # noqa: S608
        ):
            key = (str(account), str(region), str(name))
            changes[key].append(Deployment(str(day), str(code)))
    found = [
        FunctionTrend(*key, tuple(own), tuple(changes.get(key, ())))
        for key, own in days.items()
        if pattern is None or fnmatchcase(key[2], pattern)
    ]
    return Trend(tuple(sorted(found, key=lambda one: (-one.dollars, one.name, one.region))))


def _add_days(database: sqlite3.Connection, account: str, row: AccountRow) -> int:
    one = row.function
    count = 0
    for day in row.daily:
        known = database.execute(
            "SELECT cold_starts, is_whole FROM days"
            " WHERE account = ? AND region = ? AND function = ? AND day = ?",
            (account, one.region, one.name, day.day),
        ).fetchone()
        if known and (known[1] or (not day.is_whole and known[0] >= day.cold_starts)):
            continue
        values = [getattr(day, name) for name in _FIELDS]
        marks = ", ".join("?" * (3 + len(values)))
        database.execute(
            f"INSERT OR REPLACE INTO days (account, region, function, {', '.join(_FIELDS)})"  # noqa: S608
            f" VALUES ({marks})",
            (account, one.region, one.name, *values),
        )
        count += 1
    return count


def _add_deployment(database: sqlite3.Connection, account: str, row: AccountRow) -> None:
    one = row.function
    if one.code_sha256 and one.modified:
        database.execute(
            "INSERT OR IGNORE INTO deployments VALUES (?, ?, ?, ?, ?)",
            (account, one.region, one.name, one.code_sha256[:_CODE_SIGNS], one.modified[:10]),
        )


@contextmanager
def _opened(path: Path, *, create: bool) -> Iterator[sqlite3.Connection]:
    """Open a record in one transaction, which an error or a killed process undoes."""
    if not create and not path.is_file():
        raise UsageError(
            f"There is no record {path}: make one with importcost account --record {path}."
        )
    try:
        with contextlib.closing(
            sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
        ) as database:
            database.execute("BEGIN IMMEDIATE" if create else "BEGIN")
            _check(database, path, create=create)
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise UsageError(
            f"The record {path} cannot be used ({error}): name another file, or one that"
            " importcost account --record wrote."
        ) from error


def _check(database: sqlite3.Connection, path: Path, *, create: bool) -> None:
    (own,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if create and not tables and not own:
        for statement in filter(str.strip, _TABLES.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {RECORD_ID}")
        database.execute(f"PRAGMA user_version = {RECORD_VERSION}")
        return
    if own != RECORD_ID:
        raise UsageError(
            f"{path} is a database, but not a record of importcost: nothing was written to it;"
            " name another file."
        )
    if version != RECORD_VERSION:
        raise UsageError(f"{path} was recorded by another importcost: begin a new file.")
