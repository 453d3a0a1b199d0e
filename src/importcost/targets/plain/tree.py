"""The working tree: the folder that the user works in, and the packages that lie in it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.files.toml_text import parse_toml

PROJECT_FILE = "pyproject.toml"
_SOURCES = ("", "src")
_EXTENSIONS = (".so", ".pyd")


def working_folder(named: str | None) -> Path:
    """Return the folder in which a package is looked for first: the named one, else the current.

    Raises UsageError for one that is not there.
    """
    folder = Path(named or ".")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder: name the one that holds the package.")
    return folder.resolve()


def folders_with(folder: Path, tops: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of a working tree that hold one of these top-level modules.

    They are the folder itself and its `src`, as projects are laid out.
    """
    wanted = tuple(tops)
    places = [folder / name if name else folder for name in _SOURCES]
    return tuple(str(place) for place in places if any(_holds(place, top) for top in wanted))


def _holds(place: Path, top: str) -> bool:
    """Return True if a folder has such a module, or a package with a file that makes it one."""
    if (place / f"{top}.py").is_file() or (place / top / "__init__.py").is_file():
        return True
    try:
        names = [entry.name for entry in os.scandir(place)]
    except OSError:
        return False
    return any(name.startswith(f"{top}.") and name.endswith(_EXTENSIONS) for name in names)


def namespace_folders(folder: Path, top: str) -> tuple[str, ...]:
    """Return the folders of a working tree with a folder of this name, for one without a package.

    Python takes it for a namespace package if nothing else has the name.
    """
    places = [folder / name if name else folder for name in _SOURCES]
    return tuple(str(place) for place in places if top and (place / top).is_dir())


def imported_tops(text: str) -> tuple[str, ...]:
    """Return the top-level modules that a text imports; none if it does not parse here."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in imported_names(text)))


def imported_names(text: str) -> tuple[str, ...]:
    """Return the dotted names that a text imports, and what may be modules in them."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found[node.module] = None
            found.update((f"{node.module}.{one.name}", None) for one in node.names)
    return tuple(name for name in found if not name.endswith(".*"))


def project_table(folder: Path) -> Mapping[str, Any]:
    """Return the table `project` of a folder's pyproject.toml, empty if there is none to read."""
    data = _project_data(folder)
    table = data.get("project")
    return table if isinstance(table, dict) else {}


def project_scripts(folder: Path) -> Mapping[str, str]:
    """Return the console scripts of a folder's pyproject.toml: `package.module:function` by name.

    Those of Poetry's older table count as well.
    """
    poetry = _project_data(folder).get("tool")
    poetry = poetry.get("poetry") if isinstance(poetry, dict) else None
    older = poetry.get("scripts") if isinstance(poetry, dict) else None
    newer = project_table(folder).get("scripts")
    found: dict[str, str] = {}
    for table in (older, newer):
        entries = table if isinstance(table, dict) else {}
        found |= {name: value for name, value in entries.items() if isinstance(value, str)}
    return found


def is_project_name(folder: Path, name: str) -> bool:
    """Return True if the project in a folder has this distribution's name."""
    own = str(project_table(folder).get("name") or "")
    return bool(own) and _alike(own) == _alike(name)


def _alike(name: str) -> str:
    """Return a distribution's name as a module is usually called."""
    return re.sub(r"[-_.]+", "_", name).lower()


def project_packages(folder: Path) -> tuple[str, ...]:
    """Return the top-level packages of the project in a folder, that of its own name first.

    Without one of its name they are those of its scripts, else all below `src`.
    """
    there = {name: place for place in (folder / "src", folder) for name in _packages_in(place)}
    wanted = _alike(str(project_table(folder).get("name") or ""))
    named = [name for name in there if name.lower() == wanted]
    scripts = [re.split(r"[.:]", value)[0].strip() for value in project_scripts(folder).values()]
    of_scripts = [name for name in dict.fromkeys(scripts) if name in there]
    return tuple(named or of_scripts or sorted(_packages_in(folder / "src")))


def tree_modules(folder: Path) -> tuple[str, ...]:
    """Return the top-level modules of a working tree, for what may be meant by another name."""
    places = (folder / name if name else folder for name in _SOURCES)
    return tuple(name for place in places for name in _packages_in(place))


def _packages_in(place: Path) -> list[str]:
    try:
        entries = sorted(place.iterdir())
    except OSError:
        return []
    return [
        entry.stem
        for entry in entries
        if entry.stem.isidentifier()
        and (entry.suffix == ".py" or (entry / "__init__.py").is_file())
    ]


def _project_data(folder: Path) -> Mapping[str, Any]:
    try:
        return parse_toml(text_found(folder / PROJECT_FILE))
    except (OSError, ValueError):
        return {}
