"""Code that the handler does not call itself: finalizers, exit and signal handlers, threads."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from importcost.deferral.source.names import parameters
from importcost.deferral.source.reach.graph import ANY_PASSED, CallGraph, Linker
from importcost.deferral.source.reach.units import (
    ClassFacts,
    CodeUnit,
    FileCode,
    MentionedAs,
    NameMention,
    UnitFacts,
)


class Occasion(str, Enum):
    """The occasion on which code runs that no call of the handler leads to."""

    FINALIZER = "finalizer"
    WEAK_REFERENCE = "weak reference callback"
    EXIT = "exit handler"
    SIGNAL = "signal handler"
    HOOK = "interpreter hook"
    IMPORT_HOOK = "import hook"
    FORK = "fork handler"
    LOGGING = "logging"
    INIT_THREAD = "thread started during init"
    DEADLINE = "deadline"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class RunRoot:
    """A unit that runs on such an occasion; `line` is where it is defined or registered."""

    unit: CodeUnit
    kind: Occasion
    module: str
    line: int


_REGISTERS: dict[str, tuple[Occasion, int]] = {
    "atexit.register": (Occasion.EXIT, 0),
    "threading._register_atexit": (Occasion.EXIT, 0),
    "multiprocessing.util.Finalize": (Occasion.FINALIZER, 1),
    "weakref.finalize": (Occasion.WEAK_REFERENCE, 1),
    "weakref.ref": (Occasion.WEAK_REFERENCE, 1),
    "weakref.proxy": (Occasion.WEAK_REFERENCE, 1),
    "weakref.WeakMethod": (Occasion.WEAK_REFERENCE, 1),
    "signal.signal": (Occasion.SIGNAL, 1),
    "sys.settrace": (Occasion.HOOK, 0),
    "sys.setprofile": (Occasion.HOOK, 0),
    "threading.settrace": (Occasion.HOOK, 0),
    "threading.setprofile": (Occasion.HOOK, 0),
    "sys.addaudithook": (Occasion.HOOK, 0),
    "gc.callbacks.append": (Occasion.HOOK, 0),
    "gc.callbacks.insert": (Occasion.HOOK, 1),
    "sys.meta_path.append": (Occasion.IMPORT_HOOK, 0),
    "sys.meta_path.insert": (Occasion.IMPORT_HOOK, 1),
    "sys.path_hooks.append": (Occasion.IMPORT_HOOK, 0),
    "sys.path_hooks.insert": (Occasion.IMPORT_HOOK, 1),
    "multiprocessing.util.register_after_fork": (Occasion.FORK, 1),
    "codecs.register": (Occasion.HOOK, 0),
    "codecs.register_error": (Occasion.HOOK, 1),
    "os.register_at_fork": (Occasion.FORK, 0),
    "logging.setLogRecordFactory": (Occasion.LOGGING, 0),
}
"""Calls that register a function: the position of the first argument that may hold one."""

_REGISTERING_METHODS = {
    "add_signal_handler": (Occasion.SIGNAL, 1),
    "addFilter": (Occasion.LOGGING, 0),
}

_HOOKS = {
    "sys.excepthook": Occasion.HOOK,
    "threading.excepthook": Occasion.HOOK,
    "sys.unraisablehook": Occasion.HOOK,
    "sys.meta_path": Occasion.IMPORT_HOOK,
}
"""Attributes that hold a function which the interpreter calls."""

_METHODS = {
    "__del__": Occasion.FINALIZER,
    "find_spec": Occasion.IMPORT_HOOK,
    "find_module": Occasion.IMPORT_HOOK,
    "exec_module": Occasion.IMPORT_HOOK,
    "create_module": Occasion.IMPORT_HOOK,
}
"""Methods that the interpreter calls by name."""

_LOGGING_BASES = ("Handler", "Formatter", "Filter")

_STARTERS = frozenset(
    (
        "threading.Thread", "threading.Timer", "_thread.start_new_thread",
        "multiprocessing.Process", "multiprocessing.Pool", "multiprocessing.pool.ThreadPool",
        "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor",
        "asyncio.to_thread", "anyio.to_thread.run_sync", "trio.to_thread.run_sync",
        "starlette.concurrency.run_in_threadpool", "fastapi.concurrency.run_in_threadpool",
        "asgiref.sync.sync_to_async", "asgiref.sync.SyncToAsync", "joblib.delayed",
        "http.server.ThreadingHTTPServer", "socketserver.ThreadingTCPServer",
        "socketserver.ThreadingUDPServer", "dask.delayed", "dask.delayed.delayed", "gevent.spawn",
        "gevent.spawn_later", "eventlet.spawn", "eventlet.spawn_n",
        "tornado.concurrent.run_on_executor",
    )
)  # fmt: skip
_POOL_METHODS = frozenset(
    (
        "submit", "map", "map_async", "apply", "apply_async", "starmap", "starmap_async", "imap",
        "imap_unordered", "add_done_callback",
    )
)  # fmt: skip
_POOLS = (
    "concurrent.futures", "multiprocessing", "joblib", "dask", "distributed", "gevent", "eventlet",
)  # fmt: skip
_THREAD_METHODS = frozenset(("run_in_executor", "run_coroutine_threadsafe", "add_job"))
_THREAD_CLASSES = frozenset(
    (
        "Thread", "Timer", "Process", "ThreadingMixIn", "BaseRequestHandler",
        "StreamRequestHandler", "DatagramRequestHandler", "BaseHTTPRequestHandler",
        "SimpleHTTPRequestHandler",
    )
)  # fmt: skip
_IN_THREADS = ("run", "handle", "finish_request", "setup", "finish")
"""Methods of such classes that run in threads, besides `do_GET` and the like."""


class RootFinder:
    """Finds the roots of all files of a graph."""

    def __init__(self, graph: CallGraph, linker: Linker) -> None:
        self._graph = graph
        self._linker = linker
        self._has_pools = any(
            module == pool or module.startswith(f"{pool}.")
            for facts in graph.units()
            for module in facts.loads
            for pool in _POOLS
        )

    def late(self) -> Iterator[RunRoot]:
        """Yield the code that may run when importing does not work, or amid other code."""
        for code in self._graph.files.values():
            for found in code.classes.values():
                yield from self._of_class(code, found)
            for name in _METHODS:  # `__del__ = close` in a class, or `Client.__del__ = close`
                for unit, mention in code.attributes.get(name, ()):
                    held = self._linker.resolve(self._graph.facts(unit), mention)
                    for target in self._graph.units_of(held):
                        yield RunRoot(target, _METHODS[name], code.module, mention.line)
        for facts in self._graph.units():
            for node in facts.nodes:
                yield from self._registered(facts, node)
            for decorator in facts.decorators:
                dotted = dotted_in(facts.parent, decorator) if facts.parent else None
                if dotted in _REGISTERS:
                    yield RunRoot(
                        facts.unit, _REGISTERS[dotted][0], facts.unit.module, decorator.lineno
                    )

    def threads(self) -> Iterator[tuple[RunRoot, UnitFacts]]:
        """Yield the code that runs in threads or processes, with the unit that starts them."""
        for facts in self._graph.units():
            for node in facts.nodes:
                if isinstance(node, ast.Call) and self._starts(facts, node):
                    values = [*node.args, *_values(node)]
                    units = self._first_units(facts, values) or self._any_passed(facts, values)
                    for unit in units:
                        root = RunRoot(unit, Occasion.THREAD, facts.unit.module, node.lineno)
                        yield root, facts
            for decorator in facts.decorators:
                maker = decorator.func if isinstance(decorator, ast.Call) else decorator
                if facts.parent is not None and dotted_in(facts.parent, maker) in _STARTERS:
                    line = decorator.lineno
                    root = RunRoot(facts.unit, Occasion.THREAD, facts.unit.module, line)
                    yield root, facts.parent
        yield from self._thread_classes()

    def _of_class(self, code: FileCode, found: ClassFacts) -> Iterator[RunRoot]:
        for name, kind in _METHODS.items():
            for unit in found.methods.get(name, ()):
                yield RunRoot(unit, kind, code.module, unit.line)
        bases = [base[-1] for relative in self._above(code, found) for base in relative.bases]
        if any(base.endswith("Handler") for base in bases) and "emit" in found.methods:
            # logging.shutdown() flushes and closes every handler at exit.
            for name in ("flush", "close"):
                for unit in found.methods.get(name, ()):
                    yield RunRoot(unit, Occasion.EXIT, code.module, unit.line)
        for name in _logging_methods(found, bases):
            for unit in found.methods.get(name, ()):
                yield RunRoot(unit, Occasion.LOGGING, code.module, unit.line)

    def _above(self, code: FileCode, found: ClassFacts) -> list[ClassFacts]:
        return [found, *self._linker.family(code, found.name)]

    def _registered(self, facts: UnitFacts, node: ast.AST) -> Iterator[RunRoot]:
        kind, values = self._registration(facts, node)
        if kind is Occasion.LOGGING:
            values = [value for value in values if not _is_filter_of_logger(facts, value)]
        if kind is None:
            return
        units = list(self._units_in(facts, values))
        if not units and any(_may_call_any(facts, value) for value in values):
            units = self._graph.units_of([ANY_PASSED])
        for unit in units:
            line = getattr(node, "lineno", unit.line)
            yield RunRoot(unit, kind, facts.unit.module, line)

    def _registration(
        self, facts: UnitFacts, node: ast.AST
    ) -> tuple[Occasion | None, list[ast.expr]]:
        if isinstance(node, ast.Call):
            name = dotted_in(facts, node.func)
            found = _REGISTERS.get(name or "")
            if found is None and isinstance(node.func, ast.Attribute):
                found = _REGISTERING_METHODS.get(node.func.attr)
            if found is not None:
                return found[0], [*node.args[found[1] : found[1] + 1], *_values(node)]
        if isinstance(node, ast.Assign):
            for target in node.targets:
                kind = _HOOKS.get(dotted_in(facts, target) or "")
                if kind is not None:
                    return kind, [node.value]
        return None, []

    def _starts(self, facts: UnitFacts, node: ast.Call) -> bool:
        """Return True if a call hands its arguments to a thread or process."""
        name = dotted_in(facts, node.func)
        if name in _STARTERS or any(word.arg == "Callback" for word in node.keywords):
            return True
        if any(dotted_in(facts, argument) in _STARTERS for argument in node.args):
            return True  # nursery.start_soon(trio.to_thread.run_sync, work)
        if not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr in _THREAD_METHODS:
            return True
        return node.func.attr in _POOL_METHODS and self._has_pools

    def _thread_classes(self) -> Iterator[tuple[RunRoot, UnitFacts]]:
        for code in self._graph.files.values():
            for found in code.classes.values():
                relatives = self._above(code, found)
                bases = {base[-1] for one in relatives for base in one.bases if base}
                if not bases & _THREAD_CLASSES:
                    continue
                maker = self._maker(found) or code.body
                for name, units in found.methods.items():
                    if name not in _IN_THREADS and not name.startswith("do_"):
                        continue
                    for unit in units:
                        yield RunRoot(unit, Occasion.THREAD, code.module, unit.line), maker

    def _maker(self, found: ClassFacts) -> UnitFacts | None:
        """Return the unit that makes an instance of a class: a module's body before a function."""
        simple = found.name.rpartition(".")[2]
        makers = [
            facts
            for facts in self._graph.units()
            for mention in facts.mentions
            if mention.kind is MentionedAs.CALL and mention.chain[-1] == simple
        ]
        makers.sort(key=lambda facts: bool(facts.unit.name))
        return makers[0] if makers else None

    def _first_units(self, facts: UnitFacts, values: list[ast.expr]) -> list[CodeUnit]:
        """Return the units of the first expression that mentions any: the rest are arguments."""
        found = (list(self._units_in(facts, [value])) for value in values)
        return next(filter(None, found), [])

    def _any_passed(self, facts: UnitFacts, values: list[ast.expr]) -> list[CodeUnit]:
        """Return all units that are passed on or kept, if a value is a variable of the starter's.

        A helper that hands its parameter to a pool runs whatever function it is given.
        """
        is_open = any(
            isinstance(value, ast.Name)
            and not hasattr(builtins, value.id)
            and dotted_in(facts, value) in (None, value.id)
            for value in values[:1]
        )
        passed = self._graph.edges.get(ANY_PASSED, ()) if is_open else ()
        return self._graph.units_of(edge.target for edge in passed)

    def _units_in(self, facts: UnitFacts, values: Iterable[ast.expr]) -> Iterator[CodeUnit]:
        """Yield the units that expressions mention."""
        seen: set[CodeUnit] = set()
        for mention in _mentions_in(facts, values):
            for unit in self._graph.units_of(self._linker.resolve(facts, mention)):
                if unit not in seen:
                    seen.add(unit)
                    yield unit


