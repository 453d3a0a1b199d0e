"""What each call of the handler uses is not suggested where deferring it is always a loss."""

from __future__ import annotations

import json

import pytest

from importcost.model.advice import DeferStyle, VerdictKind
from importcost.model.codec import profile_from_plain
from importcost.reports.page.changes import advice_notes, best_changes
from tests.clockwork import Times, run_clocked
from tests.harness import write_files

SDK = (
    "class Client:\n    def __init__(self, name): self.name = name\n"
    "    def client(self, name): return Client(f'{self.name}/{name}')\n\n\n"
    "def client(name, **options): return Client(name)\n"
)
PLAIN = """import sdk
import other


def handler(event, context):
    if event.get("other"):
        other.__name__
    return sdk.client("a").name
"""
PINGED = """import sdk
import other


def handler(event, context):
    if event.get("ping"):
        return "pong"
    return sdk.client("a").name, other.__name__
"""
GETTERS = """import sdk

session = sdk.client("session")
table = session.client("t")
queue = sdk.client("q")


def handler(event, context):
    if event.get("queue"):
        return queue.name
    return table.name


def table_always(event, context):
    return table.name, event and queue.name
"""
HELPED = """import sdk
from helper import work


def handler(event, context):
    return work(event)


def later():
    return sdk
"""
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--no-verify")
TIMES = Times(
    {"sdk": 20_000, "other": 10_000, "helper": 5_000, "handler": 60_000},
    statements={("handler.py", line): 9_000 for line in range(1, 20)},
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    def defer(text, *args, function="handler"):
        files = {
            "layer/python/sdk.py": SDK,
            "layer/python/other.py": "X = 1\n",
            "task/helper.py": "import other\n\n\ndef work(event):\n    return other.__name__\n",
            "task/handler.py": text,
        }
        write_files(tmp_path, files)
        command = ["defer", f"handler.py:{function}", *FIXED, *args, "-o", "../out.json"]
        done = run_clocked(monkeypatch, tmp_path / "task", command, TIMES)
        assert done.returncode == 0, done.stderr
        profile = profile_from_plain(json.loads((tmp_path / "out.json").read_text()))
        return done, profile, {one.code.partition(" =")[0]: one for one in profile.advice.findings}

    return defer


def assert_ruled_out(finding, user="handler()"):
    assert finding.verdict.kind is VerdictKind.ALWAYS_USED
    assert finding.verdict.always_used_by == user
    assert finding.verdict.reason == f"{user} always uses it"
    assert not finding.is_suggested
    assert finding.fix is None
    assert finding.economics.net_ms < 0
    assert "a loss of" in finding.economics.sentence


@pytest.mark.unhurried
def test_below_one_vcpu_it_stays_and_says_the_loss(run):
    done, profile, found = run(PLAIN, "--memory", "512")
    assert_ruled_out(found["import sdk"])
    assert found["import other"].verdict.kind is VerdictKind.DEFERRABLE
    assert found["import other"].verdict.always_used_by is None
    members = [
        profile.advice.findings[number].code for number in profile.advice.best_set.finding_ids
    ]
    assert members == ["import other"]
    said = " ".join(done.stdout.split())
    assert "import sdk — always used: handler() always uses it" in said
    assert "At 512 MB deferring moves" in said
    stays = {one["code"]: one["reason"] for one in advice_notes(profile)["staying"]}
    assert "always used: handler() always uses it. At 512 MB" in stays["import sdk"]
    assert "import sdk" not in [one["title"] for one in best_changes(profile)]


@pytest.mark.unhurried
@pytest.mark.parametrize("memory", ["1769", "3008"])
def test_from_one_vcpu_on_it_says_that_nothing_is_gained(run, memory):
    done, profile, found = run(PLAIN, "--memory", memory)
    sdk = found["import sdk"]
    assert sdk.verdict.kind is VerdictKind.DEFERRABLE
    assert sdk.verdict.always_used_by == "handler()"
    assert sdk.economics.net_ms == pytest.approx(0)
    assert "a cold start gains nothing" in sdk.economics.sentence
    said = " ".join(done.stdout.split())
    assert "handler() always uses it" in said
    assert "provisioned concurrency" in said
    shown = {one["title"]: one["how"] for one in best_changes(profile)}
    assert "a cold start gains nothing" in shown["import sdk"]


@pytest.mark.unhurried
def test_a_set_that_each_call_uses_promises_no_cold_start_without_it(run):
    text = PLAIN.replace(
        '    if event.get("other"):\n        other.__name__\n', "    other.__name__\n"
    )
    done, profile, _ = run(text, "--memory", "1769")
    assert len(profile.advice.best_set.finding_ids) == 2
    assert profile.advice.best_set.economics.net_ms == pytest.approx(0)
    said = " ".join(done.stdout.split())
    assert "per million that need none of it" not in said
    joint = next(one for one in best_changes(profile) if one["kind"] == "set")
    assert "a cold start gains nothing" in joint["how"]


@pytest.mark.unhurried
def test_an_early_return_keeps_it_conditional(run):
    _, _, found = run(PINGED)
    for code in ("import sdk", "import other"):
        assert found[code].verdict.kind is VerdictKind.DEFERRABLE
        assert found[code].verdict.always_used_by is None


@pytest.mark.unhurried
def test_objects_that_each_call_uses_stay_and_the_others_become_getters(run):
    _, _, found = run(GETTERS, function="table_always")
    for name in ("import sdk", "session", "table"):
        assert_ruled_out(found[name], "table_always()")
    queue = found["queue"]
    assert queue.verdict.objects == ("queue",)
    assert queue.verdict.style is DeferStyle.GETTER
    assert "return sdk.client" in queue.fix


@pytest.mark.unhurried
def test_objects_that_only_some_calls_use_become_getters_with_what_they_need(run):
    _, _, found = run(GETTERS)
    # One path needs the queue, the other the session and what it makes.
    assert found["queue"].verdict.objects == ("queue",)
    assert found["session"].verdict.objects == ("session", "table")


@pytest.mark.unhurried
def test_what_a_helper_in_another_file_always_uses_stays_there(run):
    _, _, found = run(HELPED)
    assert_ruled_out(found["import other"])
    assert_ruled_out(found["from helper import work"])
    assert found["import sdk"].verdict.kind is VerdictKind.DEFERRABLE


@pytest.mark.unhurried
def test_a_lazy_style_helps_it_no_more(run):
    _, _, found = run(PLAIN, "--style", "lazy-modules")
    assert_ruled_out(found["import sdk"])


def test_where_each_call_uses_everything_no_change_is_suggested_or_written(run):
    text = "import sdk\n\n\ndef handler(event, context):\n    return sdk.client('a').name\n"
    done, profile, found = run(text, "--write")
    assert profile.advice.best_set is None
    assert_ruled_out(found["import sdk"])
    assert "Nothing to write: no change is suggested." in done.stdout
