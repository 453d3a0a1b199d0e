"""The files that init loaded, from the probe's records: bytes a module, native code, data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from importcost.model.graph import FUNCTION, UNKNOWN_DISTRIBUTION, LoadedFile, LoadedModule

_PYTHON = (".py", ".pyc")

Row = Sequence[Any]


def module_bytes(graph: Mapping[str, Any]) -> dict[str, int]:
    """Return the bytes that the loader read for each module, by its name.

    `graph` is the probe's graph result. A module's source, its bytecode and its extension file
    count, each as far as it was read while that module was loaded.
    """
    recorded = graph.get("files")
    if recorded is None:
        return {}
    extensions = {row[0]: row[1] for row in graph["modules"] if _is_extension(row[1])}
    found: dict[str, int] = defaultdict(int)
    for path, size, module in recorded["read"]:
        if module is not None and path.endswith(_PYTHON):
            found[module] += size
    sizes = {path: size for path, _, size, _, _ in recorded["mapped"] or ()}
    for name, path in extensions.items():
        if path in sizes:
            found[name] = sizes[path]
    return dict(found)


def other_files(
    graph: Mapping[str, Any],
    modules: Iterable[LoadedModule],
    owner_of: Callable[[str], str],
    on_host: Callable[[str], str],
) -> tuple[LoadedFile, ...] | None:
    """Return what init mapped, and what it read besides the code of modules; None if unknown.

    `owner_of` names the distribution of a file as the interpreter sees it, `on_host` that file's
    name on the host.
    """
    recorded = graph.get("files")
    if recorded is None or recorded["mapped"] is None:
        return None
    owners = {module.name: module.distribution for module in modules}

    def loaded(path: str, module: str | None, size: int, resident: int | None, code: bool) -> Any:
        owner = owner_of(path)
        if owner in (UNKNOWN_DISTRIBUTION, FUNCTION) and module is not None:
            owner = owners.get(module, owner)
        return LoadedFile(on_host(path), module, owner, size, resident, code)

    mapped = [loaded(*row) for row in recorded["mapped"]]
    places = {row[0] for row in recorded["mapped"]}
    read = [
        loaded(path, module, size, None, False)
        for path, size, module in recorded["read"]
        if path not in places and not path.endswith(_PYTHON)
    ]
    return (*mapped, *read)


def _is_extension(file: str | None) -> bool:
    return file is not None and not file.endswith(_PYTHON)