def _logging_methods(found: ClassFacts, bases: Iterable[str]) -> list[str]:
    """Return the methods that logging calls for each record."""
    ends = {end for base in bases for end in _LOGGING_BASES if base.endswith(end)}
    if "Handler" in ends and "emit" in found.methods:
        return ["emit", "handle", "handleError"]
    if ends & {"Formatter", "Filter"} and {"format", "filter"} & set(found.methods):
        return [name for name in found.methods if not name.startswith("__")]
    return []


def _may_call_any(facts: UnitFacts, value: ast.expr) -> bool:
    """Return True if a registered value may be any function: a parameter, `stack.close`."""
    if isinstance(value, (ast.Constant, ast.Lambda)):
        return False
    if isinstance(value, ast.Call):
        return any(_may_call_any(facts, argument) for argument in value.args[:1])
    chain = _chain(value)
    scope: UnitFacts | None = facts
    while scope is not None and chain[0]:
        if chain[0] in scope.targets:
            return False
        if chain[0] in scope.bound:
            return True
        scope = scope.parent
    return not chain[0]


def _is_filter_of_logger(facts: UnitFacts, value: ast.expr) -> bool:
    """Return True for the variable of a loop over a logger's filters.

    Whoever gave the logger a filter called `addFilter`, and is seen there.
    """
    if not isinstance(value, ast.Name) or isinstance(facts.node, ast.Lambda):
        return False
    nodes = list(ast.walk(facts.node))
    from_loggers = {
        node.target
        for node in nodes
        if isinstance(node, (ast.For, ast.AsyncFor))
        and isinstance(node.iter, ast.Attribute)
        and node.iter.attr == "filters"
        and _is_logger(facts, node.iter.value)
    }
    stored = [node for node in nodes if _is_stored(node, value.id)]
    given = any(arg.arg == value.id for arg in _parameters(facts))
    return bool(stored) and not given and from_loggers.issuperset(stored)


