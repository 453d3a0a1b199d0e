"""`importcost profile --from-log aws:NAME`: the layer's newest line in an account."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.account.aws import loopback_account, report_line
from tests.account.front import always
from tests.harness import PATIENCE_S
from tests.layer.lines import line

OLDER, NEWER = (f"2026/11/{day}/[$LATEST]{digit * 32}" for day, digit in (("28", "a"), ("29", "b")))


@pytest.fixture(scope="module")
def account():
    with loopback_account() as made:
        for name in ("orders", "quiet", "silent"):
            made.function(name, MemorySize=2048, Architectures=["arm64"])
        group = "/aws/lambda/orders"
        spans = [[n * 10_000] * 3 for n in range(1, 5)]
        noise = [report_line(f"r{n}", 40, 300) for n in range(30)]
        made.logs(group, [*noise, line(memory_mb=None)], stream=OLDER, ago_s=3 * 86_400 - 600)
        newest = [*noise, line(memory_mb=None, spans=spans), *noise]
        made.logs(group, newest, stream=NEWER, ago_s=7_200)
        made.logs("/aws/lambda/quiet", noise)
        yield made


@pytest.fixture(autouse=True)
def no_faults(account):
    yield
    account.front.faults.clear()
    account.front.seen.clear()


def profiled(account, folder, *words):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env |= account.environment | {"IMPORTCOST_CACHE_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "importcost", "profile", "-o", "a.json", "--from-log", *words],
        env=env, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@pytest.mark.unhurried
def test_the_newest_line_is_read_with_the_functions_own_settings(account, tmp_path):
    done = profiled(account, tmp_path, "aws:orders")
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "a.json").read_text())
    settings = saved["settings"]
    assert (settings["memory_mb"], settings["arch"]) == (2048, "arm64")
    assert (settings["region"], settings["runtime"]) == ("eu-west-1", "python3.13")
    assert [one["wall_us"] for one in saved["phases"]] == [10_000, 60_000, 21_000, 9_000]
    assert saved["source"] == "lambda-log"
    assert not saved["warnings"]
    assert account.front.seen["FilterLogEvents"] == 3  # a quarter of an hour, one hour, six


def test_options_and_the_log_stream_are_the_users(account, tmp_path):
    done = profiled(account, tmp_path, "aws:orders", "--memory", "512", "--log-stream", "aaaa")
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "a.json").read_text())
    assert saved["settings"]["memory_mb"] == 512
    assert saved["phases"][0]["wall_us"] == 15_000


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("words", "fault", "code", "said"),
    [
        (("aws:quiet",), None, 3, "The layer wrote no cold start to the log of quiet in 14 days"),
        (("aws:orders", "--log-stream", "cccc"), None, 3, "leave out --log-stream"),
        (("aws:silent",), None, 3, "silent has no log to read a cold start from"),
        (("aws:nobody",), None, 3, "nobody"),
        (("aws:",), None, 2, "does not name a deployed function"),
        (("aws:orders",), "FilterLogEvents", 3, "logs:FilterLogEvents"),
    ],
)
def test_what_goes_wrong_is_one_sentence(account, tmp_path, words, fault, code, said):
    if fault:
        account.front.faults[fault] = always(400, "AccessDeniedException")
    done = profiled(account, tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "canary" not in done.stderr
    assert not (tmp_path / "a.json").exists()
