"""Text from every place that others write, over every output: shown, never carried out."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from importcost.reports.exports.formats import FORMATS
from importcost.reports.json_ import render_json
from tests.commands import run_here
from tests.harness import write_files
from tests.hostile.foreign import ATTACKS, CHECKS, harm, in_json, on_a_terminal
from tests.reports import page_factory
from tests.reports.page_factory import estimate_of

EVERY = list(ATTACKS.values())
ALL_FORMATS = tuple(
    word for known in FORMATS.values() for word in ("-o", f"out/all{known.suffixes[0]}")
)
REPORTS = ("--junit", "out/j.xml", "--sarif", "out/s.sarif", "--markdown", "out/m.md")
LOCAL = ("--runner", "local", "--runs", "6")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "work"
    (folder / "out").mkdir(parents=True)
    return folder


def names_of(words: tuple[str, ...]) -> str:
    return f"{words[0]}{len(words)}"


def harmless(folder: Path, *words: str, codes=(0, 1, 2, 3)) -> subprocess.CompletedProcess[str]:
    """Run a command, and assert that neither its streams nor its files do more than show."""
    variables = {
        "IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "out" / "summary.md"),
    }
    done = run_here(folder, *words, variables=variables)
    assert done.returncode in codes, done.stderr
    assert "importcost itself failed" not in done.stderr, done.stderr
    assert of_stdout(words, done.stdout) == [], words
    assert on_a_terminal(done.stderr, annotates=True) == [], words
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            assert harm(path) == [], (words, path.name)
            path.unlink()
    return done


def of_stdout(words: tuple[str, ...], text: str) -> list[str]:
    """Return what in the text on stdout is more than text, as its reader would take it."""
    if "--json" in words and text:
        return in_json(text)
    if "--format" in words:
        suffix = FORMATS[words[words.index("--format") + 1]].suffixes[0]
        return CHECKS[suffix](text) + on_a_terminal(text.replace("\r\n", "\n"))
    return on_a_terminal(text, annotates=True)


def saved(folder: Path, text: str, monkeypatch) -> None:
    """Save a profile that has a text of others in every string that others write."""
    monkeypatch.setattr(page_factory, "HOSTILE_NAMES", (text, f"{text}2"))
    profile = page_factory.hostile_profile()
    (folder / "p.json").write_text(render_json(profile, estimate_of(profile)))
    plain = page_factory.small_profile()
    (folder / "q.json").write_text(render_json(plain, estimate_of(plain)))


ON_A_PROFILE = [
    ("view", "p.json"),
    ("view", "p.json", "--tree"),
    ("export", "p.json", *ALL_FORMATS),
    ("export", "p.json", "--format", "folded"),
    ("export", "p.json", "--format", "csv"),
    ("export", "p.json", "--format", "markdown"),
    ("diff", "q.json", "p.json", "-o", "out/d.html", "-o", "out/d.json"),
    ("estimate", "p.json"),
    ("estimate", "p.json", "--json"),
    ("strategies", "p.json", "--invocations", "99", "--duration", "9"),
    ("strategies", "p.json", "--invocations", "99", "--duration", "9", "--json"),
    ("compare", "q.json", "p.json", *REPORTS),
    ("compare", "q.json", "p.json", "--json"),
    ("merge", "p.json"),
]


FEW = ("escape", "github on a line of its own", "formula within")


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(one, marks=pytest.mark.unhurried if one in FEW else pytest.mark.slow)
        for one in ATTACKS
    ],
)
def test_from_a_saved_profile(folder, attack, monkeypatch):
    saved(folder, ATTACKS[attack], monkeypatch)
    for words in ON_A_PROFILE:
        harmless(folder, *words)


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_does_something_where_nothing_is_cleaned(attack):
    text = ATTACKS[attack]
    row = io.StringIO()
    csv.writer(row).writerow([text])
    raw = on_a_terminal(text) + CHECKS[".csv"](row.getvalue()) + CHECKS[".md"](text)
    page = text if "<" in text else ""
    assert raw or CHECKS[".html"](page)


NOISY = f"""
import sys, types, os
for text in {EVERY!r}:
    sys.modules[text] = module = types.ModuleType(text)
    class Loader:
        def create_module(self, spec): return None
        def exec_module(self, module): pass
    class Finder:
        def find_spec(self, name, path=None, target=None):
            from importlib.machinery import ModuleSpec
            if name == text.replace(".", "_") + "_found":
                return ModuleSpec(name, Loader(), origin=text)
    sys.meta_path.append(Finder())
    __import__(text.replace(".", "_") + "_found")
    sys.meta_path.pop()
    print(text, flush=True)
    os.write(2, (text + "\\n").encode("utf-8", "surrogateescape"))
    os.environ.get(text.replace("=", "") + "_VARIABLE")
def handler(event, context):
    return 1
