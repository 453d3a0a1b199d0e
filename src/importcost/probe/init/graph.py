"""Record which module imports which, and the files that they load."""

import sys

from importcost.probe.init.clocks import rss_pages
from importcost.probe.init.errors import plain_string
from importcost.probe.init.file_watch import FileWatch
from importcost.probe.init.mapped_files import MappedFiles, size_of_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class GraphRecorder:
    """Records every load and every import statement; its run's times are never reported."""

    def __init__(self, os: "Any", probe_file: str) -> None:
        own_folder = os.path.dirname(os.path.dirname(probe_file))
        self.files = FileWatch(os, own_folder, self._loading)
        self._mapped = MappedFiles(os)
        self._os = os
        self.loads: list[Any] = []
        self.edges: dict[Any, bool] = {}
        self.phase = "runtime"
        self._probe_file = probe_file
        self.main_file: str | None = None  # of the target itself, if it is the main module
        self._stacks: dict[int, list[Any]] = {}
        self.before = list(sys.modules)
        self.tried: set[str] = set()
        self.failed: dict[str, Any] = {}

    def install(self, bootstrap: "Any") -> None:
        """Wrap the import machinery. `bootstrap` is the frozen importlib."""
        import _thread
        import builtins

        self._ident = _thread.get_ident
        self._bootstrap = bootstrap
        self._real_import = builtins.__import__
        self._real_load = bootstrap._find_and_load
        builtins.__import__ = self._import
        bootstrap._find_and_load = self._find_and_load
        # The two wrappers add frames that the handler's own recursion limit does not include.
        set_limit = sys.setrecursionlimit
        set_limit(sys.getrecursionlimit() * 2)
        sys.setrecursionlimit = lambda limit: set_limit(limit * 2)

    def start_function(self) -> None:
        """Take what comes from here on for the function's own init."""
        import faulthandler

        faulthandler.enable(file=sys.stderr)  # a crash then leaves the handler's own stack
        self.phase = "function"
        self._mapped.start()
        self.files.install()

    def _loading(self) -> "str | None":
        """Return the name of the module that this thread is loading."""
        stack = self._stacks.get(self._ident())
        return stack[-1][0] if stack else None

    def loaded_files(self) -> "Any":
        """Return the files that init read and mapped; see the head of probe.py."""
        read = self.files.read.items()
        sized = [[path, size_of_file(self._os, path), module] for path, module in read]
        return {
            "read": [entry for entry in sized if entry[1]],
            "mapped": self._mapped.result(self._os),
        }

    def uninstall(self) -> "Any":
        """Remove the wrappers; return the files that the handler touched, and those it loaded."""
        import builtins

        self.files.stop()
        builtins.__import__ = self._real_import
        self._bootstrap._find_and_load = self._real_load
        return [list(key) for key in self.files.found], self.loaded_files()

    def _find_and_load(self, name: str, import_: "Any") -> "Any":
        stack = self._stacks.setdefault(self._ident(), [])
        self.tried.add(name)
        if name in sys.modules:
            return self._real_load(name, import_)
        # [name, loaded by, rss before, rss of what it loaded itself, phase]
        entry: Any = [name, stack[-1][0] if stack else None, rss_pages(), 0, self.phase]
        stack.append(entry)
        try:
            return self._real_load(name, import_)
        finally:
            stack.pop()
            after = rss_pages()
            grown = None if after is None or entry[2] is None else after - entry[2]
            if stack and grown is not None:
                stack[-1][3] += grown
            if name in sys.modules:
                own = None if grown is None else grown - entry[3]
                self.loads.append((name, entry[1], own, grown, entry[4]))
                self._note_mapped(name)
            elif name not in self.failed:
                self.failed[name] = self._where(sys._getframe(1))[:3]

    def _note_mapped(self, name: str) -> None:
        """Keep what was mapped since the last load, if native code was asked for."""
        started, self.files.native = self.files.native, []
        if started:
            self._mapped.note(name, started)

    def _import(
        self,
        name: str,
        globals: "Any" = None,  # noqa: A002 - the signature of builtins.__import__
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        frame = sys._getframe(1)
        absolute = name
        if level:
            try:
                package = self._bootstrap._calc___package__(globals)
                absolute = self._bootstrap._resolve_name(name, package, level)
            except (ImportError, KeyError, TypeError, ValueError):
                absolute = name
        cached = absolute in sys.modules
        known = {
            item: absolute + "." + item in sys.modules
            for item in fromlist or ()
            if isinstance(item, str)
        }
        try:
            return self._real_import(name, globals, locals, fromlist, level)
        finally:
            if absolute in sys.modules:
                self._record(frame, absolute, cached, known)

    def _record(self, frame: "Any", absolute: str, cached: bool, known: "dict[str, bool]") -> None:
        where = self._where(frame)
        self._edge(where, absolute, cached)
        if not known:
            return  # looking into a lazy module would load it
        namespace = getattr(sys.modules[absolute], "__dict__", {})
        if "*" in known:
            exported = namespace.get("__all__")
            if isinstance(exported, (list, tuple)):
                known = {item: cached for item in exported if isinstance(item, str)}
        for item, was_loaded in known.items():
            full = absolute + "." + item
            # A name that is not a submodule, or hides one, is not an import of its own.
            if full in sys.modules and namespace.get(item) is sys.modules[full]:
                self._edge(where, full, was_loaded)

    def _edge(self, where: "Any", imported: str, cached: bool) -> None:
        key = (where, imported)
        # The first time counts: a statement that runs again finds everything loaded.
        if key not in self.edges:
            self.edges[key] = cached

    def _where(self, frame: "Any") -> "Any":
        """Name the statement behind a frame: (importer, file, line, kind, cause, cause line).

        Frames of importlib and of the probe belong to their caller. If the import is inside a
        function, the cause is the nearest module body up the stack.
        """
        kind = "statement"
        while frame is not None and self._is_machinery(frame):
            if frame.f_code.co_name == "import_module":
                kind = "dynamic"
            frame = frame.f_back
        # Executed text (exec, eval, code generators) belongs to the code that executes it.
        while frame is not None and self._is_generated(frame) and frame.f_back is not None:
            if self._is_outside(frame.f_back):
                break
            frame = frame.f_back
        if frame is None or self._is_outside(frame):
            return (None, None, None, kind, None, None)
        importer = plain_string(frame.f_globals.get("__name__"))
        file, line = frame.f_code.co_filename, frame.f_lineno
        body = frame
        while body is not None and not self._is_outside(body):
            if body.f_code.co_name == "<module>" and not self._is_generated(body):
                break
            body = body.f_back
        if body is None or self._is_outside(body):
            return (importer, file, line, kind, None, None)
        cause = plain_string(body.f_globals.get("__name__"))
        return (importer, file, line, kind, cause, body.f_lineno)

    @staticmethod
    def _is_generated(frame: "Any") -> bool:
        file = frame.f_code.co_filename
        return "__name__" not in frame.f_globals or (
            file.startswith("<") and not file.startswith("<frozen")
        )

    def _is_outside(self, frame: "Any") -> bool:
        """Return True if a frame is the probe's own, or of the program that starts a server.

        The wrappers that serve the handler are not.
        """
        if frame.f_globals.get("__name__") == "__main__":
            return bool(frame.f_code.co_filename != self.main_file)
        return frame.f_code.co_filename == self._probe_file and not self._is_wrapper(frame)

    def _is_wrapper(self, frame: "Any") -> bool:
        wrappers = ("import_module", "_import", "_find_and_load", "_record")
        return frame.f_code.co_filename == self._probe_file and frame.f_code.co_name in wrappers

    def _is_machinery(self, frame: "Any") -> bool:
        name = frame.f_globals.get("__name__") or ""
        starts = ("importlib._bootstrap", "_frozen_importlib")
        return name.startswith(starts) or name in ("importlib", "runpy") or self._is_wrapper(frame)


def record_again(recorder: GraphRecorder) -> None:
    """Forget what was recorded: what is loaded now was loaded at the start."""
    recorder.before = list(sys.modules)
    for record in (recorder.loads, recorder.edges, recorder.tried):
        record.clear()
