"""Makes imports inside dependencies wait until they are first used. Written by importcost.

Import this file before anything else. `LAZY` names modules of dependencies, and for each the
modules whose import in it waits: the name is bound to the module as always, but the module's code
runs when an attribute of it is first read, or when a module that is not listed imports it. `from X
import name` reads at once, so it never waits.

Python's own import lock is held while the code runs, so threads wait for each other as they do for
any import. (`importlib.util.LazyLoader` has locks of its own: older Pythons let two threads in, see
cpython#114763, and together with the import lock they can block for good.) An import that fails
raises its error where the module is first used, at each use.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from importlib.machinery import SourceFileLoader, SourcelessFileLoader

TYPE_CHECKING = False  # the name that type checkers know; importing typing would take its time
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

LAZY: dict[str, tuple[str, ...]] = {}

_NAMES = frozenset(name for names in LAZY.values() for name in names)
_lock = allocate_lock()
_asleep: dict[str, ModuleType] = {}  # imported, and their code has not begun
_begun: dict[str, ModuleType] = {}  # their code runs now, or failed the last time
_threads: dict[str, int] = {}  # who runs it


class _LazyModule(ModuleType):
    """A module whose code has not run yet."""

    def __getattribute__(self, name: str) -> Any:
        # An import looks at __spec__ to see if the module is loading: that of an importer in LAZY
        # leaves it asleep, any other loads it.
        if name != "__spec__" or _is_awaited(self):
            module = _load(self)
            if module is not self:
                return getattr(module, name)
        return ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _load(self)
        ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _load(self)
        ModuleType.__delattr__(self, name)


def _is_awaited(module: ModuleType) -> bool:
    name = ModuleType.__getattribute__(module, "__spec__").name
    return name in _asleep and name not in LAZY.get(_importer(), ())


def _load(module: ModuleType) -> Any:
    """Run a module's code, in this thread or in another one; return what sys.modules then holds."""
    spec: Any = ModuleType.__getattribute__(module, "__spec__")
    if _threads.get(spec.name) == get_ident():
        return module  # a circular import sees what there is so far
    with _lock:
        if _asleep.pop(spec.name, None) is not None:
            _begun[spec.name] = module
            if sys.modules.get(spec.name) is module:
                del sys.modules[spec.name]  # so that the import below runs its code
    loaded = None
    while loaded is None:
        __import__(spec.name)
        loaded = sys.modules.get(spec.name)  # None if it failed in another thread
    return loaded


class _Loader:
    """Loads a module in two steps: at its import nothing runs, at its first use its code."""

    def __init__(self, loader: Any, begun: ModuleType | None) -> None:
        self._loader = loader
        self._begun = begun

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        if self._begun is not None:
            _threads[spec.name] = get_ident()
        return self._begun

    def exec_module(self, module: Any) -> None:
        spec: Any = ModuleType.__getattribute__(module, "__spec__")
        spec.loader = module.__loader__ = self._loader
        if self._begun is None:
            _asleep[spec.name] = module
            module.__class__ = _LazyModule
            return
        namespace = module.__dict__
        before = dict(namespace)
        try:
            self._loader.exec_module(module)
            if type(module) is _LazyModule:  # its own code may have given it another class
                ModuleType.__setattr__(module, "__class__", ModuleType)
            del _begun[spec.name]
        except BaseException:
            for added in namespace.keys() - before.keys():
                del namespace[added]
            namespace.update(before)
            raise
        finally:
            del _threads[spec.name]


class _Finder:
    """Finds a module as the other finders do, and makes it lazy if `LAZY` says so."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        begun = _begun.get(name)
        if begun is not None:
            spec = ModuleType.__getattribute__(begun, "__spec__")
            spec.loader = _Loader(ModuleType.__getattribute__(begun, "__loader__"), begun)
            return spec
        if name not in _NAMES or name not in LAZY.get(_importer(), ()):
            return None
        finders: list[Any] = [finder for finder in sys.meta_path if finder is not cls]
        for finder in finders:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if type(spec.loader) in (SourceFileLoader, SourcelessFileLoader):
                    spec.loader = _Loader(spec.loader, None)
                return spec
        return None


def _importer() -> str:
    """Return the name of the module whose code is being run."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame is not None else ""


sys.meta_path.insert(0, _Finder)
