"""The user's test command: its words, its program, and the environment that it runs in."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from importcost.errors import UsageError, remedy

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SHELL_WORDS = frozenset(("&&", "||", "|", "&", ";", ">", ">>", "<", "2>&1", "2>"))
_KEPT_VARIABLES = frozenset(("PATH", "VIRTUAL_ENV", "CONDA_PREFIX"))
"""Variables that name environments, which the copy only links to."""
WIDE_COLUMNS = "240"
"""pytest cuts the reason of a failure at the terminal's width."""


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A test command as the user wrote it, split as a shell splits it.

    `variables` are assignments in front of it: `STAGE=test pytest -q`.
    """

    text: str
    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def parse_command(text: str) -> OwnCommand:
    """Split a command. Raises UsageError for one that is empty or needs a shell."""
    try:
        every = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"The command {text!r} of --test cannot be split into words ({error})",
            remedy("close its quotes"),
        ) from error
    variables = {}
    while every and (found := _ASSIGNMENT.fullmatch(every[0])):
        variables[found[1]] = found[2]
        every = every[1:]
    if not every:
        raise UsageError(
            "--test has no command", remedy('name the one that runs your tests: --test "pytest -q"')
        )
    needing = [word for word in every if word in _SHELL_WORDS or word.endswith(";")]
    if needing or every[0] in ("cd", "source", ".", "export"):
        raise UsageError(
            f"The command {text!r} of --test needs a shell, and is run without one",
            remedy(f"write --test {shlex.quote('sh -c ' + shlex.quote(text))}"),
        )
    return OwnCommand(text.strip(), tuple(every), variables)


def search_path(environ: Mapping[str, str], python: str, *, is_preferred: bool) -> str:
    """Return the folders in which the command's program is looked for.

    That of the interpreter `python` comes first if the user chose it (`is_preferred`), else last.
    """
    own = str(Path(python).parent)
    path = environ.get("PATH", os.defpath)
    return os.pathsep.join([own, path] if is_preferred else [path, own])


def find_program(command: OwnCommand, here: Path, path: str) -> None:
    """Raise UsageError if the command's program is not there or cannot be run."""
    name = command.words[0]
    found = shutil.which(str(here / name) if os.sep in name else name, path=path)
    if found is None:
        looked = f"in {here}" if os.sep in name else f"on {path}"
        raise UsageError(
            f"The program {name} of --test was not found or cannot be run ({looked})",
            remedy(
                "install it in the environment that runs your tests", "name the program by its path"
            ),
        )


@dataclass(frozen=True, slots=True)
class Relocation:
    """The move of a project to its copy, for words and variables that name the project."""

    folder: Path
    copy: Path

    def of(self, text: str) -> str:
        """Return `text` with the project's folder replaced, where a path begins with it."""
        pattern = rf"(?<![\w./-]){re.escape(str(self.folder))}(?=/|$|[:;,\"'\s])"
        return re.sub(pattern, lambda _: str(self.copy), text)


def environment_of(
    command: OwnCommand,
    environ: Mapping[str, str],
    moved: Relocation,
    *,
    path: str,
    bytecode: Path,
    first: tuple[Path, ...] = (),
) -> dict[str, str]:
    """Return the variables of one run: the user's own, with the project's folder replaced.

    Bytecode goes to the folder `bytecode`, which then shows what was imported from where. `first`
    are folders of the project; modules are looked for in their copies before anywhere else.
    """
    both = {**environ, **command.variables}
    kept = {
        name: text if name in _KEPT_VARIABLES else moved.of(text) for name, text in both.items()
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    searched = [moved.of(str(folder)) for folder in first] + [kept.get("PYTHONPATH", "")]
    kept |= {"PATH": path, "PYTHONPYCACHEPREFIX": str(bytecode), "COLUMNS": WIDE_COLUMNS}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, searched))
    if not kept["PYTHONPATH"]:
        del kept["PYTHONPATH"]
    return kept
