"""Time the top-level statements of some files one by one."""

import sys

from importcost.probe.init.clocks import monotonic_ns, thread_time_ns
from importcost.probe.init.machinery import ImportMachinery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_WATCHED = (
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.system",
    "os.posix_spawn",
    "os.fork",
    "os.exec",
    "sqlite3.connect",
    "os.mkdir",
    "os.rename",
    "os.remove",
)
_MARK_NAME = "__importcost_mark__"


class StatementTimer:
    """Times the top-level statements of some files one by one, separately from their imports.

    Each statement is compiled with a call before and after it. Audit hooks record which of them use
    the network, start processes or write files.
    """

    MAX_EVENTS = 20

    def __init__(self, os: "Any", files: "list[str]") -> None:
        import _thread

        self.found: list[Any] = []
        self._os = os
        self._files = set(files)
        self._ident = _thread.get_ident
        self._thread = _thread.get_ident()
        # [index, wall, cpu, wall and cpu spent importing, loads under way, events]
        self._stack: list[Any] = []
        self._is_on = True

    def install(self, machinery: ImportMachinery) -> None:
        """Let the loader compile the timed files with a mark before each statement."""
        import builtins

        loader = machinery.external.SourceLoader
        real_code = loader.source_to_code
        real_load = machinery.bootstrap._find_and_load

        def source_to_code(
            this: "Any", data: "Any", path: "Any", *args: "Any", **kw: "Any"
        ) -> "Any":
            known = len(self.found)
            if path in self._files:
                try:
                    return real_code(this, self._instrumented(data, path), path, *args, **kw)
                except RecursionError:
                    # Python reads deeper source from text than from a tree of objects: the file
                    # runs as it is, and its statements go untimed.
                    del self.found[known:]
            return real_code(this, data, path, *args, **kw)

        def find_and_load(name: str, import_: "Any") -> "Any":
            top = self._stack[-1] if self._stack and self._ident() == self._thread else None
            if top is None or top[5] or name in sys.modules:
                return real_load(name, import_)
            top[5] = True
            wall, cpu = monotonic_ns(), thread_time_ns()
            try:
                return real_load(name, import_)
            finally:
                top[4] += thread_time_ns() - cpu
                top[3] += monotonic_ns() - wall
                top[5] = False

        setattr(builtins, _MARK_NAME, self._mark)
        loader.source_to_code = source_to_code
        machinery.bootstrap._find_and_load = find_and_load
        sys.addaudithook(self._audit)

    def stop(self) -> None:
        """Time nothing more."""
        self._is_on = False

    def _instrumented(self, data: "Any", path: str) -> "Any":
        # PyCF_ONLY_AST. _ast is built in: importing ast would hide its cost from the handler.
        import _ast

        tree: Any = compile(data, path, "exec", 0x400, dont_inherit=True)
        body: list[Any] = []
        for position, node in enumerate(tree.body):
            is_future = isinstance(node, _ast.ImportFrom) and node.module == "__future__"
            is_text = isinstance(node, _ast.Expr) and isinstance(node.value, _ast.Constant)
            if is_future or (is_text and position == 0):
                body.append(node)
                continue
            # A decorated definition starts at its first decorator.
            lines = [one.lineno for one in getattr(node, "decorator_list", ())]
            index = len(self.found)
            first = min([*lines, node.lineno])
            self.found.append([path, first, node.end_lineno, 0, 0, 0, [], node.col_offset])
            body += [self._call(_ast, index, node), node, self._call(_ast, -index - 1, node)]
        tree.body[:] = body
        return tree

    @staticmethod
    def _call(_ast: "Any", number: int, node: "Any") -> "Any":
        place = {
            "lineno": node.lineno,
            "col_offset": node.col_offset,
            "end_lineno": node.lineno,
            "end_col_offset": node.col_offset,
        }
        name = _ast.Name(id=_MARK_NAME, ctx=_ast.Load(), **place)
        argument = _ast.Constant(value=number, kind=None, **place)
        call = _ast.Call(func=name, args=[argument], keywords=[], **place)
        return _ast.Expr(value=call, **place)

    def _mark(self, number: int) -> None:
        """Start statement `number`, or end statement -number - 1."""
        wall, cpu = monotonic_ns(), thread_time_ns()
        if number >= 0:
            self._stack.append([number, wall, cpu, 0, 0, False, []])
            return
        # A module that failed half-way did not end its statement.
        while self._stack and self._stack[-1][0] != -number - 1:
            self._stack.pop()
        if self._stack:
            index, began, cpu_began, import_wall, import_cpu, _, events = self._stack.pop()
            row = self.found[index]
            row[3] += cpu - cpu_began - import_cpu
            row[4] += import_cpu
            row[5] += wall - began - import_wall
            row[6] += events

    def _audit(self, event: str, args: "Any") -> None:
        if not self._is_on or not self._stack or len(self._stack[-1][6]) >= self.MAX_EVENTS:
            return
        if event == "open":
            flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
            if flags & (self._os.O_WRONLY | self._os.O_RDWR) and isinstance(args[0], (str, bytes)):
                self._stack[-1][6].append(["open for writing", repr(args[0])[:200]])
        elif event in _WATCHED:
            detail = (
                args[1] if event in ("socket.connect", "socket.sendto") else args[0] if args else ""
            )
            self._stack[-1][6].append([event, repr(detail)[:200]])