def _is_logger(facts: UnitFacts, node: ast.expr) -> bool:
    """Return True for the root logger, `getLogger()`, and a parameter that says it is a logger."""
    if isinstance(node, ast.Call):
        return dotted_in(facts, node.func) == "logging.getLogger"
    if not isinstance(node, ast.Name):
        return dotted_in(facts, node) == "logging.root"
    if any(_is_stored(each, node.id) for each in ast.walk(facts.node)):
        return False
    told = [arg.annotation for arg in _parameters(facts) if arg.arg == node.id]
    return any(said and _is_logger_type(facts, said) for said in told)


def _is_logger_type(facts: UnitFacts, said: ast.expr) -> bool:
    if isinstance(said, ast.Subscript) and dotted_in(facts, said.value) == "typing.Optional":
        said = said.slice
    if isinstance(said, ast.BinOp) and ast.unparse(said.right) == "None":
        said = said.left
    return dotted_in(facts, said) == "logging.Logger"


def _is_stored(node: ast.AST, name: str) -> bool:
    """Return True for a node that binds a name of a unit, or says that others may."""
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    return isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names


def _parameters(facts: UnitFacts) -> list[ast.arg]:
    return [] if isinstance(facts.node, ast.Module) else parameters(facts.node.args)


def _mentions_in(facts: UnitFacts, values: Iterable[ast.expr]) -> Iterator[NameMention]:
    for value in values:
        inner = {id(node.value) for node in ast.walk(value) if isinstance(node, ast.Attribute)}
        for node in ast.walk(value):
            if id(node) in inner:
                continue
            if isinstance(node, ast.Lambda):
                line = node.lineno
                yield from (
                    mention
                    for mention in facts.mentions
                    if mention.chain[0] == "<lambda>" and mention.line == line
                )
            elif isinstance(node, (ast.Name, ast.Attribute)):
                chain = _chain(node)
                if chain:
                    yield NameMention(chain, MentionedAs.ARGUMENT, node.lineno)


def _chain(node: ast.expr) -> tuple[str, ...]:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    root = node.id if isinstance(node, ast.Name) else ""
    return (root, *reversed(names))


def _values(node: ast.Call) -> list[ast.expr]:
    return [word.value for word in node.keywords if word.arg not in ("args", "kwargs")]


def dotted_in(facts: UnitFacts, node: ast.expr) -> str | None:
    """Return the absolute dotted name of an expression in a unit, None if it has none.

    A name that the unit binds itself is None, too: its value is unknown.
    """
    chain = _chain(node)
    if not chain[0]:
        return None
    scope: UnitFacts | None = facts
    while scope is not None:
        if chain[0] in scope.targets:
            return ".".join((scope.targets[chain[0]], *chain[1:]))
        if chain[0] in scope.bound and scope.parent is not None:
            return None
        scope = scope.parent
    return ".".join(chain)
