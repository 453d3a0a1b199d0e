"""Choose the Python to measure if the user does not name one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import UsageError, Words, remedy, words
from importcost.parameters import Parameter
from importcost.targets.asked_python import (
    asked_versions,
    interpreter_asked,
    is_asked,
    this_version,
)


@dataclass(frozen=True, slots=True)
class InterpreterChoice:
    """An interpreter's path and the reason for its choice, in words for the user."""

    path: str
    reason: str | Words


def environment_python(folder: Path) -> Path | None:
    """Return the interpreter of a virtual environment folder, or None."""
    for relative in ("bin/python", "Scripts/python.exe"):
        if (folder / relative).exists():
            return folder / relative
    return None


def choose_interpreter(
    named: str | None, runtime: str | None, start: Path, environ: Mapping[str, str]
) -> InterpreterChoice:
    """Choose the interpreter to measure.

    In order: `named` by the user; for an explicit `runtime`, that version on PATH; the active
    virtual environment; a `.venv` in `start` or above; the interpreter that runs importcost, or
    another of this machine if the project asks for a version that this is not. Raises UsageError if
    a named interpreter does not exist.
    """
    if named:
        return InterpreterChoice(_named(named), words("named with ", Parameter.PYTHON))
    if runtime:
        found = shutil.which(runtime, path=environ.get("PATH"))
        if runtime == f"python{sys.version_info[0]}.{sys.version_info[1]}":
            return _default(start, environ)
        if found:
            reason = words(f"{runtime} on PATH, as ", Parameter.RUNTIME, " asks")
            return InterpreterChoice(found, reason)
        return _default(start, environ)
    return _default(start, environ)


def _default(start: Path, environ: Mapping[str, str]) -> InterpreterChoice:
    active = environ.get("VIRTUAL_ENV")
    if active:
        python = environment_python(Path(active))
        if python:
            return InterpreterChoice(str(python), f"the active virtual environment {active}")
    for folder in (start, *start.parents):
        python = environment_python(folder / ".venv")
        if python:
            return InterpreterChoice(str(python), f"the virtual environment {folder / '.venv'}")
    asked = asked_versions(start)
    if asked is None or is_asked(this_version(), asked[0]):
        return InterpreterChoice(sys.executable, "the interpreter that runs importcost")
    path = interpreter_asked(asked[0], environ)
    if path is not None:
        return InterpreterChoice(path, f"{asked[1]} asks for Python {asked[0]}")
    return InterpreterChoice(
        sys.executable,
        f"the interpreter that runs importcost; {asked[1]} asks for Python {asked[0]}, which is "
        "not found here",
    )


def _named(text: str) -> str:
    if os.sep not in text:
        found = shutil.which(text)
        if found:
            return found
    path = Path(text).absolute()
    if path.is_dir():
        python = environment_python(path)
        if python:
            return str(python)
    if not path.is_file() or not os.access(path, os.X_OK):
        raise UsageError(
            f"There is no interpreter {text}",
            remedy(
                words("give ", Parameter.PYTHON, " a path"),
                "a name on PATH such as python3.12",
                "a virtual environment's folder",
            ),
        )
    return str(path)
