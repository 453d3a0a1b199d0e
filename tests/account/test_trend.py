"""A record of daily figures, the page that it makes, and what other tools read of it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import time

import pytest

from importcost.account.log_queries import Window
from importcost.app.account.daily import days_of
from importcost.app.account.record import read_trend, record_survey
from importcost.billing.figures.prices import load_prices
from importcost.errors import UsageError
from importcost.model.cloudwatch.logs import InitKind
from importcost.model.results.account import (
    AccountFunction,
    AccountRow,
    AccountSurvey,
    FunctionLog,
    LoggedFailure,
    LoggedInit,
    ScanEstimate,
)
from importcost.reports.account.trend_exports import (
    bencher_json,
    emf_lines,
    github_json,
    openmetrics_text,
    trend_csv,
)
from importcost.reports.account.trend_page import render_trend_page
from tests.account.aws import loopback_account, report_line
from tests.harness import PATIENCE_S

DAY_S = 86_400
START = 20_600 * DAY_S
"""Midnight of 2026-05-27, UTC."""


def function(name="orders", code="A" * 44, modified="2026-05-28T10:00:00.000+0000"):
    return AccountFunction(
        name=name, arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        region="eu-west-1", version="$LATEST", runtime="python3.12", package_type="zip",
        memory_mb=1_024, arch="x86_64", timeout_s=3, handler="app.handler", layers=(),
        variable_names=(), code_bytes=1, code_sha256=code, modified=modified,
        log_group=f"/aws/lambda/{name}",
    )  # fmt: skip


def survey(first, last, init_ms=500.0, own=None, since=None):
    """Return a survey with an init each hour of the days `first` to `last`, both included."""
    own = own or function()
    # A day is whole an hour after its end.
    until = START + (last + 1) * DAY_S + 3_600
    window = Window(START + first * DAY_S if since is None else since, until)
    inits = tuple(
        LoggedInit(init_ms + hour, InitKind.ON_DEMAND, 1_024, START + day * DAY_S + hour * 3_600)
        for day in range(first, last + 1)
        for hour in range(24)
        if START + day * DAY_S + hour * 3_600 >= window.since_s
    )
    log = FunctionLog(inits, failed=(LoggedFailure(100, "init", "error", START + first * DAY_S),))
    days = days_of(own, log, window, load_prices(region="eu-west-1"))
    row = AccountRow(
        function=own, invocations=None, cold_starts=len(inits), cold_share=None, kinds={},
        init_ms=None, restores=0, billed_init_s=0, init_dollars_a_month=None, waited_s=0, failed=0,
        retried=0, timeouts=0, daily=days,
    )  # fmt: skip
    return AccountSurvey(
        account="123456789012", regions=("eu-west-1",), since_s=window.since_s,
        until_s=window.until_s, rows=(row,), scanned=ScanEstimate(0.0, 0.0), calls={},
    )  # fmt: skip


def test_days_add_up_to_the_log():
    (row,) = survey(0, 2).rows
    assert [day.day for day in row.daily] == ["2026-05-27", "2026-05-28", "2026-05-29"]
    first = row.daily[0]
    assert (first.cold_starts, first.p50_ms, first.longest_ms) == (24, 511.0, 523.0)
    assert first.failed == 1
    seconds = sum(500 + hour for hour in range(24)) / 1_000 + 0.1
    assert first.billed_init_s == pytest.approx(seconds)
    assert first.dollars == pytest.approx(seconds * 1.66667e-5, rel=1e-3)


def test_a_whole_day_stays_and_a_part_of_it_does_not_replace_it(tmp_path):
    record = tmp_path / "a.sqlite"
    assert record_survey(record, survey(0, 2)) == 3
    later = survey(2, 3, init_ms=900, since=START + 2 * DAY_S + 50_000)
    assert record_survey(record, later) == 1
    assert record_survey(record, later) == 0
    (own,) = read_trend(record).functions
    assert [day.p50_ms for day in own.days] == [511, 511, 511, 911]


def test_a_part_of_a_day_is_replaced_by_the_whole(tmp_path):
    record = tmp_path / "a.sqlite"
    record_survey(record, survey(0, 0, since=START + 50_000))
    assert not read_trend(record).functions[0].days[0].is_whole
    record_survey(record, survey(0, 1))
    days = read_trend(record).functions[0].days
    assert [day.is_whole for day in days] == [True, True]
    assert days[0].cold_starts == 24


def test_each_code_is_one_deployment(tmp_path):
    record = tmp_path / "a.sqlite"
    for code, modified in (
        ("A" * 44, "2026-05-27"),
        ("A" * 44, "2026-05-29"),
        ("B" * 44, "2026-05-29"),
    ):
        record_survey(record, survey(0, 2, own=function(code=code, modified=modified)))
    found = read_trend(record).functions[0].deployments
    assert [(one.day, one.code) for one in found] == [
        ("2026-05-27", "A" * 12),
        ("2026-05-29", "B" * 12),
    ]


@pytest.mark.parametrize("make", ["text", "database", "newer", "missing"])
def test_another_file_is_never_written(tmp_path, make):
    record = tmp_path / "other.sqlite"
    if make == "text":
        record.write_text("notes, not a database " * 50)
    elif make != "missing":
        with sqlite3.connect(record) as database:
            database.execute("CREATE TABLE t (a)")
            if make == "newer":
                database.execute(f"PRAGMA application_id = {0x696D7063}")
                database.execute("PRAGMA user_version = 99")
        database.close()
    before = record.read_bytes() if record.exists() else None
    with pytest.raises(UsageError):
        read_trend(record)
    if make != "missing":
        with pytest.raises(UsageError):
            record_survey(record, survey(0, 0))
        assert record.read_bytes() == before


def test_figures_that_are_none_are_refused(tmp_path):
    record = tmp_path / "a.sqlite"
    record_survey(record, survey(0, 0))
    with sqlite3.connect(record) as database:
        database.execute("UPDATE days SET p50_ms = 'many'")
    database.close()
    with pytest.raises(UsageError, match="p50_ms"):
        read_trend(record)


@pytest.fixture
def trend(tmp_path):
    record = tmp_path / "a.sqlite"
    record_survey(record, survey(0, 4))
    record_survey(record, survey(2, 4, own=function('<i>"x"</i>')))
    return read_trend(record)


def test_the_page_shows_lines_and_deployments_and_escapes_names(trend):
    page = render_trend_page(trend)
    assert page.count('class="trend-chart"') == 2
    assert "deployed 2026-05-28 (AAAAAAAAAAAA)" in page
    assert "<i>" not in page
    assert "2026-05-29: p50 511 ms" in page
    assert "<script" not in page
    numbers = re.findall(r'c[xy]="(-?[\d.]+)"', page)
    assert numbers
    assert all(0 <= float(number) <= 720 for number in numbers)


def test_an_empty_record_has_a_page(tmp_path):
    record = tmp_path / "a.sqlite"
    record_survey(record, survey(0, -1))
    assert "No function of this record" in render_trend_page(read_trend(record))


def test_tables_and_json_hold_the_newest_day(trend):
    rows = list(csv.DictReader(io.StringIO(trend_csv(trend))))
    assert len(rows) == 8
    found = json.loads(bencher_json(trend))["orders (123456789012, eu-west-1)"]
    assert found["latency"]["value"] == 511e6
    github = json.loads(github_json(trend))
    assert {"name", "unit", "value", "range", "extra"} == set(github[0])
    for line in emf_lines(trend).splitlines():
        record = json.loads(line)
        (directive,) = record["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]:
            assert isinstance(record[metric["Name"]], int | float)
        assert all(name in record for name in directive["Dimensions"][0])


def test_openmetrics_text_keeps_to_its_grammar(trend):
    lines = openmetrics_text(trend).splitlines()
    assert lines[-1] == "# EOF"
    sample = re.compile(r'(\w+)\{((?:\w+="(?:[^"\\\n]|\\.)*",?)+)\} [\d.e+-]+ (\d+)')
    family, seen, last = "", set(), {}
    for line in lines[:-1]:
        if line.startswith("# TYPE "):
            family = line.split()[2]
            assert family not in seen
            seen.add(family)
            continue
        if line.startswith("#"):
            continue
        name, labels, moment = sample.fullmatch(line).groups()
        assert name == family
        key = (name, labels)
        assert int(moment) > last.get(key, 0)
        if key not in last:
            assert not any(other[0] == name and other[1] == labels for other in last)
        last[key] = int(moment)


@pytest.mark.unhurried
def test_an_account_is_recorded_and_shown(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "importcost", *words],
            env=env, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    with loopback_account() as account:
        env |= account.environment | {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache")}
        account.function("orders")
        lines = [report_line(f"r{n}", 40, 300 + n) for n in range(9)]
        for days in (1, 3):
            stream = f"2026/11/29/[$LATEST]{days:032x}"
            account.logs("/aws/lambda/orders", lines, ago_s=days * DAY_S, stream=stream)
            lines = [line.replace("r", "q", 1) for line in lines]
        account.invocations("orders", 90)
        done = run("account", "--record", "a.sqlite", "--since", "5d")
    assert done.returncode == 0, done.stderr
    assert "Recorded 2 days of functions in a.sqlite" in done.stderr
    done = run("trend", "a.sqlite")
    assert done.returncode == 0, done.stderr
    today = time.strftime("%Y", time.gmtime())
    assert today in (tmp_path / "importcost-trend.html").read_text()
    shown = run("trend", "a.sqlite", "--format", "openmetrics")
    assert shown.stdout.endswith("# EOF\n")
    assert run("trend", "none.sqlite").returncode == 2
