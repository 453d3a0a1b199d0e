"""No value that a user gives, and nothing that looks like a credential, comes out again.

Canaries are planted wherever values are given; a handler prints them, raises with them, puts them
into the names of modules and files, starts programs with them. Then every command runs, with each
of its outputs, and everything that it wrote is searched.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importcost.cli.group import COMMANDS
from importcost.errors import UsageError
from importcost.measure.emulator import Emulator, EmulatorOptions
from importcost.measure.runners.engines import EngineState, find_engine
from importcost.reports.exports.formats import FORMATS
from tests.commands import run_here
from tests.harness import write_files

GIVEN = {
    "TOKEN": "CANARYenv71f3a9",
    "FROM_FILE": "CANARYfile5b2c8e",
    "CONFIGURED": "CANARYconf0c4d7a",
    "ODD": 'CANARYodd "9e" \\ é',
    "TEMPLATED": "CANARYtmpl3d8b2c",
}
SHORT = {"A": "1", "FLAG": "true", "AB": "ab", "PORT": "8080"}
KEY = """-----BEGIN RSA PRIVATE KEY-----
CANARYkeyMIIEow
CANARYkeyIBAAK
-----END RSA PRIVATE KEY-----"""
CREDENTIALS = (
    "AKIACANARYAKIA777777",
    "Authorization: Bearer CANARYbearer0123456789",
    "password=CANARYpassword",
    "https://me:CANARYurl@example.com/simple",
    "ghp_CANARYgh01234567890123456789012345678",
)
LEAK = "CANARY"

SAYS = f"""
import logging, os, subprocess, sys, tempfile, types, warnings

VALUES = [os.environ[name] for name in {list(GIVEN)!r} if name in os.environ]
CREDENTIALS = "\\n".join({CREDENTIALS!r}) + "\\n" + {KEY!r}
"""
NOISE = """
folder = tempfile.mkdtemp()
sys.path.append(folder)
for value in VALUES:
    print("printed", value, repr(value))
    os.write(2, b"raw " + value.encode() + b"\\n")
    logging.warning("logged %s", value)
    subprocess.run([sys.executable, "-c", "pass", value])
    if not value.isalnum():
        continue
    os.system(f"true --token {value}")
    open(os.path.join(folder, f"mod_{value}.py"), "w").write("x = 1\\n")
    open(os.path.join(folder, value), "w").close()
    __import__(f"mod_{value}")
    sys.modules[f"made_{value}"] = types.ModuleType(f"made_{value}")
print(CREDENTIALS)
"""
LITERALS = """
import csv
import decimal

client = dict(password="CANARYliteral", api_key='CANARYliteral2', n=decimal.Decimal(1))


def handler(event, context):
    print(CREDENTIALS, VALUES)
    if event.get("fails"):
        raise ValueError(CREDENTIALS + str(VALUES))
    return csv.__name__, client
"""
RAISES = {
    "message": "raise RuntimeError(f'no {VALUES} {CREDENTIALS}')\n",
    "exit": "sys.exit(str(VALUES) + CREDENTIALS)\n",
    "key": "{}[VALUES[0]]\n",
    "variable": "os.environ[VALUES[0]]\n",
    "module": "__import__(''.join(filter(str.isalnum, VALUES[0])))\n",
    "file": "open('/nowhere/' + VALUES[0])\n",
    "network": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/' + VALUES[0])\n",
    "program": "subprocess.run(['false', *VALUES], check=True)\n",
    "syntax": "exec(VALUES[0] + ' (')\n",
    "crash": "print(VALUES, CREDENTIALS, flush=True)\nos.abort()\n",
    "cut": "print('x' * 9 + VALUES[0] * 9000, flush=True)\nos._exit(3)\n",
    "slow": "print(VALUES, CREDENTIALS, flush=True)\nwhile True: pass\n",
}
CONFIG = """
[handlers.orders]
handler = "handler.py:handler"
max_init_ms = 60000
env = { CONFIGURED = "CANARYconf0c4d7a", A = "1", FLAG = "true" }
[handlers.fails]
handler = "fails.py:handler"
level = "warning"
env = { CONFIGURED = "CANARYconf0c4d7a" }
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: handler.handler
      Runtime: python3.11
      Environment: {Variables: {TEMPLATED: CANARYtmpl3d8b2c, TOKEN: CANARYenv71f3a9}}
