"""Ask lifeguard, a whole-program analyser for lazy imports, which modules it calls unsafe.

It is used if its distribution is installed beside importcost; nothing of it is copied or imported.
It reads sources and never runs them.
"""

from __future__ import annotations

import json
import os
import re
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from importcost.processes.bounded import run

DISTRIBUTION = "lifeguard-lazy-imports"
TIMEOUT_S = 60.0

_HEADING = re.compile(r"^## (\S+)\s*$")
_KIND = re.compile(r"^([A-Z]\w+) \(\d+\)\s*$")
_LINE = re.compile(r"^\s+Line (\d+) - (.*\S)\s*$")


@dataclass(frozen=True, slots=True)
class LifeguardDoubt:
    """One module that lifeguard calls unsafe; kind and line of its first reason, None if unsaid."""

    module: str
    kind: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LifeguardOpinion:
    """Its answer: its version, and the modules that it calls unsafe, by name."""

    version: str
    unsafe: Mapping[str, LifeguardDoubt]


def lifeguard_program() -> tuple[Path, str] | None:
    """Return the installed program and its version, None if it is not there."""
    try:
        version = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return None
    program = Path(sysconfig.get_path("scripts")) / "lifeguard"
    return (program, version) if program.is_file() else None


def ask_lifeguard(
    program: Path, version: str, files: Mapping[str, str], python: tuple[int, int]
) -> LifeguardOpinion | str:
    """Return its opinion on modules, given with their source files; else why there is none."""
    with tempfile.TemporaryDirectory(prefix=f"importcost-lifeguard-{os.getpid()}-") as folder:
        sources, answer, words = (
            Path(folder) / name for name in ("db.json", "out.json", "out.txt")
        )
        build_map = {_relative(name, file): file for name, file in files.items()}
        sources.write_text(json.dumps({"build_map": build_map}), encoding="utf-8")
        argv = [str(program), "analyze", str(sources), str(answer), "--sorted-output"]
        argv += ["--verbose-output", str(words), "--python-version", f"{python[0]}.{python[1]}"]
        try:
            done = run(argv, timeout_s=TIMEOUT_S, cwd=Path(folder))
        except OSError as error:
            return f"lifeguard cannot be started ({error.strerror})"
        if done.timed_out:
            return f"lifeguard took more than {TIMEOUT_S:.0f} s"
        if done.exit_code:
            return f"lifeguard failed with exit code {done.exit_code}"
        try:
            eligible = set(json.loads(answer.read_bytes())["LAZY_ELIGIBLE"])
            reasons = _reasons(words.read_text(encoding="utf-8", errors="replace"))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return f"the answer of lifeguard {version} cannot be read"
    unsafe = {
        name: reasons.get(name, LifeguardDoubt(name)) for name in files if name not in eligible
    }
    return LifeguardOpinion(version, unsafe)


def _relative(name: str, file: str) -> str:
    ending = "/__init__.py" if file.endswith("/__init__.py") else ".py"
    return name.replace(".", "/") + ending


def _reasons(text: str) -> Mapping[str, LifeguardDoubt]:
    """Return the first reason given for each module in the report for people."""
    found: dict[str, LifeguardDoubt] = {}
    module, kind = "", ""
    for line in text.splitlines():
        heading, named, placed = _HEADING.match(line), _KIND.match(line), _LINE.match(line)
        if heading:
            module, kind = heading[1], ""
        elif named:
            kind = named[1]
        elif placed and module and kind:
            found.setdefault(module, LifeguardDoubt(module, kind, int(placed[1])))
    return found
