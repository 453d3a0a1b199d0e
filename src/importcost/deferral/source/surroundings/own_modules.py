"""Refuse to import modules later if the function's own code shows that their moment matters."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from importcost.deferral.source.imports import Imported, absolute_name, loaded_by
from importcost.deferral.source.names import attribute_chain
from importcost.deferral.source.own_state.handed_clocks import HandedClocks
from importcost.deferral.source.own_state.plain_bodies import PlainBodies
from importcost.deferral.source.own_state.plain_calls import PlainCalls
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import FileCode, MentionedAs
from importcost.deferral.source.surroundings.aspects import covering
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.moments import tells_call_time
from importcost.deferral.source.surroundings.thread_bound import ThreadBound

_CLOCKS = (
    "timeit.default_timer", "pendulum.now", "pendulum.today", "arrow.now", "arrow.utcnow",
    "pandas.Timestamp.now", "pandas.Timestamp.utcnow", "pandas.Timestamp.today",
)  # fmt: skip
"""Other clocks than those of `moments.py`."""
_HOOK = "__getattr__"
_ASKS_ONE = ("getattr", "hasattr")
_ASKS = (*_ASKS_ONE, "dir", "vars", "inspect.getmembers", "inspect.getmembers_static")
"""Calls that show which modules a package has as attributes: an import binds them there."""
_LOADED = ("__name__", "__module__", "__package__", "__spec__")
"""Names of modules that are loaded anyway, since code of them runs."""


_Reason = tuple[str, int | None]


class OwnModules:
    """Knows what the function's files do when they are imported, and ask of what is loaded."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._names = FullNames(graph)
        self._handed = HandedClocks(graph, self._names)
        self._clocks: dict[str, tuple[str, str, int] | None] = {}
        self._bound = ThreadBound(graph, self._names)
        self._plain = PlainBodies(graph, self._names)
        self.calls = PlainCalls(graph, self._names)

    def reason(self, item: Imported, package: str) -> _Reason | None:
        """Return the reason why an import of a file in a package may not run later, or None."""
        return (
            self._by_hook(item, package)
            or self._by_clock(item)
            or self._by_thread(item)
            or self._by_look_up(item.loads, item.line)
        )

    def _by_hook(self, item: Imported, package: str) -> _Reason | None:
        """Refuse names that `__getattr__` makes: it would make them again at every call."""
        node = item.site.node
        module = absolute_name(node, package) if isinstance(node, ast.ImportFrom) else ""
        code = self._graph.files.get(module)
        if code is not None and any(map(_replaces_itself, code.body.nodes)):
            return f"{module} puts another object in its own place", item.line
        if code is None or _HOOK not in code.body.functions:
            return None
        for dotted in item.targets.values():
            name = dotted.rpartition(".")[2]
            if name not in code.body.bound and dotted not in self._graph.files:
                return f"{_HOOK}() of {module} makes {name} at every import of it", item.line
        return None

    def _by_clock(self, item: Imported) -> _Reason | None:
        """Refuse modules that keep the time of their import, or a random number."""
        for loaded in sorted({each for name in item.imported for each in loaded_by(name)}):
            found = self._clock(loaded)
            if found is not None:
                module, call, line = found
                return f"line {line} of {module} calls {call}() when it is imported", item.line
        return None

    def _by_thread(self, item: Imported) -> _Reason | None:
        """Refuse modules that set something of the thread or context which imports them."""
        for loaded in sorted({each for name in item.imported for each in loaded_by(name)}):
            found = self._bound.of_import(loaded)
            if found is not None:
                text = f"line {found.line} of {found.module} {found.does} when it is imported"
                return f"{text}, for the thread that imports it", item.line
        return None

    def body_reason(self, item: Imported) -> _Reason | None:
        """Refuse own modules that do more than define names when they are imported.

        Asked last: what is known to matter is told first.
        """
        for loaded in sorted({each for name in item.imported for each in loaded_by(name)}):
            found = self._plain.of_import(loaded)
            if found is not None:
                text = f"line {found.line} of {found.module} {found.what} when it is imported"
                return f"{text}: what imports it decides when", item.line
        return None

    def _clock(self, module: str) -> tuple[str, str, int] | None:
        """Return the first module that an import loads and that reads the clock, and where."""
        if module not in self._clocks:
            self._clocks[module] = None  # for circular imports
            code = self._graph.files.get(module)
            self._clocks[module] = next(self._clock_calls(code), None) if code else None
        return self._clocks[module]

    def _clock_calls(self, code: FileCode) -> Iterator[tuple[str, str, int]]:
        units = self._graph.reached(
            [code.body.unit], lambda edge: edge.kind is not MentionedAs.VALUE
        )
        for unit in units:
            facts = self._graph.facts(unit)
            for node in facts.nodes:
                name = self._names.of(facts, node.func) if isinstance(node, ast.Call) else None
                if not isinstance(node, ast.Call):
                    continue
                if tells_call_time(node, name) or covering(name or "", _CLOCKS):
                    yield unit.module, name or ast.unparse(node.func), node.lineno
                clock = self._handed.by_call(facts, node)
                if clock is not None:
                    yield clock.module, clock.name, clock.line
            for loaded in facts.loads:
                found = self._clock(loaded)
                if found is not None:
                    yield found

    def _by_look_up(self, loads: Collection[str], line: int) -> _Reason | None:
        """Refuse modules that own code looks for among those that are loaded."""
        for module in sorted(loads):
            where = self._looked_up.get(module)
            if where is not None:
                return f"{where} looks in sys.modules for {module}", line
            package, _, name = module.rpartition(".")
            where = self._asked.get((package, name)) or self._asked.get((package, ""))
            if package and where is not None:
                return f"{where} asks {package} for what it has, {name} among it", line
        return None

    @cached_property
    def _asked(self) -> Mapping[tuple[str, str], str]:
        """The places that look up names in an object, by its dotted name; "" for any name."""
        found: dict[tuple[str, str], str] = {}
        for facts in self._graph.units():
            where = f" of {facts.unit.module}"
            for mention in facts.mentions:
                if "__dict__" in mention.chain:
                    chain = mention.chain[: mention.chain.index("__dict__")]
                    base = (self._names.chain(facts, chain) if chain else None) or ""
                    found.setdefault((base, ""), f"line {mention.line}{where}")
            for node in facts.nodes:
                name = self._names.of(facts, node.func) if isinstance(node, ast.Call) else None
                if name in _ASKS and isinstance(node, ast.Call) and node.args:
                    base = self._names.of(facts, node.args[0]) or ""
                    key = node.args[1] if len(node.args) > 1 and name in _ASKS_ONE else None
                    text = key.value if isinstance(key, ast.Constant) else ""
                    found.setdefault((base, str(text)), f"line {node.lineno}{where}")
        return found

    @cached_property
    def _looked_up(self) -> Mapping[str, str]:
        """The modules that own code looks up in `sys.modules`, with the place."""
        found: dict[str, str] = {}
        for code in self._graph.files.values():
            for key, line in _keys(code.body.node, _names_of_table(code)):
                where = f"line {line} of {code.module}"
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found.setdefault(key.value, where)
                elif not set(attribute_chain(key)[-1:]) & set(_LOADED):
                    found = dict.fromkeys(_texts(code.body.node), where) | found
        return found