"""
FILES = {
    "handler.py": SAYS + NOISE + LITERALS,
    "fails.py": SAYS + RAISES["message"],
    "importcost.toml": CONFIG,
    "template.yaml": TEMPLATE,
    ".env": f"FROM_FILE={GIVEN['FROM_FILE']}\nODD={GIVEN['ODD']}\n",
    "event.json": '{"fails": true}',
}
ENV = ("--env", f"TOKEN={GIVEN['TOKEN']}", "--env-file", ".env")
SHORT_ENV = tuple(word for name, value in SHORT.items() for word in ("--env", f"{name}={value}"))
LOCAL = ("--runner", "local", "--runs", "6")
ALL_FORMATS = tuple(
    word for known in FORMATS.values() for word in ("-o", f"out/all{known.suffixes[0]}")
)


@pytest.fixture
def folder(tmp_path):
    folder = write_files(tmp_path / "project", FILES)
    (folder / "out").mkdir()
    (tmp_path / "tmp").mkdir()
    return folder


def run(folder: Path, *words: str, **options):
    variables = {
        "IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"),
        "TMPDIR": str(folder.parent / "tmp"),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "out" / "summary.md"),
        "VIRTUAL_ENV": None,
    }
    return run_here(folder, *words, variables=variables, **options)


def leaks(folder: Path, done) -> list[str]:
    """Return where a canary came out: streams, and every file that was not there before."""
    texts = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    for path in folder.parent.rglob("*"):
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
        if path.is_file() and name not in FILES:
            texts[name] = path.read_bytes() + path.name.encode()
    return [
        f"{name}: {text[max(at - 60, 0) : at + 60]!r}"
        for name, text in texts.items()
        if (at := text.find(LEAK.encode())) >= 0
    ]


def saved(folder: Path, *words: str) -> None:
    """Measure the handler and save everything that a profile can be written as."""
    done = run(folder, "profile", "handler.py", *ENV, *SHORT_ENV, *LOCAL, *words, *ALL_FORMATS)
    assert done.returncode == 0, done.stderr
    assert leaks(folder, done) == []
    # The canaries were there, or the search would prove nothing.
    assert "mod_(the value of TOKEN)" in (folder / SAVED).read_text()
    assert "(the value of FROM_FILE)" in done.stdout


TARGET = ("handler.py:handler", *ENV, *LOCAL)
REPORTS = ("--junit", "out/j.xml", "--sarif", "out/s.sarif", "--markdown", "out/m.md")
WALK = {
    "defer": [
        ("defer", *TARGET, "--no-verify", "--event", "event.json", "-o", "out/d.json"),
        ("defer", *TARGET, "--no-verify", "-o", "out/d.html", "--verbose"),
    ],
    "estimate": [("estimate", *TARGET), ("estimate", *TARGET, "--json")],
    "why": [
        ("why", "handler.py:handler", "csv", *ENV, *LOCAL),
        ("why", "handler.py", "mod_*", *ENV),
    ],
    "strategies": [
        ("strategies", *TARGET, "--invocations", "1000", "--duration", "9"),
        ("strategies", *TARGET, "--invocations", "1000", "--duration", "9", "--json"),
    ],
    "init": [("init", "--runner", "local", "--pyproject")],
    "list": [("list", "template.yaml"), ("list", "template.yaml", "--json")],
    "check": [
        ("check", *LOCAL, *REPORTS, "--html", "out", "--update-baseline"),
        ("check", *LOCAL, "--json", "--verbose"),
        ("check", "--runner", "local", "--deterministic"),
    ],
    "compare": [
        (
            "compare",
            "../base",
            ".",
            "--runner",
            "local",
            "--pairs",
            "8",
            *REPORTS,
            "--reports",
            "out",
        ),
        ("compare", "../base", ".", "--runner", "local", "--pairs", "8", "--json"),
    ],
    "snapstart": [
        ("snapstart", "handler.py:handler", *ENV, "--runner", "local"),
        ("snapstart", "handler.py:handler", *ENV, "--runner", "local", "--json"),
        ("snapstart", "fails.py", *ENV, "--runner", "local"),
    ],
    "verify-init": [("verify-init", *TARGET[:-2])],
    "profile": [
        ("profile", "template.yaml::Orders", *LOCAL, "-o", "out/t.json"),
        ("profile", "handler.py", *ENV, *LOCAL, "--verbose", "--package-type", "image"),
    ],
}
SAVED = "out/all.json"
AFTER = {
    "view": [("view", SAVED), ("view", SAVED, "--tree"), ("view", SAVED, "-o", "out/v.html")],
    "export": [
        ("export", SAVED, "--format", name, "-o", f"out/e{FORMATS[name].suffixes[0]}")
        for name in FORMATS
    ],
    "diff": [("diff", SAVED, SAVED), ("diff", SAVED, SAVED, "-o", "out/d.html")],
    "calibrate": [("calibrate", SAVED, "--logs", "lambda.log", "--json")],
    "merge": [("merge", SAVED)],
    "comment": [("comment", "none.md")],
    "budget": [("budget", "-o", "out/budget.json"), ("budget", "-o", "-")],
    # What an account's answers hold is planted in tests/account.
    "account": [("account", "--policy")],
    "trend": [("trend", "none.sqlite")],
    "verify": [("verify", "handler.py")],
    "layer": [("layer", "-o", "out/layer.zip")],
    "completion": [("completion", "bash")],
}


def test_the_walk_takes_every_command():
    assert {*WALK, *AFTER} == set(COMMANDS)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            one,
            marks=pytest.mark.unhurried if one in ("profile", "snapstart") else pytest.mark.slow,
        )
        for one in WALK
    ],
)
def test_no_canary_comes_out_of(folder, command):
    write_files(folder.parent / "base", {**FILES, "handler.py": FILES["handler.py"] + "# base\n"})
    for words in WALK[command]:
        done = run(folder, *words)
        assert "importcost itself failed" not in done.stderr, done.stderr
        base = [leak for leak in leaks(folder, done) if "/base/" not in leak.split(": ")[0]]
        assert base == [], words


@pytest.mark.unhurried
def test_no_canary_comes_out_of_a_saved_profile(folder):
    saved(folder)
    write_files(folder, {"lambda.log": f"{CREDENTIALS[1]}\nnothing here\n"})
    for words in (words for command in AFTER.values() for words in command):
        done = run(folder, *words)
        assert "importcost itself failed" not in done.stderr, done.stderr
        found = [leak for leak in leaks(folder, done) if not leak.startswith("lambda.log")]
        assert found == [], words


@pytest.mark.unhurried
@pytest.mark.parametrize("way", RAISES)
def test_a_handler_that_fails_with_them_is_explained_without(folder, way):
    write_files(folder, {"fails.py": SAYS + RAISES[way]})
    limit = ("--timeout", "2") if way == "slow" else ()
    done = run(folder, "profile", "fails.py", *ENV, *LOCAL, "--verbose", *limit)
    assert done.returncode == 3, done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("Error: "), done.stderr
    assert leaks(folder, done) == []


@pytest.mark.slow
def test_short_values_turn_no_report_into_confetti(folder):
    saved(folder)
    for path in (folder / "out").iterdir():
        for name in SHORT:
            assert f"the value of {name})".encode() not in path.read_bytes()
    names = {
        module["name"]
        for module in json.loads((folder / "out/all.json").read_text())["graph"]["modules"]
    }
    assert "csv" in names


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--env", "CANARYvalue"), "--env"),
        (("--env", "TWO WORDS=CANARYvalue"), "TWO WORDS"),
        (("--env", "NAME=CANARY\0value"), "NAME"),
        (("--env-file", "bad.env"), "bad.env line 2"),
    ],
)
def test_an_error_about_a_variable_names_its_place_and_not_its_value(folder, words, line):
    write_files(folder, {"bad.env": "FINE=1\nCANARYvalue without equals\n"})
    done = run(folder, "profile", "handler.py", *words)
    assert done.returncode == 2
    assert line in done.stderr
    assert LEAK not in done.stderr + done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        'env = "CANARYx"',
        'env = ["CANARYx"]',
        "env = { TOKEN = ['CANARYx'] }",
        "env = { TOKEN = 'CANARYx', A = 1 }",
        "env = { TOKEN = 'CANARYx",
    ],
)
def test_an_error_in_the_configuration_shows_no_value(folder, setting):
    text = f'[handlers.orders]\nhandler = "handler.py:handler"\n{setting}\n'
    write_files(folder, {"importcost.toml": text})
    done = run(folder, "check", *LOCAL)
    assert done.returncode == 2, done.stderr
    assert "importcost.toml" in done.stderr
    other = run(folder, "profile", "handler.py", *LOCAL)
    assert LEAK not in done.stderr + done.stdout + other.stderr + other.stdout


@pytest.mark.unhurried
def test_an_index_with_a_password_is_named_without_it(folder):
    index = "--index-url https://me:CANARYurl@127.0.0.1:9/simple\nabsent-package-x==1\n"
    write_files(folder, {"requirements.txt": index})
    done = run(folder, "profile", "handler.py", *ENV, *LOCAL, "--verbose")
    assert done.returncode == 3
    assert LEAK not in done.stderr + done.stdout
    cached = (folder.parent / "cache").rglob("*")
    assert not [path for path in cached if path.is_file() and LEAK.encode() in path.read_bytes()]


def test_no_engines_command_line_shows_a_value(tmp_path):
    variables = tmp_path / "variables"
    options = EmulatorOptions(
        image="mine", handler="handler.handler", folders=(), opt=(), memory_mb=128, cpus=2.0,
        environment=GIVEN, python_version="3.12", network="none", timeout_s=9.0,
    )  # fmt: skip
    emulator = Emulator(
        EngineState(find_engine("docker"), True, True, True), options, variables, None, None
    )
    assert LEAK not in " ".join(emulator._run_words("name", "handler.handler"))
    text = variables.read_text()
    assert all(name in text for name in GIVEN)


@pytest.mark.parametrize("name", ["a.b", "A B", "1ST", "x;touch y"])
def test_the_emulator_takes_no_variable_that_lambda_would_not(name):
    from importcost.measure.emulator import check_names

    with pytest.raises(UsageError, match="letters, digits and underscores"):
        check_names({name: "CANARY"})
