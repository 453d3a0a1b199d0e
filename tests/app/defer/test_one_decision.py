"""Verdict, report and edit of `defer` agree: no sentence refuses what the diff does."""

from __future__ import annotations

import json

import pytest

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.rewriting import Edits
from importcost.app.defer.sources import Sources
from importcost.deferral.rewrite.rewrite import Change
from importcost.model.advice import DeferStyle, VerdictKind
from importcost.model.codec import profile_from_plain
from importcost.reports.page.changes import best_changes
from tests.app.defer.test_defer import finding
from tests.clockwork import Times, run_clocked
from tests.deferral.rewrite.cases import analysed
from tests.harness import write_files

SDK = (
    "class Client:\n    def __init__(self, name): self.name = name\n"
    "    def Table(self, name): return Client(f'{self.name}/{name}')\n\n\n"
    "def client(name, **options): return Client(name)\n\n\nresource = client\n"
)
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--verify-seconds", "2")
ANNOTATED = """from __future__ import annotations

from typing import TYPE_CHECKING, Final, Optional

import sdk
from sdk import Client

if TYPE_CHECKING:
    from mypy_sdk import S3Client

s3: S3Client = sdk.client("s3")
dynamodb: Resource = sdk.resource("dynamodb")
table: Table = dynamodb.Table("t")
ssm: Final[Client] = sdk.client("ssm")
bus, queue = sdk.client("events"), sdk.client("sqs")


def read(client: Optional[Client] = None) -> str:
    return (client or s3).name


def handler(event: dict, context) -> dict:
    if event.get("raw"):
        return {"region": ssm.name}
    return {"region": read(), "table": table.name, "bus": bus.name, "q": queue.name}
"""
SESSION = """import sdk

session = sdk.client("session")
table = session.Table("t")
log = session.Table("log")


def handler(event, context):
    return table.name if event else log.name
"""
SHADOWED = """import sdk

functools = sdk.client("functools")
s3 = sdk.client("s3")


def handler(event, context):
    functools.name
    return s3.name
"""
QUOTES = """import sdk
import other


def show(value: 'dict[str, int] | None' = None, more: dict['a', sdk.Client] = None):
    return other.__name__


def handler(event, context):
    return show()
"""
HANDLERS = {
    "annotated": ANNOTATED,
    "session": SESSION,
    "shadowed": SHADOWED,
    "quotes": QUOTES,
}
LINES = range(1, 30)
TIMES = Times(
    {"sdk": 20_000, "other": 10_000, "handler": 60_000},
    statements={("handler.py", line): 9_000 for line in LINES},
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    def defer(text, *args):
        write_files(
            tmp_path,
            {
                "layer/python/sdk.py": SDK,
                "layer/python/other.py": "X = 1\n",
                "task/handler.py": text,
            },
        )
        command = ["defer", "handler.py:handler", *FIXED, *args, "-o", "../out.json"]
        done = run_clocked(monkeypatch, tmp_path / "task", command, TIMES)
        assert done.returncode == 0, done.stderr
        return done, profile_from_plain(json.loads((tmp_path / "out.json").read_text()))

    return defer


@pytest.mark.parametrize(
    "style",
    [
        (),
        pytest.param(("--style", "getter"), marks=pytest.mark.slow),
        pytest.param(("--style", "lazy-modules"), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("text", HANDLERS.values(), ids=HANDLERS)
def test_a_change_is_suggested_where_the_edit_is_there(run, text, style):
    done, profile = run(text, "--no-verify", *style)
    advice = profile.advice
    for one in advice.findings:
        # An edit that this Python ignores is made where it was asked for, and promises nothing.
        is_ignored = "ignores __lazy_modules__" in one.verdict.reason
        assert (one.is_suggested or is_ignored) == (one.fix is not None), one
        assert one.fix != ""
    assert "refused" not in done.stdout + done.stderr
    suggested = [one for one in advice.findings if one.is_suggested]
    shown = best_changes(profile, limit=50)
    assert sorted(one["title"] for one in shown if one["kind"] == "single") == sorted(
        one.code for one in suggested
    )
    for number in advice.best_set.finding_ids if advice.best_set else ():
        removed = [line for line in advice.findings[number].fix.splitlines() if line[:1] == "-"]
        assert set(removed) <= set(advice.best_set.fix.splitlines())


@pytest.mark.unhurried
def test_objects_that_become_getters_together_are_one_change(run):
    done, profile = run(ANNOTATED, "--write")
    chained = [one for one in profile.advice.findings if "dynamodb" in one.verdict.objects]
    assert [one.verdict.objects for one in chained] == [("dynamodb", "table")]
    assert "make a cached getter for dynamodb, table" in done.stdout
    assert "def get_table() -> Table:" in chained[0].fix
    work = {one.code.partition(":")[0]: one.verdict for one in profile.advice.statements}
    for name in ("s3", "dynamodb", "table", "ssm"):
        assert work[name].kind is VerdictKind.NEEDS_GETTER


@pytest.mark.unhurried
def test_what_the_edit_cannot_do_is_said_in_the_edits_words(run):
    done, profile = run(SHADOWED)
    verdicts = {one.verdict.kind for one in profile.advice.findings if "sdk" in one.imported}
    assert verdicts == {VerdictKind.NOT_DEFERRABLE}
    assert "make a cached getter" not in done.stdout


def test_of_changes_that_exclude_each_other_the_costliest_is_kept():
    text = "import sdk\nimport other\n\n\ndef f():\n    return sdk, other\n"
    file = analysed(text)
    sources = Sources({}, {}, {file.source.path: text.encode()})
    sdk, other = file.imports
    wanted = [
        (sdk, DeferStyle.FUNCTION, 1),
        (sdk, DeferStyle.TYPE_CHECKING, 3),
        (other, DeferStyle.FUNCTION, 2),
        (sdk, DeferStyle.LAZY_MODULES, 4),
    ]
    findings = [
        JudgedImport(finding((), (), us), file, (Change(one, style),), (), ())
        for one, style, us in wanted
    ]
    edits = Edits(findings, sources, (3, 12))
    assert edits.agreeing([0, 2]) == (0, 2)
    assert edits.agreeing([0, 1, 2]) == (0, 2)
    assert edits.agreeing([0, 1, 2, 3]) == (2, 3)
    settled = edits.settled()
    assert [bool(one.changes) for one in settled] == [True, False, True, True]
    assert settled[1].finding.verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "is used in a function" in settled[1].finding.verdict.reason
