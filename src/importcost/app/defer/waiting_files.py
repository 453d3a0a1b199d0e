"""The function's own files that init does not load: imports in its functions name them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.text import decode

MOST_FILES = 500


def files_of_functions(
    loaded: Mapping[str, SourceText], task_root: Path
) -> Mapping[str, SourceText]:
    """Return the files below a task root that the loaded ones import later, by module name.

    What those import counts, too. Files that cannot be read or decoded are left out.
    """
    found: dict[str, SourceText] = {}
    queue = list(loaded.items())
    for module, source in queue:  # grows while it is read
        for name in _imported(module, source):
            if name in loaded or name in found or len(found) >= MOST_FILES:
                continue
            text = _read(task_root, name)
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


def _read(task_root: Path, module: str) -> SourceText | None:
    place = task_root.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    try:
        path = next(filter(Path.is_file, candidates), None)
        text = decode(str(path), path.read_bytes()) if path else None
    except (OSError, ValueError):
        return None
    return text if isinstance(text, SourceText) else None
