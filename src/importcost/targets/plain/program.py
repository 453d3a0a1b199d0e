"""Resolve a console script, a Python file or a statement to a Target that is run as `__main__`."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.files.read import read_found
from importcost.model.plain import PlainChoice, PlainTarget, TargetKind, split_words
from importcost.model.profile import Target
from importcost.parameters import Parameter
from importcost.targets.plain.environment import FoundInEnvironment
from importcost.targets.plain.package import own_root
from importcost.targets.plain.tree import folders_with, imported_tops

MAIN_MODULE = "__main__"
_ENTRY = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<name>[\w.]+)\s*(\[.*\])?")
_PYTHON = re.compile(rb"^#!.*python[\d.]*w?[\"']?\s*(-\S+\s*)*$", re.MULTILINE)
_LONG_SHEBANG = b"'''exec' "
_HEAD_BYTES = 4096
_SOURCE_SUFFIXES = (".py", ".pyw")
_MOST_BYTES = 16_000_000
_BINARIES = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
_SOME = 3


def entry_parts(value: str) -> tuple[str, str] | None:
    """Return module and function of `package.module:function`, None for anything else."""
    found = _ENTRY.fullmatch(value.strip())
    return (found["module"], found["name"]) if found else None


def script_text(value: str) -> str | None:
    """Return the text that an installer writes for an entry point, None for an invalid one."""
    parts = entry_parts(value)
    if parts is None:
        return None
    module, name = parts
    first = name.partition(".")[0]
    return (
        "import sys\n"
        f"from {module} import {first}\n"
        'if __name__ == "__main__":\n'
        f"    sys.exit({name}())\n"
    )


def entry_target(
    choice: PlainChoice,
    value: str,
    found: FoundInEnvironment,
    folder: Path,
    search_path: tuple[str, ...],
) -> Target:
    """Return the target that is a console script. Raises UsageError for an invalid entry point."""
    name, *arguments = split_words(choice)
    text = script_text(value)
    if text is None:
        raise UsageError(
            f"The entry point of {name}, `{value}`, is not of the form package.module:function",
            remedy("correct it in its project"),
        )
    place = found.module
    root = own_root(place, folder) if place is not None else str(folder)
    return Target(
        module=MAIN_MODULE,
        function=None,
        task_root=root,
        handler_file=str(Path(found.scripts_folder, name)),
        plain=PlainTarget(
            TargetKind.SCRIPT,
            choice.text.strip(),
            text=text,
            arguments=tuple(arguments),
            search_path=search_path,
            folder=str(folder),
            entry=value.strip(),
        ),
    )


def script_file_target(
    choice: PlainChoice, found: FoundInEnvironment, folder: Path, python: str
) -> Target:
    """Return the target that is a script's file, by its path or on PATH.

    Raises UsageError if there is none, or if it is not a Python program.
    """
    name, *arguments = split_words(choice)
    file = _script_file(name, found, folder)
    if file is None:
        raise _no_such_script(name, found, python)
    text = _checked_script(file, name, python)
    return Target(
        module=MAIN_MODULE,
        function=None,
        task_root=str(folder),
        handler_file=str(file),
        plain=PlainTarget(
            TargetKind.SCRIPT,
            choice.text.strip(),
            text=text,
            arguments=tuple(arguments),
            search_path=(*folders_with(folder, imported_tops(text)), str(file.parent)),
            folder=str(folder),
        ),
    )


def _script_file(name: str, found: FoundInEnvironment, folder: Path) -> Path | None:
    if os.sep in name or "/" in name:
        file = folder / name
        return file.resolve() if file.is_file() else None
    beside = Path(found.scripts_folder, name)
    if beside.is_file():
        return beside
    on_path = shutil.which(name)
    return Path(on_path) if on_path else None


def _no_such_script(name: str, found: FoundInEnvironment, python: str) -> UsageError:
    near = difflib.get_close_matches(name, found.scripts, _SOME, 0.7)
    ways = [f"name {' or '.join(near)}"] if near else ["install it there"]
    return UsageError(
        f"There is no console script {name} in the environment of {python}",
        remedy(*ways, words("name another environment with ", Parameter.PYTHON)),
    )


def _checked_script(file: Path, name: str, python: str) -> str:
    """Return the text of a script. Raises UsageError unless the measured Python runs it."""
    data = _read(file, Parameter.SCRIPT)
    head = data[:_HEAD_BYTES]
    first = head.partition(b"\n")[0]
    if data.startswith(_BINARIES) or b"\0" in head:
        raise UsageError(
            f"{name} ({file}) is a binary program, so no Python imports can be measured in it",
            remedy("name a script that is written in Python"),
        )
    is_python = _refuse_other_language(head, name, file)
    if not is_python and file.suffix not in _SOURCE_SUFFIXES:
        raise UsageError(
            f"{name} ({file}) does not say that it is a Python program",
            remedy(words("run it with ", Parameter.FILE, " if it is one")),
        )
    _refuse_other_python(first, name, file, python)
    return _decoded(data, file)


def _refuse_other_language(head: bytes, name: str, file: Path) -> bool:
    """Return True if a script's first lines name Python, raise UsageError if another program."""
    first = head.partition(b"\n")[0]
    is_python = bool(_PYTHON.match(first)) or _LONG_SHEBANG in head
    if first.startswith(b"#!") and not is_python:
        shown = first[2:].decode("utf-8", "replace").strip()
        raise UsageError(
            f"{name} ({file}) is a script of {shown}, not of Python",
            remedy("name the Python program that it starts"),
        )
    return is_python


