"""Environments with the newest releases of an entry's packages, in a cache folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path
from threading import Lock

from importcost.processes.bounded import run

INSTALL_TIMEOUT_S = 900
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class NotInstalledError(Exception):
    """The packages of an entry could not be installed: nothing is known about it."""


class Environments:
    """Folders of packages below `cache`, one for each set of requirements and Python.

    `python` is the interpreter that the packages are for. They come from the index that uv, or pip
    where there is no uv, is set up for.
    """

    def __init__(self, cache: Path, python: str) -> None:
        self._cache = cache
        self._python = python
        self._lock = Lock()
        self._made: dict[Path, Lock] = {}

    def layer(self, packages: Sequence[str]) -> Path | None:
        """Return the folder whose `python` has the packages, as a layer has; None for no packages.

        Raises NotInstalledError with the installer's reason.
        """
        if not packages:
            return None
        folder = self._folder(packages)
        with self._lock:
            lock = self._made.setdefault(folder, Lock())
        with lock:
            if not (folder / "complete").exists():
                self._install(folder, packages)
        return folder

    def remove(self, packages: Sequence[str]) -> None:
        """Remove the environment of these packages, if there is one."""
        shutil.rmtree(self._folder(packages), ignore_errors=True)

    def _folder(self, packages: Sequence[str]) -> Path:
        words = "\n".join([self._python, *sorted(packages)])
        return self._cache / f"env-{hashlib.sha256(words.encode()).hexdigest()[:12]}"

    def _install(self, folder: Path, packages: Sequence[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        target = folder / "python"
        target.mkdir(parents=True)
        argv = [*self._installer(), "--quiet", "--upgrade", "--target", str(target), *packages]
        done = run(argv, timeout_s=INSTALL_TIMEOUT_S)
        if done.timed_out:
            raise NotInstalledError(f"it took longer than {INSTALL_TIMEOUT_S} s")
        if done.exit_code != 0:
            raise NotInstalledError(" ".join(done.error.decode("utf-8", "replace").split())[-400:])
        (folder / "complete").touch()

    def _installer(self) -> list[str]:
        if uv := shutil.which("uv"):
            return [uv, "pip", "install", "--python", self._python]
        return [sys.executable, "-m", "pip", "--python", self._python, "install"]


def versions_in(layer: Path | None, packages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield name and version of each distribution that the requirements name."""
    wanted = [_normalized(NAME.match(one).group()) for one in packages]
    found = {}
    for one in distributions(path=[str(layer / "python")]) if layer else ():
        found[_normalized(one.metadata["Name"])] = (one.metadata["Name"], one.version)
    yield from (found[name] for name in wanted if name in found)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
