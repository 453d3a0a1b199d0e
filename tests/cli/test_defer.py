"""`importcost defer` and `importcost why` as a user types them, on small real handlers."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from importcost.deferral.source.own_state.plain_calls import PlainCalls
from importcost.measure.pairs import MIN_ROUNDS, NO_SAVING
from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, jitter, run_clocked, two_speeds
from tests.commands import run_here
from tests.harness import write_files

BUSY = "sum(range(800_000))\n"
LAYER = {
    "layer/python/heavy/__init__.py": f"import shared\nfrom heavy.tool import answer\n{BUSY}",
    "layer/python/heavy/tool.py": f"def answer():\n    return 42\n{BUSY}",
    "layer/python/other.py": f"import shared\n{BUSY}",
    "layer/python/shared.py": BUSY * 6,
}
LIGHT = {name: text.replace(BUSY, "") for name, text in LAYER.items()}
HANDLER = '''"""A handler."""

import json

import heavy
import other  # kept comment


def handler(event, context):
    if event.get("kind") == "big":
        return {"n": heavy.answer(), "o": other.__name__}
    return {"ok": json.dumps(event)}
'''


FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--verify-seconds", "2")
MODULES = {"handler": 500, "heavy": 4_000, "heavy.tool": 4_500, "other": 3_000, "shared": 20_000}
TIMES = Times(MODULES)


def working_in(line):
    """Return times where the handler's statement in this line takes most of its init."""
    modules = {**MODULES, "handler": 30_500}
    return Times(modules, statements={("handler.py", line): 30_000})


def importcost(*args, cwd):
    """Run the command with its real times."""
    return run_here(cwd, *args, each_launch=True)


@pytest.fixture
def defer(monkeypatch):
    """The command in this process, its launches real and their times made up."""

    def run(folder, *args, target="handler.py:handler", times=TIMES):
        return run_clocked(monkeypatch, folder, ["defer", target, *FIXED, *args], times)

    return run


@pytest.fixture
def folder(tmp_path):
    write_files(tmp_path, {**LIGHT, "task/handler.py": HANDLER})
    return tmp_path / "task"


def advice_of(path):
    return profile_from_plain(json.loads(path.read_text())).advice


def clocked_advice(folder, monkeypatch, factors, *args):
    limits = ("--verify-seconds", "600", "-o", "../out.json")
    fixed = ["defer", "handler.py:handler", *FIXED, *limits, *args]
    done = run_clocked(monkeypatch, folder, fixed, TIMES, factors)
    assert done.returncode == 0, done.stderr
    advice = advice_of(folder.parent / "out.json")
    return done, advice, {one.imported[0]: one for one in advice.findings}


@pytest.mark.unhurried
def test_savings_are_verified_and_what_two_share_is_saved_jointly(folder, monkeypatch):
    write_files(folder.parent, {"big.json": '{"kind": "big"}', "small.json": "{}"})
    named = ("--event", "../big.json", "--event", "../small.json")
    done, advice, found = clocked_advice(folder, monkeypatch, lambda: jitter(11), *named)
    heavy, other, runtime = found["heavy"], found["other"], found["json"]
    assert set(heavy.modules) == {"heavy", "heavy.tool"}
    assert other.modules == ("other",)
    assert other.cumulative_us < heavy.cumulative_us
    best = advice.best_set
    assert set(best.modules) == {"heavy", "heavy.tool", "other", "shared"}
    assert best.exclusive_us > heavy.exclusive_us + other.exclusive_us
    assert best.verification.gone == ("heavy", "heavy.tool", "other", "shared")
    for verified, saved_us in ((heavy.verification, 8_500), (best.verification, 31_500)):
        assert verified.failure is None
        assert verified.saving_us.value == pytest.approx(saved_us, rel=0.05)
    assert heavy.triggered_by == ("big.json",)
    assert heavy.economics.break_even_share < 1
    assert runtime.verdict.kind.value == "nothing to gain"
    assert "Defer 2 statements together" in done.stdout
    assert "needed by the event big.json" in done.stdout
    assert "small.json answers" in done.stdout


