"""Take the interpreter back from the handler, so that its figures can be reported."""

import sys
import time

from importcost.probe.init.clocks import stop_timers
from importcost.probe.init.modules import is_stdlib, module_file
from importcost.probe.init.own import own_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Ground:
    """The interpreter's state that the probe's last steps rely on, from before the handler ran.

    A handler may replace `builtins.open`, empty `sys.modules`, lower a limit or have a file with
    the name of a standard module. None of that may prevent the report of its figures.
    """

    def __init__(self, os: "Any", stdlib_dirs: "tuple[str, ...]") -> None:
        import builtins

        own = own_modules
        used: list[Any] = [builtins, os, os.path, time, own["json"], own["json.encoder"]]
        self._namespaces = [(vars(module), dict(vars(module))) for module in used]
        self._modules, self._before = sys.modules, dict(sys.modules)
        self._meta_path, self._path = list(sys.meta_path), list(sys.path)
        self._path_hooks = list(sys.path_hooks)
        self._recursion_limit = sys.getrecursionlimit()
        self._set_recursion_limit = sys.setrecursionlimit
        self._set_umask, self._close = os.umask, os.close
        # A handler may leave no descriptor to write the result with.
        self._spare = [os.dup(1) for _ in range(4)]
        self.stdlib_dirs = stdlib_dirs
        self._separator = os.sep
        self.left: dict[str, Any] = {}

    def take_back(self) -> None:
        """Undo the handler's changes to the interpreter; `left` keeps its modules as found."""
        stop_timers()
        self._set_umask(0o022)
        while self._spare:
            try:
                self._close(self._spare.pop())
            except OSError:  # closed by the handler
                pass
        self._set_recursion_limit(self._recursion_limit)
        sys.settrace(None)
        sys.setprofile(None)
        for namespace, kept in self._namespaces:
            namespace.update(kept)
        _lift_limits()
        self.left = dict(self._modules)
        sys.modules = self._modules
        self._modules.update(self._before)
        sys.meta_path[:] = self._meta_path
        sys.path_hooks[:] = self._path_hooks

    def forget(self, names: "list[str]") -> None:
        """Take modules for not loaded: what a server then loads itself stays what it uses."""
        for name in names:
            self._modules.pop(name, None)
            self._before.pop(name, None)

    def import_own(self) -> None:
        """Let imports find nothing but the standard library; this cannot be undone.

        A standard module that the handler loaded may hold a file of its own by a standard name.
        """
        for name, module in list(self._modules.items()):
            file = module_file(module)
            is_own = file is None or is_stdlib(file, self.stdlib_dirs)
            if not is_own or (file is not None and name not in self._before):
                self._modules.pop(name, None)
        # A submodule may be a frozen one (collections.abc): it comes again with its package.
        for name in sorted(one for one in self._modules if isinstance(one, str) and "." in one):
            if name.rpartition(".")[0] not in self._modules:
                self._modules.pop(name, None)
        own = [path for path in self._path if is_stdlib(path + self._separator, self.stdlib_dirs)]
        sys.path[:] = own or self._path


def _lift_limits() -> None:
    """Raise limits that a handler may have lowered, as far as possible."""
    resource = sys.modules.get("resource")
    if resource is None:
        return
    for name in ("RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_CPU"):
        limit = getattr(resource, name, None)
        try:
            hard = resource.getrlimit(limit)[1]
            resource.setrlimit(limit, (hard, hard))
        except (OSError, ValueError, TypeError, AttributeError):
            pass
