"""Changes of modules and classes other than by their plain names: by strings, by patching tools."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from importcost.deferral.source.names import parameters
from importcost.deferral.source.own_state.shared_state import MUTATORS
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.aspects import Patcher, surroundings
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.held_modules import (
    ANYTHING,
    HeldModules,
    constant_text,
    is_namespace,
)
from importcost.deferral.source.surroundings.reads import is_stdlib

_SETATTRS = frozenset(
    (
        "setattr", "delattr", "object.__setattr__", "object.__delattr__", "type.__setattr__",
        "type.__delattr__", "builtins.setattr", "builtins.delattr", "operator.setitem",
    )
)  # fmt: skip
_STARTERS = frozenset(("start", "__enter__", "activate", "enable", "begin"))
"""Methods by which an object that a patching tool made starts to patch."""
_LOOKS = ("patch_", "monkey", "install_", "instrument", "autopatch", "auto_instrument", "inject_")
_NAMED = frozenset(("patch", "install", "unpatch", "uninstall", "wrap_function", "hotpatch"))


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of `what`, a dotted name, at a line; `by` is the call that changes it.

    If `what` is None, it is any name of the packages `tops` ("*": of any package).
    """

    what: str | None
    by: str
    line: int
    tops: frozenset[str] = frozenset()


class PatchFinder:
    """Finds the patches in each unit of a graph."""

    def __init__(self, graph: CallGraph, names: FullNames) -> None:
        self._graph = graph
        self._names = names
        self._held = HeldModules(names)
        self._tools: dict[str, list[tuple[str, Patcher]]] = {}
        for tool in surroundings().patchers:
            for pattern in tool.names:
                last = pattern.rpartition(".")[2]
                self._tools.setdefault(last, []).append((pattern, tool))

    def of_unit(self, facts: UnitFacts) -> Iterator[Patch]:
        """Yield the patches that a unit's own code makes."""
        for node in facts.nodes:
            line = getattr(node, "lineno", facts.unit.line)
            if isinstance(node, ast.Call):
                yield from self._called(facts, node)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    yield from self._entered(facts, item.context_expr)
                    if isinstance(item.optional_vars, ast.Attribute):
                        for base in self._held.of(facts, item.optional_vars.value):
                            yield _patch(base, item.optional_vars.attr, line)
            for target in _targets(node):
                yield from self._stored(facts, target, line)

    def _stored(self, facts: UnitFacts, target: ast.expr, line: int) -> Iterator[Patch]:
        """Yield the change of an attribute or item whose owner has no plain name."""
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                yield from self._stored(facts, element, line)
        elif isinstance(target, ast.Attribute) and not self._is_plain(facts, target.value):
            for base in self._held.of(facts, target.value):
                yield _patch(base, target.attr, line)
        elif isinstance(target, ast.Subscript):
            owner = target.value
            table = self._names.of(facts, owner) == "sys.modules"
            if not table and (is_namespace(owner) or not self._is_plain(facts, owner)):
                text = constant_text(target.slice) if is_namespace(owner) else None
                for base in self._held.of(facts, owner):
                    yield _patch(base, text, line)

    def _is_plain(self, facts: UnitFacts, node: ast.expr) -> bool:
        """Return True if an expression has a dotted name of its own: others look at those."""
        name = self._names.of(facts, node)
        return name is not None and "(" not in name and "[" not in name

    def _called(self, facts: UnitFacts, node: ast.Call) -> Iterator[Patch]:
        name = self._names.of(facts, node.func)
        if name in _SETATTRS and node.args:
            text = constant_text(node.args[1]) if len(node.args) > 1 else None
            for base in self._held.of(facts, node.args[0]):
                yield _patch(base, text, node.lineno)
        elif name == "importlib.reload" and node.args:
            for base in self._held.of(facts, node.args[0]):
                yield _patch(base, None, node.lineno)
        elif name is not None:
            yield from self._by_tool(facts, node, name)
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            owner = node.func.value
            table = self._names.of(facts, owner) == "sys.modules"
            if not table and not self._is_plain(facts, owner):
                for base in self._held.of(facts, owner):
                    yield _patch(base, None, node.lineno)
        yield from self._passed(facts, node)

    def _by_tool(self, facts: UnitFacts, node: ast.Call, name: str) -> Iterator[Patch]:
        """Yield what a call of a patching tool changes."""
        tool = self._tool(name)
        if tool is not None:
            yield from self._of_tool(facts, node, name, tool)
            return
        if self._looks_like_tool(name):
            yield Patch(None, name, node.lineno, frozenset([ANYTHING]))
        maker, _, method = name.rpartition(".")
        if method in _STARTERS and maker.endswith("()"):
            tool = self._tool(maker[:-2])
            if tool is not None:  # its target was given where it was made
                yield Patch(None, maker[:-2], node.lineno, tool.patches or frozenset([ANYTHING]))

    def _looks_like_tool(self, name: str) -> bool:
        """Return True for a function of a package that by its name patches other modules."""
        top, last = name.partition(".")[0], name.rpartition(".")[2]
        if "." not in name or "(" in name or "[" in name or is_stdlib(top):
            return False
        is_own = any(module.partition(".")[0] == top for module in self._graph.files)
        looks = last.startswith(_LOOKS) or last in _NAMED
        return looks and not is_own and not is_harmless(name)

    def _entered(self, facts: UnitFacts, node: ast.expr) -> Iterator[Patch]:
        """Yield what a `with` statement changes that enters an object made before."""
        name = self._names.of(facts, node) if not isinstance(node, ast.Call) else None
        tool = self._tool(name[:-2]) if name and name.endswith("()") else None
        if name is not None and tool is not None:
            yield Patch(None, name[:-2], node.lineno, tool.patches or frozenset([ANYTHING]))

    def _tool(self, name: str) -> Patcher | None:
        for pattern, tool in self._tools.get(name.rpartition(".")[2], ()):
            if fnmatchcase(name, pattern):
                return tool
        return next(
            (tool for pattern, tool in self._tools.get("*", ()) if fnmatchcase(name, pattern)), None
        )

    def _of_tool(
        self, facts: UnitFacts, node: ast.Call, name: str, tool: Patcher
    ) -> Iterator[Patch]:
        unknown = Patch(None, name, node.lineno, frozenset([ANYTHING]))
        if tool.patches:
            yield Patch(None, name, node.lineno, tool.patches)
            return
        if len(node.args) < tool.arguments:
            yield unknown
            return
        whole = node.args[0]
        text = constant_text(whole)
        bases = [text.replace(":", ".")] if text else self._held.of(facts, whole)
        inner = constant_text(node.args[1]) if tool.arguments > 1 else None
        if not bases and not isinstance(whole, (ast.Name, ast.Attribute)):
            yield unknown
        elif not bases and self._names.of(facts, whole) is None:
            yield unknown  # a parameter, say
        for base in bases:
            yield _patch(base, inner, node.lineno, name)

    def _passed(self, facts: UnitFacts, node: ast.Call) -> Iterator[Patch]:
        """Yield a patch if a call hands a module or class to own code that sets its attributes."""
        func = node.func
        called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        given = [*node.args, *(word.value for word in node.keywords)]
        bases = [name for argument in given for name in self._held.of(facts, argument)]
        if not bases or not called:
            return
        targets = (edge.target for edge in self._graph.edges.get(facts.unit, ()))
        for unit in self._graph.units_of(targets):
            if unit.name.rpartition(".")[2] == called and _sets_parameter(self._graph.facts(unit)):
                for base in bases:
                    yield _patch(base, None, node.lineno)
                return


