"""Questions about a function's call graph: what may run this code, and from where.

`reach_of` is the entry point. A `Reach` answers for a position in a file:

- `late(module, span)`: the route by which a finalizer, an exit or signal handler, an interpreter
  hook, or a thread that is started during init runs the code there;
- `in_logging(module, span)`: the route by which logging a record runs it;
- `in_thread(module, span)`: the route by which any thread or process pool runs it;
- `after_init(unit)`: True if the handler, or a framework that calls the file's code, may run it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from importcost.deferral.source.model import SourceText, Span
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.reach.deadlines import deadline_roots
from importcost.deferral.source.reach.graph import CallGraph, Reached, call_graph
from importcost.deferral.source.reach.roots import Occasion, RootFinder, RunRoot, dotted_in
from importcost.deferral.source.reach.scan import scan
from importcost.deferral.source.reach.units import (
    CodeUnit,
    FileCode,
    MentionedAs,
    NameMention,
    UnitFacts,
)

_PLAIN_DECORATORS = frozenset(
    (
        "property", "staticmethod", "classmethod", "functools.cache", "functools.lru_cache",
        "functools.wraps", "functools.cached_property", "functools.singledispatch",
        "functools.total_ordering", "contextlib.contextmanager", "contextlib.asynccontextmanager",
        "abc.abstractmethod", "typing.overload", "typing.override", "typing.no_type_check",
        "dataclasses.dataclass",
    )
)  # fmt: skip
_PLAIN_LAST = frozenset(("setter", "getter", "deleter"))


@dataclass(frozen=True, slots=True)
class Route:
    """A way in which code may run: from a root through other units to the one that was asked for.

    `units` starts with the root's unit and ends with the unit that holds the code.
    """

    root: RunRoot
    units: tuple[CodeUnit, ...]

    @property
    def kind(self) -> Occasion:
        """Return the occasion on which the root runs."""
        return self.root.kind

    @property
    def words(self) -> str:
        """Return the route as the subject of a sentence: "Client.__del__ (line 28)"."""
        where = f"line {self.root.line}"
        if self.root.module != self.units[-1].module:
            where = f"{self.root.module}, {where}"
        return f"{_shown(self.units[0])} ({where})"

    @property
    def through(self) -> str:
        """Return " through goodbye()" if another function than the root holds the code, else ""."""
        if len(self.units) < 2:
            return ""
        between = [unit.name.rpartition(".")[2] for unit in self.units[1:] if unit.name]
        return f" through {', '.join(f'{name}()' for name in between[:3])}" if between else ""


class Reach:
    """The call graph of a function's own files, and what it says about a position in them."""

    def __init__(
        self, files: Mapping[str, FileCode], entries: Collection[str], waits: Collection[str]
    ) -> None:
        self.graph, self._linker = call_graph(files)
        self._entries = frozenset(entries)
        self._waits = frozenset(waits)
        finder = RootFinder(self.graph, self._linker)
        threads = list(finder.threads())
        self._init = starters = self._during_init()
        late = [*finder.late(), *_started_during_init(threads, starters, self.graph)]
        late += deadline_roots(self.graph, (root for root, _ in threads), self._units)
        self._late = self._routes(root for root in late if root.kind is not Occasion.LOGGING)
        self._logging = self._routes(root for root in late if root.kind is Occasion.LOGGING)
        self._threads = self._routes(root for root, _ in threads)
        self._after = self.graph.reached(self._after_roots(late))

    def late(self, module: str, span: Span) -> Route | None:
        """Return how code at a position may run when importing does not work, or None."""
        return self._route(self._late, module, span)

    def in_logging(self, module: str, span: Span) -> Route | None:
        """Return how logging a record may run code at a position, or None."""
        return self._route(self._logging, module, span)

    def in_thread(self, module: str, span: Span) -> Route | None:
        """Return how a thread or a pool may run code at a position, or None."""
        return self._route(self._threads, module, span)

    @property
    def has_threads(self) -> bool:
        """Return True if some code may run in a thread or a pool."""
        return bool(self._threads)

    def after_init(self, unit: CodeUnit) -> bool:
        """Return True if a unit may run once the function's modules are imported.

        A module's body runs then if init does not load the module.
        """
        return unit in self._after and (bool(unit.name) or unit.module in self._waits)

    def ever_runs(self, unit: CodeUnit) -> bool:
        """Return True if init, the handler or a framework may run a unit."""
        return unit in self._after or unit in self._init

    def is_entry(self, facts: UnitFacts) -> bool:
        """Return True for a function that Lambda calls itself."""
        return f"{facts.unit.module}.{facts.unit.name}" in self._entries

    def resolved(self, facts: UnitFacts, mention: NameMention) -> list[Reached]:
        """Return the units, and names that stand for units, that a mention may stand for."""
        return self._linker.resolve(facts, mention)

    def _units(self, facts: UnitFacts, mention: NameMention) -> list[CodeUnit]:
        return self.graph.units_of(self._linker.resolve(facts, mention))

    def _route(self, routes: Mapping[CodeUnit, Route], module: str, span: Span) -> Route | None:
        """Return the route to the innermost function around a position that has one."""
        code = self.graph.files.get(module)
        around = code.units_at(span) if code else ()
        found = (routes.get(facts.unit) for facts in around)
        return next((route for route in found if route is not None), None)

    def _routes(self, roots: Iterable[RunRoot]) -> dict[CodeUnit, Route]:
        """Return the shortest route to each unit that the roots may run."""
        first: dict[CodeUnit, RunRoot] = {}
        for root in roots:
            first.setdefault(root.unit, root)
        before = self.graph.reached(first)
        routes: dict[CodeUnit, Route] = {}
        for unit, caller in before.items():
            if caller is None:
                routes[unit] = Route(first[unit], (unit,))
            else:
                routes[unit] = Route(routes[caller].root, (*routes[caller].units, unit))
        return routes

    def _during_init(self) -> Collection[CodeUnit]:
        """Return what importing the files runs: a function that is only kept does not run."""
        bodies = [
            code.body.unit for code in self.graph.files.values() if code.module not in self._waits
        ]
        return self.graph.reached(bodies, lambda edge: edge.kind is not MentionedAs.VALUE)

    def _after_roots(self, late: Iterable[RunRoot]) -> Iterator[CodeUnit]:
        """Yield what the handler's caller, a framework or the interpreter may run after init."""
        yield from (root.unit for root in late)
        is_dynamic = any(code.is_dynamic for code in self.graph.files.values())
        for facts in self.graph.units():
            if not facts.unit.name:
                continue
            if is_dynamic or self._is_entry(facts) or self._is_called_from_outside(facts):
                yield facts.unit
        for code in self.graph.files.values():
            edges = self.graph.edges.get(code.body.unit, ())
            kept = [edge.target for edge in edges if edge.kind is not MentionedAs.CALL]
            yield from self.graph.units_of(kept)

    def _is_entry(self, facts: UnitFacts) -> bool:
        unit = facts.unit
        if "." in unit.name:
            return False
        if f"{unit.module}.{unit.name}" in self._entries or unit.name.endswith("handler"):
            return True
        arguments = getattr(facts.node, "args", None)
        names = [arg.arg for arg in arguments.args] if arguments else []
        return len(names) == 2 and names[0].lstrip("_") in ("event", "evt", "e")

    def _is_called_from_outside(self, facts: UnitFacts) -> bool:
        """Return True if a decorator or a base class may hand a function to other code."""
        for decorator in facts.decorators:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = dotted_in(facts.parent or facts, node) or ""
            if name not in _PLAIN_DECORATORS and name.rpartition(".")[2] not in _PLAIN_LAST:
                return True
        if facts.owner is None:
            return False
        code = self.graph.files[facts.unit.module]
        classes = self._linker.family(code, facts.owner)
        own = {found.name.rpartition(".")[2] for found in classes}
        return any(
            base[-1] not in own and base[-1] != "object"
            for found in classes
            for base in found.bases
            if base
        )


