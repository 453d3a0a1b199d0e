"""The interpreter's import machinery, and `import_module` led through it."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ImportMachinery:
    """The frozen import machinery, as the interpreter set it up."""

    def __init__(self) -> None:
        self.bootstrap: Any = sys.modules["_frozen_importlib"]
        self.external: Any = sys.modules["_frozen_importlib_external"]
        self.cache_from_source: Any = self.external.cache_from_source

    def restore(self) -> None:
        """Give the loader its own names of bytecode files back."""
        self.external.cache_from_source = self.cache_from_source


def route_import_module(bootstrap: "Any") -> None:
    """Make `importlib.import_module` behave like the import statement, which prints rows."""
    import importlib

    original = importlib.import_module

    def import_module(name: str, package: "str | None" = None) -> "Any":
        if not isinstance(name, str) or name.startswith(".") or not name:
            if not isinstance(name, str) or not package:
                return original(name, package)
            level = len(name) - len(name.lstrip("."))
            name = bootstrap._resolve_name(name[level:], package, level)
        __import__(name)
        return sys.modules[name]

    importlib.import_module = import_module