"""
GOOD = "import csv\n\n\ndef handler(e, c): csv\n"
COMMANDS_ON_A_HANDLER = [
    ("profile", "TARGET", *LOCAL, *ALL_FORMATS, "--verbose"),
    ("snapstart", "TARGET", "--runner", "local"),
    ("snapstart", "TARGET", "--runner", "local", "--json"),
    ("why", "TARGET", "types", *LOCAL),
    ("defer", "TARGET", *LOCAL, "--no-verify", "-o", "out/d.html"),
]


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "words", COMMANDS_ON_A_HANDLER, ids=lambda words: f"{words[0]}{len(words)}"
)
def test_from_modules_and_output(folder, words):
    write_files(folder, {"handler.py": NOISY})
    harmless(
        folder, *[word.replace("TARGET", "handler.py:handler") for word in words], codes=(0, 1)
    )


@pytest.mark.unhurried
@pytest.mark.parametrize("attack", ATTACKS)
def test_from_a_message(folder, attack):
    text = f"raise ValueError('a ' + {ATTACKS[attack]!r})\n"
    write_files(folder, {"handler.py": text})
    done = harmless(folder, "profile", "handler.py", *LOCAL, codes=(3,))
    assert "ValueError" in done.stderr


PATH = "a\n::error::x\x1b]0;b\x07\u202e##vso[c]<img src=x onerror=d>|`=1"


@pytest.mark.parametrize(
    "words", COMMANDS_ON_A_HANDLER, ids=lambda words: f"{words[0]}{len(words)}"
)
def test_from_a_path(folder, words):
    write_files(folder, {f"{PATH}/handler.py": "import csv\nimport absent_module_x\n"})
    target = f"{PATH}/handler.py"
    harmless(folder, *[word.replace("TARGET", target) for word in words])
    write_files(folder, {f"{PATH}/handler.py": GOOD})
    harmless(folder, *[word.replace("TARGET", target) for word in words])


def quoted(text: str) -> str:
    return json.dumps(text).replace("\\u007f", "\\u007F")


@pytest.mark.slow
def test_from_the_name_of_a_table(folder):
    tables = [
        f'[handlers.{quoted(text)}]\nhandler = "handler.py:handler"\nforbid = ["csv"]\n'
        for text in EVERY
    ]
    tables[0] += "max_modules = 1\n"
    files = {
        "handler.py": "import csv\n\n\ndef handler(e, c): csv\n",
        "importcost.toml": "\n".join(tables),
    }
    write_files(folder, files)
    local = ("check", "--runner", "local", "--deterministic")
    harmless(folder, *local, *REPORTS, codes=(1,))
    harmless(folder, *local, "--json", codes=(1,))
    base = write_files(folder.parent / "base", files)
    for words in (REPORTS, ("--json",)):
        harmless(
            folder, "compare", str(base), ".", "--runner", "local", "--pairs", "8",
            "--only", EVERY[2], "--reports", "out", *words,
        )  # fmt: skip
    harmless(folder, "compare", str(base), ".", "--only", EVERY[0] + "absent")


@pytest.mark.parametrize("attack", ATTACKS)
def test_from_a_reference_of_git(folder, attack):
    write_files(folder, {"handler.py": "x = 1\n"})
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(folder))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "a")):
        subprocess.run([*git, *words], check=True)
    harmless(folder, "compare", ATTACKS[attack], "--handler", "handler.py", "--runner", "local")


@pytest.mark.unhurried
def test_from_a_template(folder):
    functions = {
        text: {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": text, "Handler": "handler.handler", "Runtime": "python3.11",
                "CodeUri": "." if number < 2 else text, "Description": text,
                "Environment": {"Variables": {text: text, "PLAIN": {"Ref": text}}},
            },
        }
        for number, text in enumerate(EVERY)
    }  # fmt: skip
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": functions}
    write_files(
        folder, {"template.json": json.dumps(template), "handler.py": "def handler(e, c): 1\n"}
    )
    for words in (("list", "template.json"), ("list", "template.json", "--json")):
        harmless(folder, *words)
    harmless(folder, "profile", f"template.json::{EVERY[1]}", *LOCAL, *ALL_FORMATS)
    harmless(folder, "profile", "template.json::absent\n::error::x\x1b[31m", *LOCAL)


@pytest.mark.slow
def test_from_a_project(folder):
    resources = {
        text: {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": text, "Handler": f"{name}.handler", "Runtime": "python3.11",
                "CodeUri": ".",
            },
        }
        for text, name in zip(EVERY[:4], ("good", "bad", "good", "bad"), strict=True)
    }  # fmt: skip
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    files = {
        "template.json": json.dumps(template),
        "good.py": GOOD,
        "bad.py": f"raise ValueError({EVERY[3]!r})\n",
    }
    write_files(folder, files)
    outputs = ("-o", "out/i.html", "-o", "out/i.json", "-o", "out/i.csv", "-o", "out/i.md")
    harmless(folder, "profile", "template.json", *LOCAL, *outputs)


def test_from_a_log(folder):
    rows = ["import time: self [us] | cumulative | imported package"]
    rows += [
        f"import time:       {200 + number} |        {200 + number} | {text.splitlines()[0]}"
        for number, text in enumerate(EVERY)
    ]
    log = "\n".join(rows) + "\n"
    write_files(folder, {"rows.log": log, "other\x1b[31m\n::error::x.log": log + "::error::y\n"})
    for name in ("rows.log", "other\x1b[31m\n::error::x.log"):
        harmless(folder, "profile", "--from-log", name, *ALL_FORMATS, codes=(0,))
    messages = [f"REPORT RequestId: {text} Duration: 3.0 ms Init Duration: x" for text in EVERY]
    write_files(folder, {"cloudwatch.log": "\n".join([*EVERY, *messages])})
    profile = page_factory.small_profile()
    (folder / "q.json").write_text(render_json(profile, estimate_of(profile)))
    for words in ((), ("--json",)):
        harmless(folder, "calibrate", "q.json", "--logs", "cloudwatch.log", *words)


@pytest.mark.parametrize("attack", ATTACKS)
def test_from_the_command_line(folder, attack):
    text = ATTACKS[attack]
    write_files(folder, {"handler.py": "x = 1\n"})
    for words in (
        (text,),
        ("profile", "handler.py", f"--{text}"),
        ("profile", "handler.py", "--arch", text),
        ("profile", "handler.py", "--env", text.replace("=", "")),
        ("profile", "handler.py", "--with", text),
        ("view", "absent.json", "--depth", text),
    ):
        harmless(folder, *words, codes=(2, 3))