def is_harmless(name: str) -> bool:
    """Return True for a function that only looks as if it patched something: `requests.patch`."""
    return any(fnmatchcase(name, pattern) for pattern in surroundings().harmless_patches)


def _patch(base: str, attribute: str | None, line: int, by: str = "setattr") -> Patch:
    if base == ANYTHING:
        return Patch(None, by, line, frozenset([ANYTHING]))
    return Patch(f"{base}.{attribute}" if attribute else base, by, line)


def _targets(node: ast.AST) -> Iterable[ast.expr]:
    """Return the expressions that a statement assigns or deletes."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor)):
        return [node.target]
    return ()


def _sets_parameter(facts: UnitFacts) -> bool:
    """Return True if a function sets or deletes an attribute or item of one of its parameters."""
    arguments = getattr(facts.node, "args", None)
    names = {one.arg for one in parameters(arguments)} - {facts.first} if arguments else set()
    for node in facts.nodes:
        changed: list[ast.expr] = [
            one for one in _targets(node) if isinstance(one, (ast.Attribute, ast.Subscript))
        ]
        if isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Attribute) and func.attr in MUTATORS:
                changed.append(func)
            if isinstance(func, ast.Name) and func.id in ("setattr", "delattr"):
                changed += node.args[:1]
        if any(_root(one) in names for one in changed):
            return True
    return False


def _root(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Call):
            node = node.args[0] if is_namespace(node) and node.args else node.func
        else:
            node = node.value
    return node.id if isinstance(node, ast.Name) else None
