"""`importcost verify`: before and after a deployment, by the logs of an account on loopback."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

from importcost.app.account.deployment import came
from importcost.model.interval import Interval
from importcost.model.results.deployment import Came
from tests.account.aws import loopback_account, report_line, zipped
from tests.account.front import always
from tests.harness import PATIENCE_S

CHANGE = datetime.now(timezone.utc) - timedelta(hours=10)
OLD, NEW = (f"2026/11/29/[{version}]0123456789abcdef0123456789abcdef" for version in ("1", "2"))


def inits(name, middle, count, seed):
    chance = random.Random(seed)
    return [report_line(f"{name}-{n}", 20, middle + chance.gauss(0, 15)) for n in range(count)]


@pytest.fixture(scope="module")
def account():
    with loopback_account() as made:
        for name, before, after, count in (
            ("faster", 500, 350, 30),
            ("same", 500, 500, 30),
            ("few", 500, 350, 3),
        ):
            made.function(name)
            group = f"/aws/lambda/{name}"
            made.logs(group, inits(f"{name}-a", before, 30, 1), stream=OLD, ago_s=20 * 3_600)
            made.logs(group, inits(f"{name}-b", after, count, 2), stream=NEW, ago_s=3_600)
        client = made.client("lambda")
        assert client.publish_version(FunctionName="faster")["Version"] == "1"
        client.update_function_code(
            FunctionName="faster", ZipFile=zipped({"app.py": "def handler(e, c): return 1\n"})
        )
        assert client.publish_version(FunctionName="faster")["Version"] == "2"
        yield made


def verify(account, *words, cache):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env |= account.environment | {"IMPORTCOST_CACHE_DIR": str(cache)}
    return subprocess.run(
        [sys.executable, "-m", "importcost", "verify", *words],
        env=env,
        cwd=cache,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("name", "words", "code", "said"),
    [
        ("faster", (), 0, "Init of faster is shorter since"),
        ("faster", ("--expect", "140"), 0, "The saving of faster came true"),
        ("faster", ("--expect", "300"), 1, "The saving of faster came in part"),
        ("same", ("--expect", "140"), 1, "The saving of same did not come"),
        ("same", ("--expect", "4"), 3, "The saving of same is not decided"),
        ("few", (), 3, "few has 3 cold starts since the change, and 5 are the fewest"),
        ("faster", ("--since", "9"), 2, "has no version 9"),
        ("nobody", (), 3, "The function nobody does not exist"),
    ],
)
def test_the_verdict_is_the_exit_code(account, tmp_path, name, words, code, said):
    since = () if "--since" in words else ("--since", CHANGE.isoformat())
    done = verify(account, f"aws:{name}", *since, *words, cache=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.unhurried
def test_the_sides_are_told_by_published_version(account, tmp_path):
    done = verify(account, "aws:faster", "--since", "2", "--json", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["after"]["versions"] == ["2"]
    assert found["before"]["versions"] == ["1"]
    assert found["saved_ms"]["value"] == pytest.approx(150, abs=15)
    assert found["p"] < 0.001
    # Later versions are no part of what was before.
    first = verify(account, "aws:faster", "--since", "1", cache=tmp_path)
    assert first.returncode == 3
    assert "has 0 cold starts before the change" in first.stderr


@pytest.mark.unhurried
def test_without_insights_the_log_is_read_by_pages(account, tmp_path):
    account.front.faults["StartQuery"] = always(403, "AccessDeniedException")
    try:
        words = ("--since", CHANGE.isoformat(), "--json")
        done = verify(account, "aws:faster", *words, cache=tmp_path)
    finally:
        account.front.faults.clear()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["before"]["cold_starts"] == 30


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("handler.py",), "is not a deployed function"),
        (("aws:same", "--expect", "5", "--predicted", "a.json"), "leave one"),
        (("aws:same", "--predicted", "a.json"), "a.json cannot be read"),
        (("aws:same", "--since", "never"), "never is not a time"),
        (("aws:same:3",), "name the function alone"),
    ],
)
def test_mistakes(account, tmp_path, words, said):
    done = verify(account, *words, cache=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("saved", "predicted", "verdict"),
    [
        ((10, 20, 30), None, Came.TRUE),
        ((-5, 2, 9), None, Came.OPEN),
        ((-9, -5, -1), None, Came.NOT),
        ((10, 20, 30), (25, 40, 60), Came.TRUE),
        ((10, 20, 30), (31, 40, 60), Came.PARTLY),
        ((-5, 2, 9), (25, 40, 60), Came.NOT),
        ((-5, 12, 29), (25, 40, 60), Came.OPEN),
        ((50, 70, 90), (25, 40, 45), Came.TRUE),
    ],
)
def test_verdicts(saved, predicted, verdict):
    assert came(Interval(*saved), predicted and Interval(*predicted)) is verdict
