"""Environments with packages of an index, and what is in them."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.processes.uv_program import find_uv

CONTENTS = Path(__file__).with_name("contents.py")
TIMEOUT_S = 600


@dataclass(frozen=True)
class Distribution:
    """An installed distribution: the Python of its environment, and the module to import."""

    name: str
    version: str
    module: str | None
    is_pure: bool
    python: Path


class Installer:
    """Makes environments below a folder with uv, or with pip where there is no uv."""

    def __init__(self, folder: Path, base: str = sys.executable) -> None:
        self._folder = folder
        self._base = base
        self._uv = find_uv()
        self._count = 0

    def installed(
        self, requirements: Sequence[str], before: str | None = None
    ) -> Iterator[Distribution]:
        """Yield the distributions of environments that together have what can be installed.

        What cannot be in one environment is halved until it can; what cannot be installed alone
        is in none. With `before`, a date, nothing is newer than that.
        """
        python = self._environment()
        words = [*requirements, *(("--exclude-newer", before) if before else ())]
        if before is not None and self._uv is None:
            print("the releases of a day can be installed by uv only", file=sys.stderr)
        elif self._is_done([*self._install(python), *words]):
            yield from contents(python)
        elif len(requirements) > 1:
            middle = len(requirements) // 2
            for half in (requirements[:middle], requirements[middle:]):
                yield from self.installed(half, before)

    def _environment(self) -> Path:
        self._count += 1
        folder = self._folder / f"environment-{self._count}"
        if self._uv is not None:
            self._is_done([self._uv, "venv", "--clear", "--python", self._base, str(folder)])
        else:
            venv.create(folder, with_pip=True, clear=True)
        return folder / "bin" / "python"

    def _install(self, python: Path) -> list[str]:
        if self._uv is not None:
            return [self._uv, "pip", "install", "--compile-bytecode", "--python", str(python)]
        return [str(python), "-m", "pip", "install", "-q", "--prefer-binary"]

    def _is_done(self, words: Sequence[str]) -> bool:
        done = subprocess.run(words, check=False, capture_output=True, timeout=TIMEOUT_S, text=True)
        if done.returncode:
            print(f"not installed: {' '.join(done.stderr.split())[-300:]}", file=sys.stderr)
        return done.returncode == 0


def contents(python: Path) -> Iterator[Distribution]:
    """Yield the distributions of an environment."""
    done = subprocess.run([python, "-I", CONTENTS], check=True, capture_output=True, timeout=60)
    for name, one in json.loads(done.stdout).items():
        yield Distribution(name, one["version"], one["module"], one["is_pure"], python)
