"""The function's own files that init does not load: imports in its functions name them."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.text import decode
from importcost.files.read import read_found
from importcost.measure.deployed.distributions import Distribution, installed_distributions

MOST_FILES = 500
MAX_FILES = 2_000
MAX_BYTES = 1_000_000
SKIPPED = frozenset({"site-packages", "node_modules", "__pycache__", "build", "dist"})
_TEST_FOLDERS = frozenset(("tests", "test", "testing"))


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


def files_beside(known: Mapping[str, SourceText], task_root: Path) -> Mapping[str, SourceText]:
    """Return the other files below a task root that may name the known ones, by module name.

    They are what other handlers of the project run, and what is loaded by a name that is computed.
    Tests and dependencies are left out: an edit reports the tests that it touches.
    """
    packaged = _PackagedFiles(task_root)
    paths = {Path(text.path) for text in known.values()}
    ends = "|".join(sorted({re.escape(name.rpartition(".")[2]) for name in known}))
    named = re.compile(rf"\b({ends})\b")
    found: dict[str, SourceText] = {}
    for path in project_sources(task_root):
        parts = path.relative_to(task_root).parts
        if path in paths or _is_test(parts) or parts in packaged:
            continue
        module = ".".join((*parts[:-1], path.stem)).removesuffix(".__init__")
        text = _text(path)
        if text is not None and module not in known and named.search(text.text):
            found[module] = text
        if len(found) >= MOST_FILES:
            break
    return found


def project_sources(root: Path) -> Iterator[Path]:
    """Yield the Python files below `root`, at most MAX_FILES, without environments and builds."""
    seen = 0
    for folder, folders, files in os.walk(root):
        inside = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED
            and not name.startswith(".")
            and not (inside / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            path = inside / name
            if name.endswith(".py") and path.is_file() and path.stat().st_size <= MAX_BYTES:
                seen += 1
                if seen > MAX_FILES:
                    return
                yield path


def _is_test(parts: tuple[str, ...]) -> bool:
    name = parts[-1]
    return (
        not _TEST_FOLDERS.isdisjoint(parts[:-1])
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def _text(path: Path) -> SourceText | None:
    try:
        text = decode(str(path), read_found(path))
    except (OSError, ValueError):
        return None
    return text if isinstance(text, SourceText) else None


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
    except (OSError, ValueError):
        return None
    return _text(path)


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
