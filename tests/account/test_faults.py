"""A survey of an account in which things go wrong: what is told, and what is counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.account.aws import REGION, loopback_account, report_line
from tests.account.front import always, every_other, from_the
from tests.harness import PATIENCE_S

OTHER = "us-east-1"
COUNT = 105
"""Functions: three pages of Lambda's list, and three groups of log groups."""


@pytest.fixture(scope="module")
def account():
    with loopback_account() as made:
        for number in range(COUNT):
            name = f"f{number:03}"
            made.function(name)
            made.invocations(name, 4)
            inits = (200 + number, None, None, None)
            lines = [report_line(f"{name}-{n}", 10, init) for n, init in enumerate(inits)]
            made.logs(f"/aws/lambda/{name}", lines)
        made.function("far", region=OTHER)
        made.invocations("far", 1, region=OTHER)
        made.logs("/aws/lambda/far", [report_line("far-1", 10, 900)], region=OTHER)
        yield made


@pytest.fixture(autouse=True)
def no_faults(account):
    account.front.faults.clear()
    account.front.seen.clear()
    yield
    account.front.faults.clear()


def survey(account, *words, cache):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env |= account.environment | {"IMPORTCOST_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "importcost", "account", "-q", "-o", "-", *words],
        env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stdout + done.stderr
    return done, json.loads(done.stdout) if done.stdout else None


def cold(found):
    return sum(row["cold_starts"] for row in found["rows"])


@pytest.mark.unhurried
def test_every_page_is_read_and_asked_for_once(account, tmp_path):
    done, found = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert (len(found["rows"]), cold(found)) == (COUNT, COUNT)
    assert found["calls"]["lambda:ListFunctions"] == 3
    assert found["calls"]["logs:StartQuery"] == 3
    assert found["calls"]["logs:GetQueryResults"] == 3


@pytest.mark.unhurried
def test_regions_are_read_side_by_side(account, tmp_path):
    _, found = survey(account, "--region", REGION, "--region", OTHER, cache=tmp_path)
    assert {row["function"]["region"] for row in found["rows"]} == {REGION, OTHER}
    assert cold(found) == COUNT + 1


@pytest.mark.unhurried
def test_throttled_requests_are_tried_again(account, tmp_path):
    for name in ("ListFunctions", "StartQuery", "GetQueryResults", "GetMetricData"):
        account.front.faults[name] = every_other(429, "ThrottlingException")
    done, found = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert (cold(found), found["problems"]) == (COUNT, [])


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("denied", "counted", "said"),
    [
        (("GetMetricData",), COUNT, "cloudwatch:GetMetricData"),
        (("StartQuery",), COUNT, None),
        (("GetQueryResults",), COUNT, None),
        (("StartQuery", "FilterLogEvents"), 0, "logs:StartQuery"),
    ],
)
def test_a_permission_that_lacks_costs_only_what_it_is_for(
    account, tmp_path, denied, counted, said
):
    for name in denied:
        account.front.faults[name] = always(400, "AccessDeniedException")
    done, found = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert (len(found["rows"]), cold(found)) == (COUNT, counted)
    told = json.dumps([found["problems"], [row["problems"] for row in found["rows"]]])
    assert (said in told) if said else ("may not do" not in told)


def test_a_list_that_is_denied_is_the_end(account, tmp_path):
    account.front.faults["ListFunctions"] = always(403, "AccessDeniedException")
    done, found = survey(account, cache=tmp_path)
    assert (done.returncode, found) == (3, None)
    assert "may not do lambda:ListFunctions in eu-west-1" in done.stderr
    assert "importcost account --policy" in done.stderr


@pytest.mark.unhurried
def test_one_region_that_is_denied_leaves_the_others(account, tmp_path):
    # The first list is of one of the two regions, whichever it is.
    account.front.faults["ListFunctions"] = lambda count: (
        (403, "AccessDeniedException") if count == 1 else None
    )
    done, found = survey(account, "--region", REGION, "--region", OTHER, cache=tmp_path)
    assert done.returncode == 0
    assert len(found["problems"]) == 1
    assert "lambda:ListFunctions" in found["problems"][0]
    assert cold(found) in (1, COUNT)


@pytest.mark.unhurried
def test_credentials_that_expire_on_the_way_lose_nothing(account, tmp_path):
    account.front.faults["StartQuery"] = from_the(2, 403, "ExpiredTokenException")
    _, first = survey(account, cache=tmp_path)
    assert "have expired" in json.dumps(first["problems"])
    account.front.faults.clear()
    account.front.seen.clear()
    done, second = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert cold(second) == COUNT
    assert second["calls"]["logs:StartQuery"] < 3
    assert (second["since_s"], second["until_s"]) == (first["since_s"], first["until_s"])


@pytest.mark.unhurried
def test_log_groups_that_insights_does_not_take_are_read_by_pages(account, tmp_path):
    # AWS's answer to one group of a class without Insights; it holds for each query it is in.
    account.front.faults["StartQuery"] = lambda count: (
        (400, "InvalidParameterException") if count % 3 else None
    )
    done, found = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert cold(found) == COUNT


@pytest.mark.unhurried
def test_a_network_that_fails_half_the_time_is_tried_again(account, tmp_path):
    account.front.faults["GetQueryResults"] = every_other(500, "InternalFailure")
    done, found = survey(account, cache=tmp_path)
    assert done.returncode == 0
    assert cold(found) == COUNT
