"""Makes imports inside dependencies wait until they are first used. Written by importcost.

Import this file before anything else. `LAZY` names modules of dependencies, and for each the
modules whose import in it waits. They become the module's `__lazy_modules__` (PEP 810, Python 3.15)
before its code runs; older versions ignore the list. The mode stays `normal`, without a filter: one
that lets only these through makes each `lazy import` elsewhere load at once, the standard library's
too.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # the name that type checkers know; importing typing would take its time
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

LAZY: dict[str, tuple[str, ...]] = {}


class _Loader:
    """Gives a module its list, and loads it as its own loader does."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        module.__lazy_modules__ = LAZY[module.__spec__.name]
        self._loader.exec_module(module)


class _Finder:
    """Finds the modules that `LAZY` lists as the other finders do."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in LAZY:
            return None
        finders: list[Any] = [finder for finder in sys.meta_path if finder is not cls]
        for finder in finders:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


sys.meta_path.insert(0, _Finder)
