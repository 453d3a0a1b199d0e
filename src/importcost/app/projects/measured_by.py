"""Identify what a function is measured by: an interpreter with its packages, or an image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from importcost.app.profile.prepare import find_interpreter, image_of
from importcost.app.profile.request import ProfileRequest
from importcost.errors import ImportcostError
from importcost.measure.runners.base import InterpreterFacts
from importcost.measure.runners.engines import choose, image_id
from importcost.targets.interpreter import environment_python


class MeasuredBy:
    """Identities of interpreters and images, each found out once for all functions.

    `note` receives a sentence before an image is fetched.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._interpreters: dict[tuple[str | None, str | None, Path | None], str] = {}
        self._above: dict[Path, Path | None] = {}
        self._images: dict[tuple[str, str], str] = {}

    def identity_of(self, request: ProfileRequest, start: Path) -> str:
        """Return the identity for a handler in the folder `start`.

        It changes with the interpreter, with what is installed beside it, and with the image. What
        fails is part of it as a text: the measurement of each function tells it.
        """
        key = (request.python, request.runtime, self._environment_above(start))
        if key not in self._interpreters:
            try:
                _, interpreter = find_interpreter(request, start)
            except ImportcostError as error:
                self._interpreters[key] = str(error)
            else:
                self._interpreters[key] = self._identity(request, interpreter)
        return self._interpreters[key]

    def _environment_above(self, folder: Path) -> Path | None:
        """Return the folder here or above that has a virtual environment, None without one."""
        if folder not in self._above:
            if environment_python(folder / ".venv"):
                self._above[folder] = folder
            elif folder == folder.parent:
                self._above[folder] = None
            else:
                self._above[folder] = self._environment_above(folder.parent)
        return self._above[folder]

    def _identity(self, request: ProfileRequest, interpreter: InterpreterFacts) -> str:
        build = (interpreter.executable, interpreter.implementation, interpreter.version)
        names = [name for folder in interpreter.site_folders for name in _names(folder)]
        return "\0".join((*build, *names, self._image(request, interpreter)))

    def _image(self, request: ProfileRequest, interpreter: InterpreterFacts) -> str:
        """Return engine and content of the image that will be measured in; empty without one."""
        is_local = request.runner == "auto" and request.image is None and request.python is not None
        if is_local or request.runner == "local":
            return ""
        image = image_of(request, interpreter)
        key = (request.runner, image)
        if key not in self._images:
            fetching = f"Fetching {image} with {request.runner} (once) ..."
            try:
                engine = choose(request.runner, image, None, lambda: self._note(fetching)).engine
            except ImportcostError as error:
                self._images[key] = str(error)
            else:
                self._images[key] = f"{engine.name} {image_id(engine, image)}" if engine else ""
        return self._images[key]


def _names(folder: str) -> list[str]:
    """Return the names in a folder of packages: those of their metadata hold the versions."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names only
    except OSError:
        return []