def _replaces_itself(node: ast.AST) -> bool:
    """Return True for `sys.modules[__name__] = x`, and if the module's class changes so."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    for target in targets:
        inner = target.value if isinstance(target, ast.Attribute) else target
        is_class = not isinstance(target, ast.Attribute) or target.attr == "__class__"
        if is_class and isinstance(inner, ast.Subscript) and _is_table(inner.value):
            return attribute_chain(inner.slice) == ("__name__",)
    return False


def _names_of_table(code: FileCode) -> frozenset[str]:
    """Return the names by which a file imports `sys.modules` itself."""
    units = (code.body, *code.units.values())
    return frozenset(
        name for facts in units for name, target in facts.targets.items() if target == "sys.modules"
    )


def _keys(tree: ast.AST, tables: Collection[str]) -> Iterator[tuple[ast.expr, int]]:
    """Yield each expression that is looked up in `sys.modules`, or in a name for it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_table(node.value, tables):
            yield node.slice, node.lineno
        elif isinstance(node, ast.Compare):
            if any(_is_table(each, tables) for each in node.comparators):
                yield node.left, node.lineno
        elif isinstance(node, ast.Call) and node.args and _is_method_of(node.func, tables):
            yield node.args[0], node.lineno


def _is_table(node: ast.expr, tables: Collection[str] = ("modules",)) -> bool:
    chain = attribute_chain(node)
    return chain == ("sys", "modules") or (len(chain) == 1 and chain[0] in tables)


def _is_method_of(node: ast.expr, tables: Collection[str]) -> bool:
    return isinstance(node, ast.Attribute) and _is_table(node.value, tables)


def _texts(tree: ast.AST) -> Iterator[str]:
    """Yield every constant of a file that may be the name of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