def _refuse_other_python(first: bytes, name: str, file: Path, python: str) -> None:
    """Raise UsageError for a script of another environment: its packages are installed there."""
    shown = first[2:].decode("utf-8", "replace").strip().split(" ")[0]
    if not first.startswith(b"#!") or not Path(shown).is_absolute() or shown.endswith("/env"):
        return
    # The folder's links are followed, not the interpreter's: that leads out of its environment.
    here, there = (Path(one).parent.resolve() for one in (python, shown))
    if here != there and Path(shown).exists():
        raise UsageError(
            f"{name} ({file}) belongs to another Python, {shown}",
            remedy(words("measure that one with ", Parameter.PYTHON.of(shown))),
        )


def file_target(choice: PlainChoice, folder: Path) -> Target:
    """Return the target that is a Python file, run as `__main__`. Raises UsageError."""
    whole = folder / choice.text
    name, *arguments = [choice.text] if whole.is_file() else split_words(choice)
    file = folder / name
    if file.is_dir():
        raise UsageError(
            f"{file} is a folder", remedy(f"name a file in it, like {file}/__main__.py")
        )
    if not file.is_file():
        near = difflib.get_close_matches(file.name, _names_in(file.parent), 1, 0.7)
        hint = [f"did you mean {file.with_name(near[0])}"] if near else ["name a Python file"]
        raise UsageError(f"There is no file {file}", remedy(*hint))
    data = _read(file, Parameter.FILE)
    if data.startswith(_BINARIES) or b"\0" in data[:_HEAD_BYTES]:
        raise UsageError(f"{file} is not Python source text", remedy("name a .py file"))
    if file.suffix not in _SOURCE_SUFFIXES:
        # A file with a Python name runs as Python, whatever its first line says.
        _refuse_other_language(data[:_HEAD_BYTES], name, file)
    file = file.resolve()
    return Target(
        module=MAIN_MODULE,
        function=None,
        task_root=str(file.parent),
        handler_file=str(file),
        plain=PlainTarget(
            TargetKind.FILE,
            choice.text.strip(),
            arguments=tuple(arguments),
            search_path=(str(file.parent),),
            folder=str(folder),
        ),
    )


def _names_in(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir() if one.suffix == ".py"]
    except OSError:
        return []


def command_target(choice: PlainChoice, folder: Path) -> Target:
    """Return the target that is a statement, run as `python -c` runs it in the folder."""
    sources = folders_with(folder, imported_tops(choice.text))
    return Target(
        module=MAIN_MODULE,
        function=None,
        task_root=str(folder),
        handler_file=str(folder / "-c"),
        plain=PlainTarget(
            TargetKind.COMMAND,
            choice.text,
            text=choice.text,
            search_path=tuple(dict.fromkeys((str(folder), *sources))),
            folder=str(folder),
        ),
    )


def _read(file: Path, parameter: Parameter) -> bytes:
    try:
        return read_found(file, _MOST_BYTES)
    except OSError as error:
        raise UsageError(
            words(f"{file}, named with ", parameter, f", cannot be read ({error.strerror})"),
            remedy("name another file"),
        ) from error


def _decoded(data: bytes, file: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", remedy("name another script")) from error


def host_python_path() -> tuple[str, ...]:
    """Return the folders of this shell's PYTHONPATH, absolute: they count outside of Lambda."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return () if sys.flags.isolated else tuple(str(Path(one).resolve()) for one in named if one)
