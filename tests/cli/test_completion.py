"""Shells complete the command line: real shells, started as their users start them."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import click
import pytest

from importcost.cli.completer import with_completed_values
from importcost.cli.completion import SHELLS
from importcost.cli.group import COMMANDS, COMPLETION_VARIABLE, cli
from tests.commands import run_here
from tests.harness import PATIENCE_S, write_files

CONFIG = """[handlers.orders]
handler = "shop/handler.py"
[handlers."pay-ments/card"]
handler = "shop/handler.py"
[handlers."two words"]
handler = "shop/handler.py"
[handlers."$(touch owned)"]
handler = "shop/handler.py"
"""
FILES = {"importcost.toml": CONFIG, "shop/handler.py": "", "zeta.json": "{}"}
COMPLETED = {
    "importcost pro": "importcost profile",
    "importcost verify-": "importcost verify-init",
    "importcost check ord": "importcost check orders",
    "importcost check pay": "importcost check pay-ments/card",
    "importcost check ze": "importcost check zeta.json",
    "importcost compare base --only or": "importcost compare base --only orders",
    "importcost calibrate x --handler or": "importcost calibrate x --handler orders",
    "importcost profile --package-type im": "importcost profile --package-type image",
    "importcost profile --task-root sh": "importcost profile --task-root shop/",
    "importcost profile sh": "importcost profile shop/",
    "importcost profile shop/ha": "importcost profile shop/handler.py",
    "importcost profile --region eu-nor": "importcost profile --region eu-north-1",
    "importcost profile --no-pla": "importcost profile --no-placeholders",
    "importcost export ze": "importcost export zeta.json",
    "importcost completion fi": "importcost completion fish",
}


def complete(folder, words, at=None, shell="bash"):
    """Return what the program answers a shell that completes the last of `words`."""
    place = len(words.split()) - (not words.endswith(" ")) if at is None else at
    variables = {"COMP_WORDS": words, "COMP_CWORD": str(place)}
    if shell == "fish":
        variables["COMP_CWORD"] = words.split()[-1]
    variables[COMPLETION_VARIABLE] = f"{shell}_complete"
    done = subprocess.run(
        [sys.executable, "-m", "importcost"],
        cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


def at_home(home):
    """Return the variables of a user of importcost whose home is `home`."""
    wrapper = f'#!/bin/sh\nexec "{sys.executable}" -m importcost "$@"\n'
    (write_files(home, {"bin/importcost": wrapper}) / "bin/importcost").chmod(0o755)
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ, "PATH": path, "HOME": str(home), "TERM": "dumb", "PS1": "> ", "EDITOR": "ed",
    }  # fmt: skip


class Terminal:
    """A shell on a terminal of its own, in which keys are pressed."""

    def __init__(self, argv, folder, home):
        import pty

        self.keys, screen = pty.openpty()
        self.shell = subprocess.Popen(
            argv, cwd=folder, env=at_home(home), stdin=screen, stdout=screen, stderr=screen,
            start_new_session=True,
        )  # fmt: skip
        os.close(screen)
        self.seen = b""

    def press(self, keys):
        os.write(self.keys, keys.encode())

    def read_until(self, start, end):
        """Return what comes between `start`, with which a line begins, and `end`."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            line = re.search(rb"\n" + start + rb"([^\n]*?)" + end, self.seen)
            if line is not None:
                self.seen = self.seen[line.end() :]
                return line[1].decode()
            assert time.monotonic() < limit, self.seen
            if select.select([self.keys], [], [], 1.0)[0]:
                self.seen += os.read(self.keys, 65536)

    def completed(self, words):
        """Return the command line after `words` and the tab key."""
        self.press(f"{words}\t\x01echo '<\x05>'\n")
        return self.read_until(rb"<", rb">").rstrip(" ")

    def end(self):
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait(PATIENCE_S)
        os.close(self.keys)


def shell_or_skip(name):
    if shutil.which(name) is None:
        reason = f"{name} is not installed"
        if os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1":
            pytest.fail(f"IMPORTCOST_REQUIRE_ALL is set, but {reason}")
        pytest.skip(reason)


@pytest.fixture
def folder(tmp_path):
    return write_files(tmp_path / "project", FILES)


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("shell", "argv", "setup"),
    [
        ("bash", ["bash", "--noprofile", "--norc", "-i"], "source"),
        ("zsh", ["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -D && source"),
    ],
)
def test_a_shell_completes_at_the_tab_key(folder, tmp_path, shell, argv, setup):
    shell_or_skip(shell)
    write_files(tmp_path, {f"script.{shell}": run_here(folder, "completion", shell).stdout})
    terminal = Terminal(argv, folder, tmp_path / "home")
    try:
        terminal.press(f"{setup} ../script.{shell} && echo 're''ady'\n")
        terminal.read_until(rb"ready", rb"")
        for words, expected in COMPLETED.items():
            assert terminal.completed(words).rstrip("/") == expected.rstrip("/")
    finally:
        terminal.end()
    assert not (folder / "owned").exists()


@pytest.mark.unhurried
def test_zsh_loads_the_script_from_its_folder_of_functions(folder, tmp_path):
    shell_or_skip("zsh")
    write_files(tmp_path, {"fn/_importcost": run_here(folder, "completion", "zsh").stdout})
    terminal = Terminal(["zsh", "-f", "-i"], folder, tmp_path / "home")
    try:
        terminal.press(
            "fpath=(../fn $fpath); autoload -Uz compinit && compinit -D; echo 're''ady'\n"
        )
        terminal.read_until(rb"ready", rb"")
        assert terminal.completed("importcost check ord") == "importcost check orders"
    finally:
        terminal.end()


