"""The function's own files that init does not load: imports in its functions name them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.text import decode
from importcost.measure.deployed.distributions import Distribution, installed_distributions

MOST_FILES = 500


def files_of_functions(
    loaded: Mapping[str, SourceText], task_root: Path
) -> Mapping[str, SourceText]:
    """Return the files below a task root that the loaded ones import later, by module name.

    What those import counts, too. Files that cannot be read or decoded are left out, and so are
    those of packages that an installer put into the task root: they are dependencies, wherever
    they lie.
    """
    packaged = _PackagedFiles(task_root)
    found: dict[str, SourceText] = {}
    seen: set[str] = set()
    queue = list(loaded.items())
    for module, source in queue:  # grows while it is read
        for name in _imported(module, source):
            if name in seen or name in loaded or len(found) >= MOST_FILES:
                continue
            seen.add(name)
            text = _read(task_root, name, packaged)
            if text is not None:
                found[name] = text
                queue.append((name, text))
    return found


def _imported(module: str, source: SourceText) -> Iterator[str]:
    parsed = parse(source)
    if not isinstance(parsed, Parsed):
        return
    is_package = source.path.endswith("__init__.py")
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from sorted(loaded_by(alias.name))
        elif isinstance(node, ast.ImportFrom):
            base = absolute_name(node, package)
            yield from sorted(loaded_by(base))
            yield from (f"{base}.{alias.name}" for alias in node.names if base)


def _read(task_root: Path, module: str, packaged: _PackagedFiles) -> SourceText | None:
    parts = module.split(".")
    place = task_root.joinpath(*parts)
    candidates = {
        place.with_suffix(".py"): (*parts[:-1], f"{parts[-1]}.py"),
        place / "__init__.py": (*parts, "__init__.py"),
    }
    try:
        path = next(filter(Path.is_file, candidates), None)
        if path is None or candidates[path] in packaged:
            return None
        text = decode(str(path), path.read_bytes())
    except (OSError, ValueError):
        return None
    return text if isinstance(text, SourceText) else None


class _PackagedFiles:
    """The files of a task root that belong to a distribution which came from a package index.

    A project that was installed from its own folder is the user's code.
    """

    def __init__(self, task_root: Path) -> None:
        self._task_root = task_root

    def __contains__(self, parts: tuple[str, ...]) -> bool:
        """Return True if a path, given by its parts below the task root, belongs to a package."""
        return any(parts[:size] in self._paths for size in range(1, len(parts) + 1))

    @cached_property
    def _paths(self) -> frozenset[tuple[str, ...]]:
        """The listed files; a distribution that lists none owns its top-level names."""
        return frozenset(
            parts
            for distribution in installed_distributions([str(self._task_root)]).values()
            if not _is_from_folder(distribution)
            for parts in distribution.files()
        )


def _is_from_folder(distribution: Distribution) -> bool:
    """Return True if an installer was given a folder instead of a name (PEP 610)."""
    try:
        text = (distribution.metadata_folder / "direct_url.json").read_text(encoding="utf-8")
        origin = json.loads(text)
    except (OSError, ValueError):
        return False
    return isinstance(origin, dict) and "dir_info" in origin
