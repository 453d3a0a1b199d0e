"""The answers of the measured environment about a module or a script, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LIBRARY = re.compile(r"(/python3\.\d+t?(/lib-dynload)?|[\\/]Lib|\.zip)$")


@dataclass(frozen=True, slots=True)
class ModulePlace:
    """The place of a module; see probe/plain/environment_facts.py for the words of `kind`.

    `folder` holds its top-level package. `is_loaded` is True if each interpreter has it loaded.
    """

    kind: str
    file: str | None
    folder: str | None
    is_loaded: bool

    @property
    def is_own(self) -> bool:
        """Return True if its files are the user's: neither installed, nor the standard library."""
        if self.folder is None or _LIBRARY.search(self.folder):
            return False
        return not any(f"/{name}" in self.folder for name in ("site-packages", "dist-packages"))


@dataclass(frozen=True, slots=True)
class FoundInEnvironment:
    """The answer of the measured environment. `value` is a script's `package.module:function`."""

    module: ModulePlace | None
    names: tuple[str, ...]
    tops: Mapping[str, tuple[str, ...]]
    value: str | None
    scripts: tuple[str, ...]
    scripts_folder: str


def found_in_environment(answer: Mapping[str, Any]) -> FoundInEnvironment:
    """Return the values in an answer of probe/plain/environment_facts.py."""
    place, script = answer["module"], answer["script"]
    return FoundInEnvironment(
        module=ModulePlace(**place) if place else None,
        names=tuple(answer["names"] or ()),
        tops={name: tuple(tops) for name, tops in (answer["tops"] or {}).items()},
        value=script["value"] if script else None,
        scripts=tuple(answer["scripts"] or ()),
        scripts_folder=answer["scripts_folder"],
    )
