"""Makes import graphs of small files, without running them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from importcost.deferral.effects.import_effects import ImportEffects
from importcost.model.graph import (
    FUNCTION,
    STDLIB,
    BytecodeState,
    ImportGraph,
    LoadedModule,
)
from tests.harness import write_files


def module_of(name: str, file: Path | None, distribution: str) -> LoadedModule:
    return LoadedModule(
        name=name,
        file=str(file) if file else None,
        distribution=distribution,
        bytecode=BytecodeState.ABSENT,
        rss_self_bytes=None,
        rss_cumulative_bytes=None,
        phase="handler imports",
        loaded_by=None,
    )


def made_graph(
    folder: Path, own: Mapping[str, str], packages: Mapping[str, str] | None = None
) -> ImportGraph:
    """Return a graph of the function's `own` files and those of installed `packages`."""
    modules = [module_of(name, None, STDLIB) for name in sorted(sys.stdlib_module_names)]
    modules.append(module_of("xml.etree.ElementTree", None, STDLIB))
    for place, files in (("task", own), ("site", packages or {})):
        root = write_files(folder / place, files)
        for relative in files:
            parts = relative.removesuffix(".py").split("/")
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            owner = FUNCTION if place == "task" else parts[0]
            modules.append(module_of(name, root / relative, owner))
    return ImportGraph(tuple(modules), ())


def effects_in(
    folder: Path,
    own: Mapping[str, str],
    packages: Mapping[str, str] | None = None,
    python: tuple[int, int] = (3, 12),
) -> ImportEffects:
    return ImportEffects(made_graph(folder, own, packages), python)
