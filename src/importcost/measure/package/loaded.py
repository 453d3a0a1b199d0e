"""The files of a package that init loaded, from the recorded graph."""

from __future__ import annotations

import os

from importcost.measure.package.paths import source_of_bytecode
from importcost.model.graph import ImportGraph


class LoadedPaths:
    """The files that init loaded, by their real paths.

    The bytecode beside a loaded module's source counts as loaded with it: Python reads one of the
    two, and neither can be left out of the package alone.
    """

    def __init__(self, graph: ImportGraph) -> None:
        paths = [module.file for module in graph.modules if module.file is not None]
        paths += [file.path for file in graph.files or ()]
        self._paths = frozenset(os.path.realpath(path) for path in paths)
        self.is_known = graph.files is not None

    def has(self, path: str) -> bool:
        """Return True if init loaded the file of this real path."""
        if path in self._paths:
            return True
        return source_of_bytecode(path) in self._paths
