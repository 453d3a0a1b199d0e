"""The facts about the measured interpreter and its machine."""

from __future__ import annotations

import contextlib
import os
import site
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from importcost.measure.programs import read_program
from importcost.measure.runners.base import InterpreterFacts
from importcost.model.parsing.json_text import parse_json


def facts_program() -> str:
    """Return the program that writes the facts to the path in its first argument."""
    return read_program("interpreter_facts.py")


def own_facts(python: str) -> InterpreterFacts | None:
    """Return the facts of `python` without a launch, if it is the one that runs importcost.

    None for any other interpreter, and if this one cannot know what `python` alone would have on
    sys.path.
    """
    if not _is_this(python) or sys.flags.no_site or "PYTHONHOME" in os.environ:
        return None
    namespace: dict[str, Any] = {"__name__": "interpreter_facts"}
    exec(facts_program(), namespace)  # noqa: S102 - the same text as in a launch, our own
    facts = parse_facts(namespace["facts"]())
    found = tuple(dict.fromkeys(filter(_is_always_found(), facts.search_path)))
    return replace(facts, executable=python, search_path=found)


def _is_this(python: str) -> bool:
    """Return True if `python` is this interpreter in this environment.

    Virtual environments link to the same binary; the folder of the link tells them apart.
    """
    if not sys.executable or not Path(python).is_absolute():
        return False
    try:
        is_beside = Path(sys.executable).parent.samefile(Path(python).parent)
        return is_beside and Path(sys.executable).samefile(python)
    except OSError:
        return False


def _is_always_found() -> Callable[[str], bool]:
    """Return a test that separates the interpreter's own folders from those of this process.

    PYTHONPATH, the script's folder, and a caller such as pytest add theirs to sys.path too. The
    interpreter's own are the standard library, those of installed packages, and those that `.pth`
    files in these name.
    """
    library = Path(os.__file__).parent
    zipped = library.parent / f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    sites = site.getsitepackages()
    known = {str(zipped), *sites, *(path for folder in sites for path in _named_by_pth(folder))}
    return lambda path: path in known or Path(path) in (library, library / "lib-dynload")


def _named_by_pth(folder: str) -> Iterator[str]:
    for file in sorted(Path(folder).glob("*.pth")):
        with contextlib.suppress(OSError):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield os.path.abspath(os.path.join(folder, line.rstrip()))  # noqa: PTH100,PTH118


def parse_facts(data: Mapping[str, Any]) -> InterpreterFacts:
    """Turn what `facts_program` wrote into facts."""
    return InterpreterFacts(
        executable=data["executable"],
        version=data["version"],
        implementation=data["implementation"],
        platform=data["platform"],
        machine=data["machine"],
        cpu_count=data["cpu_count"],
        cpu_model=data["cpu_model"],
        search_path=tuple(data["search_path"]),
        site_folders=tuple(data["site_folders"]),
    )


def load_result(text: str | None) -> Mapping[str, Any] | None:
    """Parse a result file's text; None if there is none, or if it is not a probe's."""
    if text is None:
        return None
    try:
        value = parse_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def odd_result(text: str | None, found: str | None) -> str | None:
    """Return what is in the place of a probe's result, None if that is one, or nothing is.

    `text` is the result file's, and `found` what the launcher found instead of such a file.
    """
    if found is not None or text is None:
        return found
    try:
        value = parse_json(text)
    except ValueError as error:
        return f"not JSON: {error}"
    return None if isinstance(value, dict) else "not a JSON object"
