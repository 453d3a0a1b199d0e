"""Carry out the commands of a page as its reader would, in one folder after the other."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from tests.commands import run_here
from tests.documents.blocks import ROOT, Step
from tests.documents.place import Place
from tests.harness import PATIENCE_S

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHELL = frozenset(("|", "&&", ">", ">>", ";"))
OTHERS = frozenset(("aws", "cat", "cd", "cp", "echo", "git", "mkdir", "printf"))
"""Programs that are run as they are written."""
Ended = subprocess.CompletedProcess[str]
_ASSIGNMENT = re.compile(r"^\w+=\S+(?: \w+=\S+)*$", re.MULTILINE)


class Reader:
    """Carries out one page's commands in its place, with the variables that they set."""

    def __init__(self, place: Place, programs: Path) -> None:
        self._place = place
        self._variables: dict[str, str | None] = {"VIRTUAL_ENV": None, **place.variables}
        self._assigned: list[str] = []
        self._programs = programs
        programs.mkdir()
        for name, module in (("importcost", "importcost"), ("aws", "tests.documents.aws_program")):
            script = f'#!/bin/sh\nPYTHONPATH={ROOT} exec "{sys.executable}" -m {module} "$@"\n'
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)

    def carry_out(self, step: Step) -> Ended:
        """Run one command and return its end.

        importcost runs in this process. What sets up an environment is checked and not done again:
        the tests' own environment is what such a line makes. Raises AssertionError for a program
        that no page's reader was told to have.
        """
        if "\n" in step.command or "$" in step.command:
            return self._shell(step.command)
        parts = step.command.split(" && ")
        if len(parts) > 1:  # as `&&` goes on: while the one before succeeded
            ended = [self.carry_out(step.changed(part)) for part in parts]
            return next((one for one in ended if one.returncode), ended[-1])
        words = shlex.split(step.command, comments=True)
        name = Path(words[0]).name
        if "--snakeviz" in words:
            return self._until_interrupted(words)
        if name == "importcost" and not SHELL & set(words):
            return run_here(self._place.folder, *words[1:], variables=self._variables)
        if words[0] == "." or words[1:3] == ["-m", "venv"]:
            return _done(words)
        if name == "pip":
            return _installed(words)
        assert name in OTHERS | {"importcost"}, f"{step.command}: nobody runs {name} here"
        return self._shell(step.command)

    def _until_interrupted(self, words: list[str]) -> Ended:
        """Run a command that serves a page until Ctrl-C, and press that when it has said where."""
        process = subprocess.Popen(
            [sys.executable, "-m", *words, "--no-open"],
            cwd=self._place.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(words, process.returncode, first + stdout, stderr)

    def _shell(self, text: str) -> Ended:
        """Run a text as one shell would that has run the texts before it."""
        given = {**os.environ, **self._variables}
        path = os.pathsep.join((str(self._programs), str(Path(sys.executable).parent)))
        environment = {k: v for k, v in given.items() if v is not None}
        environment["PATH"] = f"{path}{os.pathsep}{os.environ['PATH']}"
        ended = subprocess.run(
            ["bash", "-euc", "\n".join([*self._assigned, text])],
            cwd=self._place.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        self._assigned += _ASSIGNMENT.findall(text)
        return ended


def _installed(words: list[str]) -> Ended:
    """Check that what a page installs is this project, with extras that it has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert words[1] == "install", words
    for word in (one for one in words[2:] if one[0] not in "-."):
        named = Requirement(word)
        assert named.name == project["name"], word
        assert named.extras <= set(project["optional-dependencies"]), word
    return _done(words)


def _done(words: list[str]) -> Ended:
    return subprocess.CompletedProcess(words, 0, "", "")