@pytest.mark.unhurried
def test_fish_completes(folder, tmp_path):
    shell_or_skip("fish")
    write_files(tmp_path, {"importcost.fish": run_here(folder, "completion", "fish").stdout})
    asked = "".join(f"complete -C '{words}'; echo @@\n" for words in COMPLETED)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source ../importcost.fish\n{asked}"],
        cwd=folder, env=at_home(tmp_path / "home"), capture_output=True, text=True, check=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    answers = done.stdout.split("@@\n")
    for (words, expected), answer in zip(COMPLETED.items(), answers, strict=False):
        values = [line.split("\t")[0] for line in answer.splitlines()]
        assert values == [expected.rsplit(" ", 1)[1]], words


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_without_starting_the_shell(tmp_path, shell):
    done = run_here(tmp_path, "completion", shell, variables={"PATH": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{COMPLETION_VARIABLE}={shell}_complete" in done.stdout


def test_another_shell_is_refused_with_the_known_ones(tmp_path):
    done = run_here(tmp_path, "completion", "tcsh")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr


def test_all_commands_are_completed(tmp_path):
    assert complete(tmp_path, "importcost ") == [f"plain,{name}" for name in COMMANDS]


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "config",
    ["[handlers", "[handlers.a]\nunknown = 1\n", "\0", "[handlers]\n", "x = 1\n", ""],
)
def test_a_broken_configuration_completes_no_names_and_says_nothing(tmp_path, config):
    write_files(tmp_path, {"importcost.toml": config})
    assert complete(tmp_path, "importcost compare a --only ") == []
    assert complete(tmp_path, "importcost check ") == ["file,"]


def test_names_come_from_the_configuration_that_is_named(folder):
    write_files(folder, {"other.toml": '[handlers.elsewhere]\nhandler = "shop/handler.py"\n'})
    words = "importcost check --config other.toml "
    assert complete(folder, words) == ["plain,elsewhere"]


@pytest.mark.parametrize(
    "told", [{}, {"COMP_WORDS": "importcost"}, {"COMP_WORDS": "importcost", "COMP_CWORD": "x"}]
)
def test_a_shell_that_tells_no_words_gets_an_exit_code_and_no_sentence(tmp_path, told):
    variables = {"COMP_WORDS": None, "COMP_CWORD": None, **told}
    done = run_here(tmp_path, variables={**variables, COMPLETION_VARIABLE: "bash_complete"})
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src}
  Payments:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src}
"""


@pytest.mark.unhurried
def test_the_functions_of_the_configured_project_are_names(tmp_path):
    config = 'project = "template.yaml"\n'
    files = {
        "importcost.toml": config,
        "template.yaml": TEMPLATE,
        "src/app.py": "handler = print\n",
    }
    write_files(tmp_path, files)
    assert complete(tmp_path, "importcost check Pay") == ["plain,Payments"]
    (tmp_path / "template.yaml").unlink()
    assert complete(tmp_path, "importcost check Pay") == ["file,Pay"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("größe", True),
        ("a_b-c.d@2:x", True),
        ("-x", False),
        ("a b", False),
        ("a,b", False),
        ("a*", False),
        ("a\\nb", False),
        ("~a", False),
        ("`id`", False),
        ("", False),
    ],
)
def test_a_name_is_offered_if_shells_read_it_as_one_plain_word(tmp_path, name, offered):
    text = f'[handlers."{name}"]\nhandler = "app.py"\n'
    (tmp_path / "importcost.toml").write_text(text, encoding="utf-8")
    expected = [f"plain,{name}"] if offered else []
    assert complete(tmp_path, "importcost compare a --only ") == expected


@pytest.mark.parametrize("words", ["importcost profil x", "importcost -q x"])
def test_a_mistyped_command_completes_nothing_and_says_nothing(folder, words):
    assert complete(folder, words) == []


def test_completing_a_name_imports_no_command(tmp_path):
    variable = f"{COMPLETION_VARIABLE}='bash_complete'"
    code = (
        "import os, sys; from importcost.cli.main import main\n"
        f"os.environ.update(COMP_WORDS='importcost pro', COMP_CWORD='1', {variable})\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "plain,profile\n"
    own = {one for one in ran.stderr.splitlines() if one.startswith("importcost.")}
    assert own == {
        "importcost.cli",
        *(f"importcost.cli.{one}" for one in ("group", "main", "printing")),
    }


FREE = re.compile(
    r"5%|CODE|COMMAND|COMMIT|GB|I/N|K=V|MB\b.*|MODULE|MS|N|NAME|P|PATTERN|REGION|REQUIREMENT|SECONDS|SPAN|W,W,.*"
    r"|VERSION\|none|WHEN|python3\.X|'GET /PATH'|'NAME ARGS'|NAME\|none"
)
"""Metavars of values that nothing on this machine lists."""
FREE_NAMES = {"adapters", "image", "module", "name", "network"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_text_completes_or_is_known_to_be_free(name):
    command = with_completed_values(cli.get_command(click.Context(cli), name), "zsh_complete")
    texts = [one for one in command.params if isinstance(one.type, click.types.StringParamType)]
    unknown = [
        one.name
        for one in texts
        if one.name not in FREE_NAMES and not FREE.fullmatch(one.metavar or "")
    ]
    assert unknown == [], "cli/completer.py completes them, or FREE lists their metavars"