@pytest.mark.unhurried
@pytest.mark.parametrize("seed", range(3))
def test_a_machine_that_flips_between_two_speeds_changes_no_advice(folder, monkeypatch, seed):
    """Savings become uncertain there; the set, and what it is made of, do not."""
    _, advice, found = clocked_advice(folder, monkeypatch, lambda: two_speeds(seed))
    best = advice.best_set
    assert set(best.modules) == {"heavy", "heavy.tool", "other", "shared"}
    for verified, saved_us in (
        (found["heavy"].verification, 8_500),
        (best.verification, 31_500),
    ):
        assert verified.failure in (None, NO_SAVING[1])
        assert verified.saving_us.low <= 1.6 * saved_us
        assert verified.saving_us.high >= saved_us


@pytest.mark.slow
def test_what_is_verified_for_real_is_gone(folder):
    """Any machine, at any speed: figures are there, whatever they are."""
    write_files(folder.parent, LAYER)
    done = importcost("defer", "handler.py:handler", *FIXED, "-o", "../out.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    advice = advice_of(folder.parent / "out.json")
    heavy = {one.imported[0]: one for one in advice.findings}["heavy"].verification
    assert heavy.gone == ("heavy", "heavy.tool")
    assert heavy.pairs >= MIN_ROUNDS
    assert heavy.saving_us.low <= heavy.saving_us.value <= heavy.saving_us.high


@pytest.mark.unhurried
def test_the_diff_is_what_write_writes_and_a_second_run_finds_nothing_more(folder, defer):
    shown = defer(folder, "--no-verify", "-q")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("--- a/handler.py\n+++ b/handler.py\n")
    assert (folder / "handler.py").read_text() == HANDLER
    applied = folder.parent / "applied"
    write_files(applied, {"handler.py": HANDLER})
    subprocess.run(["git", "apply", "-"], cwd=applied, input=shown.stdout, text=True, check=True)
    written = defer(folder, "--no-verify", "--write")
    assert written.returncode == 0, written.stderr
    assert "Written: " in written.stdout
    assert (folder / "handler.py").read_text() == (applied / "handler.py").read_text()
    again = defer(folder, "--no-verify", "--write")
    assert "No import of the function's own files is worth deferring" in again.stdout
    assert "Nothing to write" in again.stdout
    assert (folder / "handler.py").read_text() == (applied / "handler.py").read_text()


@pytest.mark.unhurried
def test_without_verification_all_is_marked_predicted(folder, defer):
    done = defer(folder, "--no-verify", "--no-diff")
    assert "predicted, not verified" in done.stdout
    assert "verified in" not in done.stdout
    assert "+++" not in done.stdout


@pytest.mark.unhurried
def test_a_change_that_breaks_the_handler_is_shown_as_failed(folder, defer):
    # No analysis of what an import does sees what other code finds out about it by its name.
    registry = "import heavy\nimport table\nX = table.loaded()['heavy']\n\n\ndef handler(e, c):\n"
    write_files(
        folder.parent,
        {
            "layer/python/table.py": "import sys\ndef loaded():\n    return vars(sys)['modules']\n",
            "layer/python/heavy/__init__.py": "",
            "task/handler.py": registry + "    return e and heavy.__name__ + str(X)\n",
        },
    )
    done = defer(folder, "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    assert "✗ handler.py:1 import heavy" in done.stdout
    assert "the changed handler fails: KeyError: 'heavy'" in done.stdout
    assert "+++" not in done.stdout


@pytest.mark.unhurried
def test_an_answer_that_changes_fails_the_suggestion(folder, defer):
    text = (
        "import gc\nimport heavy\n\n\ndef handler(e, c):\n    if e:\n"
        "        return heavy.answer()\n"
        "    known = [m for m in gc.get_objects() if type(m) is type(gc)]\n"
        "    return any(m.__name__ == 'heavy' for m in known)\n"
    )
    write_files(folder.parent, {"task/handler.py": text, "e.json": "{}"})
    done = defer(folder, "--event", "../e.json")
    assert "✗ handler.py:2 import heavy" in done.stdout
    assert "the answer to e.json changes from true to false" in done.stdout
    assert "+++" not in done.stdout


@pytest.mark.unhurried
def test_slow_module_level_work_gets_a_getter_and_network_use_is_named(folder, defer):
    text = (
        "import socket\n\n\ndef load():\n    return 1\n\n\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), 0.1)\nexcept OSError:\n    pass\n"
        "TABLE = load()\n\n\ndef handler(e, c):\n    return TABLE\n"
    )
    write_files(folder.parent, {"task/handler.py": text})
    done = defer(folder, "--no-verify", "--runs", "12", times=working_in(12))
    assert "socket.connect: ('127.0.0.1', 9)" in done.stdout
    assert "handler.py:12 TABLE = load()" in done.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--style", "lazy"), "--style lazy needs Python 3.15"),
        (("--style", "lazy", "--runtime", "python3.13"), "Python 3.13 (--runtime python3.13)"),
        (("--event", "../e.json", "--no-verify"), "use one of them"),
        (("--force",), "--force belongs to --write"),
        (("--event", "nothing.json"), "The event nothing.json cannot be read"),
        (("-o", "x.txt"), "x.txt"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(folder, args, sentence, defer):
    done = defer(folder, *args)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_an_event_needs_to_know_the_function(folder, defer):
    (folder.parent / "e.json").write_text("{}")
    done = defer(folder, "--event", "../e.json", target="handler.py")
    assert done.returncode == 2
    assert "write FILE.py:function" in done.stderr


@pytest.mark.slow
def test_write_refuses_what_is_not_committed(folder, defer):
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    done = defer(folder, "--no-verify", "--write")
    assert done.returncode == 2
    assert "uncommitted" in done.stderr
    assert (folder / "handler.py").read_text() == HANDLER
    assert defer(folder, "--no-verify", "--write", "--force").returncode == 0
    assert (folder / "handler.py").read_text() != HANDLER


def why(root, *args):
    fixed = ("--layer", "../layer", "--runner", "local")
    return run_here(root, "why", "handler.py", *args, *fixed)


@pytest.mark.unhurried
def test_why_shows_every_chain_and_what_would_end_it(folder):
    done = why(folder, "shared")
    assert done.returncode == 0, done.stderr
    assert "shared is loaded by 2 chains" in done.stdout
    assert "heavy  handler.py:5" in done.stdout
    assert "To unload shared, defer 2 statements" in done.stdout
    assert "import other" in done.stdout


@pytest.mark.unhurried
def test_why_of_what_the_runtime_loads_and_of_what_nobody_loads(folder):
    assert "deferring saves nothing" in why(folder, "json").stdout
    missing = why(folder, "sharde")
    assert missing.returncode == 2
    assert "Did you mean shared" in missing.stderr


@pytest.mark.slow
def test_a_getter_needs_only_those_of_its_objects_that_can_be_getters_too(folder, defer):
    text = (
        "import heavy\nimport other\n\n\n"
        "def load(base):\n    return base + 1\n\n\n"
        "ENGINE = heavy.answer()\nSESSION = load(ENGINE)\nBASE = [ENGINE]\nBASE.append(1)\n\n\n"
        "def handler(e, c):\n    return [SESSION, BASE, other.__name__] if e else 0\n"
    )
    write_files(folder.parent, {"task/handler.py": text})
    done = defer(folder, "--no-verify", "--runs", "12", "-o", "../out.json", times=working_in(10))
    assert done.returncode == 0, done.stderr
    found = {one.place.line: one for one in advice_of(folder.parent / "out.json").findings}
    assert found[1].verdict.kind.value == "not deferrable"
    assert found[10].fix is not None
    assert "refused" not in done.stdout
    assert "+def get_session():\n" in done.stdout
    assert "get_engine" not in done.stdout


@pytest.mark.slow
def test_the_cumulative_cost_of_a_getter_counts_what_its_object_loads(folder, defer, monkeypatch):
    # A function that imports is none that only makes a value, but it shows what an object loads.
    monkeypatch.setattr(PlainCalls, "other_call", lambda *args, **options: None)
    text = (
        "import heavy.tool\nimport other\n\n\n"
        "def load():\n    import late\n\n    return late, other\n\n\n"
        "TABLE = load()\n\n\ndef handler(e, c):\n    return repr(TABLE)\n"
    )
    late = {"layer/python/late.py": "import shared\n"}
    write_files(folder.parent, {**late, "task/handler.py": text})
    times = Times({**MODULES, "late": 3_000})
    done = defer(folder, "--no-verify", "--no-diff", "-o", "../out.json", times=times)
    assert done.returncode == 0, done.stderr
    changing = [one for one in advice_of(folder.parent / "out.json").findings if one.verdict.style]
    assert any("late" in one.modules for one in changing)
    assert all(one.exclusive_us <= one.cumulative_us for one in changing)


@pytest.mark.unhurried
def test_work_is_laid_to_its_object_not_to_an_import_that_the_runtime_has_loaded(folder, defer):
    text = (
        "import json\n\n\ndef load():\n    return 1\n\n\n"
        "TABLE = json.loads(str(load()))\n\n\ndef handler(e, c):\n    return TABLE if e else 0\n"
    )
    write_files(folder.parent, {"task/handler.py": text})
    done = defer(folder, "--no-verify", "--runs", "12", "-o", "../out.json", times=working_in(8))
    assert done.returncode == 0, done.stderr
    found = {one.place.line: one for one in advice_of(folder.parent / "out.json").findings}
    assert found[1].verdict.kind.value == "nothing to gain"
    assert found[8].verdict.objects == ("TABLE",) or found[8].code.startswith("TABLE")
    assert "-import json" not in done.stdout
    assert "+def get_table():" in done.stdout


@pytest.mark.unhurried
def test_waiting_at_import_is_worth_a_getter(folder, monkeypatch):
    text = "import slow\n\nSECRET = slow.Fetch()\n\n\ndef handler(e, c):\n    return e and SECRET\n"
    fetch = "class Fetch:\n    pass\n"
    write_files(folder.parent, {"layer/python/slow.py": fetch, "task/handler.py": text})
    # In the original the handler's own body waits; what the getter's copy runs does not.
    times = Times(
        waits={"handler": 200_000},
        variant_waits={"0": {}, "1": {}},
        waiting_statements={("handler.py", 3): 200_000},
    )
    args = ["defer", "handler.py:handler", *FIXED, "--memory", "512", "-o", "../out.json"]
    done = run_clocked(monkeypatch, folder, args, times)
    assert done.returncode == 0, done.stderr
    advice = advice_of(folder.parent / "out.json")
    found = {one.place.line: one for one in advice.findings}[1]
    for saved_us in (found.exclusive_us, found.verification.saving_us.value):
        assert 180_000 < saved_us < 400_000
    assert found.verification.failure is None
    # Waiting takes as long after init as in it.
    assert found.economics.first_use_ms == pytest.approx(found.economics.saved_ms, rel=0.1)
    assert "Defer 1 statement: " in done.stdout
    assert re.search(r"handler.py:3 SECRET = slow.Fetch\(\)\n +waits 2\d\d ms", done.stdout)


def test_a_linked_handler_is_not_written_through(folder, defer):
    (folder / "link.py").symlink_to("handler.py")
    for target in ("link.py", "link.py:handler"):
        done = defer(folder, "--no-verify", "--write", target=target)
        assert done.returncode == 2
        assert "link.py is a symbolic link: nothing was written" in done.stderr
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.slow
def test_too_few_runs_to_time_statements_are_said_to_be(folder, defer):
    assert "understated" in defer(folder, "--no-verify", "--runs", "5").stderr
    assert "understated" not in defer(folder, "--no-verify").stderr


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("import os; os._exit(3)", "ended the interpreter"),
        # Only this call takes as long as that: nothing else is busy.
        ("import time; time.sleep(600)", "did not end within 8 s"),
    ],
)
def test_an_event_that_brings_no_answer_is_said_to_be_it_at_once(tmp_path, monkeypatch, body, how):
    text = f"import heavy\n\n\ndef handler(e, c):\n    {body}\n    return heavy.answer()\n"
    light = {"layer/python/heavy.py": "def answer():\n    return 42\n"}
    write_files(tmp_path, {**light, "task/handler.py": text, "e.json": "{}"})
    args = ["defer", "handler.py:handler", *FIXED, "--event", "../e.json", "--timeout", "8"]
    done = run_clocked(monkeypatch, tmp_path / "task", args, TIMES)
    assert done.returncode == 3
    assert f"calling the unchanged handler with it {how}" in " ".join(done.stderr.split())
    assert "module level" not in done.stderr
    assert "Verifying" not in done.stderr


@pytest.mark.parametrize(
    ("style", "gone"),
    [
        ("function", ["-import heavy"]),
        ("getter", ["-import other"]),
        ("type-checking", ["-import shared"]),
        ("lazy-modules", ["-import other"]),
    ],
)
@pytest.mark.slow
def test_a_style_asked_for_is_the_only_one_used(folder, style, gone, defer):
    text = (
        "from __future__ import annotations\n\nimport heavy\nimport other\nimport shared\n\n"
        "NAME = other.__name__ + str(len(other.__name__))\n\n\n"
        "def handler(e: shared.Event, c):\n    return heavy.answer() if e else NAME\n"
    )
    layer = {"layer/python/heavy/__init__.py": "from heavy.tool import answer\n"}
    other = {"layer/python/other.py": ""}
    write_files(folder.parent, {**layer, **other, "task/handler.py": text})
    done = defer(folder, "--no-verify", "-q", "--style", style)
    assert done.returncode == 0, done.stderr
    removed = [line for line in done.stdout.splitlines() if line.startswith("-import")]
    assert removed == gone
    assert ("__lazy_modules__" in done.stdout) == (style == "lazy-modules")


@pytest.mark.unhurried
@pytest.mark.skipif(sys.version_info >= (3, 15), reason="this Python honours the list")
def test_a_listing_saves_nothing_where_python_ignores_it(folder, defer):
    done = defer(folder, "--style", "lazy-modules", "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "Listing 2 statements together in __lazy_modules__ saves nothing on Python" in words
    assert "ignores __lazy_modules__, so a listing saves nothing there" in words
    assert "__lazy_modules__ = [" in done.stdout
    assert "Defer 2 statements" not in words
    advice = advice_of(folder.parent / "out.json")
    assert advice.best_set is None
    assert advice.ignored.statements == 2
    assert advice.ignored.predicted_us > 0
    assert all(one.verification is None for one in advice.findings)
    assert "Verifying 2" not in done.stderr


def test_lazy_is_refused_for_a_configured_runtime_that_cannot_parse_it(folder, defer):
    table = '[handlers.h]\nhandler = "handler.py:handler"\nruntime = "python3.14"\n'
    write_files(folder, {"importcost.toml": table})
    done = defer(folder, "--style", "lazy")
    assert done.returncode == 2
    assert "SyntaxError in Python 3." in done.stderr
    assert "use --style function" in done.stderr


@pytest.mark.unhurried
def test_why_shows_statements_that_import_in_a_call_and_counts_what_cannot_wait(folder):
    late = "import tool\n\n\ndef make():\n    import shared\n\n    return shared\n"
    text = (
        "import late\n\nMADE = late.make()\nUSED = [MADE]\nUSED.append(MADE)\nlate.make()\n\n\n"
        "def handler(e, c):\n    return MADE\n"
    )
    files = {"layer/python/late.py": late, "layer/python/tool.py": "", "task/handler.py": text}
    write_files(folder.parent, files)
    done = why(folder, "shared")
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "late.py:5, called from line 3" in words
    assert "handler.py:3 MADE = late.make()" in words
    assert "handler.py:6 late.make() not deferrable: it runs during init" in words
    assert "2 statements would have to be deferred, which cannot be" in words
    assert "late.py:1, called" not in " ".join(why(folder, "tool").stdout.split())
