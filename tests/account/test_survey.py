"""`importcost account` against an account on loopback, over HTTP and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from importcost.account.functions import configured_function
from importcost.account.log_queries import QUERY, ROWS_PER_QUERY
from importcost.account.policy import reading_policy
from importcost.app.account.window import since_of
from importcost.errors import UsageError
from tests.account.aws import REGION, loopback_account, report_line
from tests.harness import PATIENCE_S

START = (
    "INIT_START Runtime Version: python:3.12.v30\tRuntime Version ARN: arn:aws:lambda:x::runtime:a"
)


@pytest.fixture(scope="module")
def account():
    with loopback_account() as made:
        for number in range(3):
            name = f"orders-{number}"
            made.function(name, MemorySize=512 * (number + 1))
            made.invocations(name, 200)
            lines = [START]
            for request in range(20):
                init = 300 + 100 * number + request if request % 4 == 0 else None
                lines.append(report_line(f"{number}-{request}", 12.5, init))
            made.logs(f"/aws/lambda/{name}", lines)
        made.function("quiet")
        made.function("node", Runtime="nodejs20.x", Handler="index.handler")
        made.function("unlogged")
        made.invocations("unlogged", 5)
        yield made


def run(account, *words, cache, **environment):
    env = {
        key: value for key, value in os.environ.items() if not key.startswith("AWS_")
    } | account.environment
    env |= {"IMPORTCOST_CACHE_DIR": str(cache), "HOME": str(cache), **environment}
    return subprocess.run(
        [sys.executable, "-m", "importcost", "account", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def survey(account, *words, cache, **environment):
    done = run(account, "-o", "-", "-q", *words, cache=cache, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.unhurried
def test_functions_come_with_their_inits_and_the_bill_the_dearest_first(account, tmp_path):
    found = survey(account, cache=tmp_path)
    names = [row["function"]["name"] for row in found["rows"]]
    assert names[:3] == ["orders-2", "orders-1", "orders-0"]
    assert set(names[3:]) == {"quiet", "unlogged"}
    row = found["rows"][0]
    assert row["cold_starts"] == 5
    assert row["invocations"] == 200
    assert row["cold_share"] == 0.025
    assert row["init_ms"] == {"p50": 508.0, "p90": 516.0, "p99": 516.0, "longest": 516.0}
    # 2.54 s at the logged 512 MB, two weeks of a month's 30 days, tier 1 of eu-west-1.
    assert row["init_dollars_a_month"] == pytest.approx(2.54 * 0.5 * 1.66667e-5 * 30 / 14, rel=1e-3)
    assert found["account"] == "123456789012"


@pytest.mark.unhurried
def test_what_has_no_log_is_told_and_costs_no_other_function(account, tmp_path):
    done = run(account, cache=tmp_path)
    assert done.returncode == 0
    assert "unlogged: It has no log group" in done.stdout
    assert "1 function had no cold start" in done.stdout
    assert "node" not in done.stdout


@pytest.mark.unhurried
def test_names_choose_and_files_are_written(account, tmp_path):
    out = tmp_path / "account.csv"
    done = run(account, "--name", "orders-[12]", "-o", str(out), cache=tmp_path)
    assert done.returncode == 0, done.stderr
    header, *rows = out.read_text().splitlines()
    assert header.startswith("function,region,arn")
    assert [row.partition(",")[0] for row in rows] == ["orders-2", "orders-1"]


@pytest.mark.unhurried
def test_a_finished_survey_leaves_nothing_and_asks_little(account, tmp_path):
    calls = survey(account, "--name", "orders-*", cache=tmp_path)["calls"]
    assert calls == {
        "cloudwatch:GetMetricData": 2,
        "lambda:ListFunctions": 1,
        "logs:GetQueryResults": 1,
        "logs:StartQuery": 1,
    }
    assert not list(tmp_path.rglob("*.jsonl"))


@pytest.mark.unhurried
def test_logs_past_the_limit_are_not_scanned(account, tmp_path):
    account.client("cloudwatch").put_metric_data(
        Namespace="AWS/Logs",
        MetricData=[
            {
                "MetricName": "IncomingBytes",
                "Dimensions": [{"Name": "LogGroupName", "Value": "/aws/lambda/orders-1"}],
                "Timestamp": time.time() - 3_600,
                "Value": 5e9,
            }
        ],
    )
    words = ("--name", "orders-*", "--since", "3h")
    found = survey(account, *words, "--max-scan-gb", "1", cache=tmp_path)
    by_name = {row["function"]["name"]: row for row in found["rows"]}
    assert by_name["orders-0"]["cold_starts"] == 5
    assert "was not read: --max-scan-gb allows 1 GB" in by_name["orders-1"]["problems"][0]
    assert by_name["orders-1"]["cold_share"] is None
    assert survey(account, *words, cache=tmp_path)["scanned"]["gigabytes"] == pytest.approx(5)


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("words", "environment", "code", "said"),
    [
        (("--since", "soon"), {}, 2, "soon is not a time"),
        (("--since", "2099-01-01"), {}, 2, "is not in the past"),
        (("--tag", "team"), {}, 2, "Write it as KEY=VALUE"),
        (("--profile", "none"), {}, 2, "There is no AWS profile none"),
        ((), {"AWS_DEFAULT_REGION": ""}, 2, "No region is known"),
        (("-o", "account.xlsx"), {}, 2, "none of a survey's"),
        (
            (),
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            3,
            "There are no AWS credentials",
        ),
    ],
)
def test_mistakes_end_with_one_sentence(account, tmp_path, words, environment, code, said):
    done = run(account, *words, cache=tmp_path, **environment)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.unhurried
def test_an_endpoint_that_is_not_there_is_named_without_a_traceback(account, tmp_path):
    # The one try of a request: the pauses between several are botocore's.
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    done = run(account, cache=tmp_path, **nowhere)
    assert done.returncode == 3
    assert f"lambda in {REGION} did not answer ListFunctions" in done.stderr


def test_the_policy_reads_only(account, tmp_path):
    done = run(account, "--policy", cache=tmp_path)
    assert done.stdout == reading_policy()
    for action in json.loads(done.stdout)["Statement"][0]["Action"]:
        _, _, name = action.partition(":")
        assert name.startswith(("Get", "List", "Filter", "StartQuery"))


def test_values_of_variables_are_not_kept():
    found = configured_function(
        {"FunctionName": "a", "Environment": {"Variables": {"TOKEN": "canary-value"}}}, REGION
    )
    assert found.variable_names == ("TOKEN",)
    assert "canary-value" not in repr(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("14d", 14 * 86_400),
        ("90m", 5_400),
        ("2w", 14 * 86_400),
        ("1970-01-12", 1_000_000 - 950_400),
    ],
)
def test_spans_and_dates(text, seconds):
    assert 1_000_000 - since_of(text, 1_000_000) == seconds


def test_a_time_too_long_ago_is_refused():
    with pytest.raises(UsageError, match="455 days"):
        since_of("2020-01-01", 1_790_000_000)


@pytest.mark.unhurried
def test_the_query_asks_for_as_many_rows_as_there_can_be():
    assert QUERY.endswith(f"limit {ROWS_PER_QUERY}")
