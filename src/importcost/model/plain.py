"""Targets that are not Lambda handlers: a package, a statement or a program."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from enum import Enum

from importcost.errors import UsageError, remedy, words
from importcost.parameters import Parameter


class TargetKind(str, Enum):
    """The kinds of what can be measured."""

    HANDLER = "handler"
    MODULE = "module"
    COMMAND = "command"
    SCRIPT = "script"
    FILE = "file"

    @property
    def runs(self) -> bool:
        """Return True for a program, which is run from the interpreter's start to its end."""
        return self in (TargetKind.SCRIPT, TargetKind.FILE)


@dataclass(frozen=True, slots=True)
class PlainTarget:
    """A target that is imported or run on this machine, without anything of Lambda.

    `words` name it as the user did: `mypkg`, `import x`, `mycli --help`. `text` is the text of the
    `__main__` that is run, None for a module, which is imported. `arguments` are those of a script
    or a file. `search_path` are the folders that come first on sys.path. `folder` is the current
    folder of the launch. `extras` are the extras of a package whose requirements alone may be
    imported, None if everything that is installed may be.
    """

    kind: TargetKind
    words: str
    text: str | None = None
    arguments: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()
    folder: str = ""
    extras: tuple[str, ...] | None = None
    entry: str | None = None
    """The entry point that a console script calls, `package.module:function`, None without one."""

    @property
    def label(self) -> str:
        """Return the option that names it, as it is typed: `-m mypkg`."""
        options = {TargetKind.MODULE: "-m", TargetKind.COMMAND: "-c"}
        option = options.get(self.kind, f"--{self.kind.value}")
        return f"{option} {shlex.quote(self.words)}"


PARAMETERS = {
    TargetKind.MODULE: Parameter.MODULE,
    TargetKind.COMMAND: Parameter.COMMAND,
    TargetKind.SCRIPT: Parameter.SCRIPT,
    TargetKind.FILE: Parameter.FILE,
}
"""The option, and the setting, of each kind that is not a handler."""


@dataclass(frozen=True, slots=True)
class PlainChoice:
    """A kind of target and the text that names it: `mypkg`, `import x`, `mycli --help`."""

    kind: TargetKind
    text: str

    @property
    def parameter(self) -> Parameter:
        """Return the parameter that the user gave."""
        return PARAMETERS[self.kind]

    @property
    def label(self) -> str:
        """Return a short name for lists: the option, and the first word of what it names."""
        options = {TargetKind.MODULE: "-m", TargetKind.COMMAND: "-c"}
        option = options.get(self.kind, f"--{self.kind.value}")
        if self.kind is TargetKind.COMMAND:
            return option
        return f"{option} {self.text.split()[0] if self.text.split() else ''}".strip()


def plain_choice(
    module: str | None, command: str | None, script: str | None, file: str | None
) -> PlainChoice | None:
    """Return what was named, None if nothing but a handler may be.

    Raises UsageError for two of them, and for an empty one.
    """
    given = {
        TargetKind.MODULE: module,
        TargetKind.COMMAND: command,
        TargetKind.SCRIPT: script,
        TargetKind.FILE: file,
    }
    chosen = [PlainChoice(kind, text) for kind, text in given.items() if text is not None]
    if not chosen:
        return None
    if len(chosen) > 1:
        first, second = chosen[0].parameter, chosen[1].parameter
        raise UsageError(
            words(first, " and ", second, " name two things to measure"),
            remedy("leave one of the two out"),
        )
    (one,) = chosen
    if not one.text.strip():
        raise UsageError(words(one.parameter, " is empty"), remedy("name what is to be measured"))
    if "\0" in one.text:
        raise UsageError(words(one.parameter, " has a null character"), remedy("leave it out"))
    return one


def split_words(choice: PlainChoice) -> list[str]:
    """Return the words of a script's or a file's command line. Raises UsageError."""
    try:
        # A backslash is part of a path there, and the start of an escape elsewhere.
        found = shlex.split(choice.text, posix=sys.platform != "win32")
    except ValueError as error:
        raise UsageError(
            words(choice.parameter, f" `{choice.text}` cannot be split into words ({error})"),
            remedy("close the quote"),
        ) from None
    if not found or not found[0]:
        raise UsageError(
            words(choice.parameter, " is empty"), remedy("name what is to be measured")
        )
    return found