def reach_of(
    files: Mapping[str, SourceText],
    entries: Collection[str] = (),
    packages: Collection[str] = (),
    waits: Collection[str] = (),
) -> Reach:
    """Read a function's own files, by module name, and link what each may call.

    `entries` are the dotted names of the functions that Lambda calls. `packages` are the modules
    that are packages; a file called `__init__.py` is one in any case. `waits` are the modules that
    init does not load. Files that do not parse call nothing.
    """
    found: dict[str, FileCode] = {}
    for module, source in files.items():
        parsed = parse(source)
        if isinstance(parsed, Parsed):
            is_package = source.path.endswith("__init__.py") or module in packages
            try:
                found[module] = scan(parsed, module, is_package, source.path)
            except RecursionError:
                continue  # `analyse` says so about this file
    return Reach(found, entries, waits)


def _started_during_init(
    threads: Iterable[tuple[RunRoot, UnitFacts]],
    during_init: Collection[CodeUnit],
    graph: CallGraph,
) -> Iterator[RunRoot]:
    """Yield the roots of threads that code which runs during init makes and starts."""
    starts = any(
        mention.chain[-1] in ("start", "start_new_thread", "serve_forever")
        for unit in during_init
        for mention in graph.facts(unit).mentions
    )
    for root, starter in threads:
        if starter.unit in during_init and (starts or _starts_at_once(root, starter)):
            yield RunRoot(root.unit, Occasion.INIT_THREAD, root.module, root.line)


def _starts_at_once(root: RunRoot, starter: UnitFacts) -> bool:
    """Return True if the call that got the function runs it without a `start()`: a pool's."""
    pooled = ("submit", "map", "apply_async", "run_in_executor", "start_new_thread", "imap")
    return any(
        mention.line == root.line and mention.chain[-1] in pooled for mention in starter.mentions
    )


def _shown(unit: CodeUnit) -> str:
    name = unit.words
    is_function = bool(unit.name) and "<lambda" not in name and "__" not in name
    return f"{name}()" if is_function else name
