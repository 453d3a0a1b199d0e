"""Read the source of any module that init loaded, the function's own or a dependency's."""

from __future__ import annotations

from importcost.deferral.source.model import SourceText
from importcost.deferral.source.text import decode
from importcost.files.read import read_found
from importcost.model.graph import ImportGraph


class ModuleTexts:
    """The sources of a graph's modules, each read once."""

    def __init__(self, graph: ImportGraph) -> None:
        self.files = {module.name: module.file for module in graph.modules}
        self._texts: dict[str, SourceText | None] = {}

    def source(self, module: str) -> SourceText | None:
        """Return a module's source, None if it has none on this machine that can be read."""
        if module not in self._texts:
            self._texts[module] = _read(self.files.get(module))
        return self._texts[module]

    def text(self, module: str) -> str | None:
        """Return the text of a module's source, None as `source` does."""
        source = self.source(module)
        return source.text if source else None


def _read(path: str | None) -> SourceText | None:
    if path is None or not path.endswith(".py"):
        return None
    try:
        found = decode(path, read_found(path))
    except OSError:
        return None
    return found if isinstance(found, SourceText) else None
