"""The places at which code of the function changes the state of the process or of a module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from importcost.deferral.source.names import parameters
from importcost.deferral.source.own_state.shared_state import MUTATORS, SharedState
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import CodeUnit, FileCode, MentionedAs, UnitFacts
from importcost.deferral.source.surroundings.aspects import Aspect, Keys, covering, surroundings
from importcost.deferral.source.surroundings.deep_stacks import notices_depth
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.patches import (
    Patch,
    PatchFinder,
    is_harmless,
)
from importcost.deferral.source.surroundings.relative_paths import names_in_own_folder

_WEAK = frozenset(("append", "extend", "addsitedir"))
_SETTERS = (
    "set_", "set", "setup", "config", "configure", "init", "install", "register", "use", "seed",
    "enable", "disable", "patch", "add_type", "monkey", "add_constructor", "add_multi_",
    "add_representer", "add_implicit_resolver", "add_path_resolver", "unregister", "uninstall",
)  # fmt: skip
_MAKERS = ("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__")
_TEMPORARY = ("errstate", "option_context", "options", "override", "overrides")
"""Endings of context managers that change settings of their package for a while."""

_OPENERS = frozenset(("open", "io.open", "codecs.open", "gzip.open"))
_SAFE_LIMIT = 1_000
"""CPython's own recursion limit: a higher one cannot make an import fail."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """One change of the process's state, or of a name of a module.

    `aspect` is None if it changes `what`, a dotted name, itself. `is_setting` is True if it calls a
    function that looks like a setter of that package. `is_addition` is True if earlier entries keep
    their meaning (`sys.path.append`).
    """

    aspect: Aspect | None
    what: str
    keys: Keys
    unit: CodeUnit
    line: int
    is_addition: bool = False
    is_setting: bool = False
    is_within: bool = False
    """True if it changes the object that `what` holds, not the name."""
    verb: str = "changes"
    """The verb of a sentence about it."""
    patches: frozenset[str] = frozenset()
    """The packages of which the call `what` may change anything ("*": all)."""


class ChangeFinder:
    """Finds the changes in each unit of a graph."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._names = FullNames(graph)
        self._shared = SharedState(graph)
        self._aspects = surroundings().aspects.values()
        self._objects = {name: aspect for aspect in self._aspects for name in aspect.objects}
        self._patches = PatchFinder(graph, self._names)

    def changes(self) -> Iterator[StateChange]:
        """Yield every change of every unit, module bodies included."""
        yield from _deep_stacks(self._graph.files.values())
        for facts in self._graph.units():
            yield from self._handed_out(facts)
            yield from self._by_default(facts)
            yield from self._logger_tables(facts)
            for patch in self._patches.of_unit(facts):
                yield _patched(patch, facts.unit, self._objects)
            for what, line in self._shared.changed(facts):
                yield StateChange(None, what, None, facts.unit, line, is_within=True)
            for node in facts.nodes:
                if isinstance(node, ast.Call):
                    yield from self._call(facts, node)
                elif isinstance(node, (ast.Assign, ast.Delete)):
                    for target in node.targets:
                        yield from self._stored(facts, target, node.lineno)
                elif isinstance(node, (ast.For, ast.AsyncFor, ast.AugAssign)) or (
                    isinstance(node, ast.AnnAssign) and node.value is not None
                ):
                    yield from self._stored(facts, node.target, node.lineno)

    def _handed_out(self, facts: UnitFacts) -> Iterator[StateChange]:
        """Yield a change for each method that is passed on: `map(os.environ.setdefault, ...)`."""
        for mention in facts.mentions:
            is_method = len(mention.chain) > 1 and mention.chain[-1] in MUTATORS
            if is_method and mention.kind is not MentionedAs.CALL:
                base = self._names.chain(facts, mention.chain[:-1])
                if base in self._objects:
                    yield from self._change(facts, base, None, mention.line)

    def _logger_tables(self, facts: UnitFacts) -> Iterator[StateChange]:
        """Yield a change where the table of loggers is used: it sets up those there are by then."""
        for mention in facts.mentions:
            if "loggerDict" in mention.chain:
                loggers = surroundings().aspects["loggers"]
                yield StateChange(loggers, "loggerDict", None, facts.unit, mention.line)

    def _within(self, facts: UnitFacts, node: ast.expr, line: int) -> Iterator[StateChange]:
        """Yield the change of an object that a variable of the function's files holds."""
        own = self._names.own(facts, node)
        if own is not None:
            yield StateChange(None, own, None, facts.unit, line, is_within=True)

    def _of_instance(
        self, facts: UnitFacts, target: ast.Attribute, line: int
    ) -> Iterator[StateChange]:
        """Yield the change of an object by one of its attributes: `config.region = "x"`.

        A method that sets an attribute changes every object of its class that exists by then.
        """
        holder = target.value
        if not (isinstance(holder, ast.Name) and holder.id == facts.first):
            yield from self._within(facts, holder, line)
        elif facts.owner and facts.unit.name.rpartition(".")[2] not in _MAKERS:
            whole = f"{facts.unit.module}.{facts.owner}().{target.attr}"
            yield StateChange(None, whole, None, facts.unit, line, is_within=True)

    def _call(self, facts: UnitFacts, node: ast.Call) -> Iterator[StateChange]:
        name = self._names.of(facts, node.func)
        if name is not None:
            yield from self._named_call(facts, node, name)
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            method = node.func.attr
            base = self._names.of(facts, node.func.value)
            keys = _written(node, method)
            if base == "sys.path" and method in ("insert", "append") and node.args:
                keys = names_in_own_folder(self._graph, self._names, facts, node.args[-1]) or None
            yield from self._change(facts, base, keys, node.lineno, addition=method in _WEAK)
            yield from self._within(facts, node.func.value, node.lineno)
        yield from _by_method(facts.unit, node)
        yield from self._passed(facts, node)

    def _named_call(self, facts: UnitFacts, node: ast.Call, name: str) -> Iterator[StateChange]:
        unit, line, last = facts.unit, node.lineno, name.rpartition(".")[2]
        for aspect in self._aspects:
            if name in aspect.calls and not _only_asks(name, node):
                keys = _strings(node.args[:1]) if name in ("os.putenv", "os.unsetenv") else None
                yield StateChange(aspect, f"{name}()", keys, unit, line, last in _WEAK)
        if name in _OPENERS and _writes(node):
            yield StateChange(surroundings().aspects["files"], f"{name}()", None, unit, line)
        if name == "setattr" and len(node.args) == 3:
            attribute = _strings(node.args[1:2])
            holder = self._names.of(facts, node.args[0])
            for each in (attribute or ()) if holder else ():
                stored = holder if holder in self._objects else f"{holder}.{each}"
                yield from self._change(facts, stored, None, line)
            yield from self._within(facts, node.args[0], line)
        elif name.endswith("patch.dict") and node.args:
            patched = self._names.of(facts, node.args[0]) or _text(node.args[0])
            keys = _keys_of(node.args[1:2], node)
            yield from self._change(facts, patched, keys, line)
        elif (
            "." in name
            and "(" not in name
            and (last.startswith(_SETTERS) or last.endswith(_TEMPORARY))
            and self._is_foreign(name)
            and not (last.startswith("patch") and is_harmless(name))
        ):
            yield StateChange(None, name, None, unit, line, is_setting=True)

    def _is_foreign(self, name: str) -> bool:
        """Return True for a function of a module that is not in the function's own packages."""
        if "." not in name or "(" in name:
            return False
        top = name.partition(".")[0]
        return all(module.partition(".")[0] != top for module in self._graph.files)

    def _stored(self, facts: UnitFacts, target: ast.expr, line: int) -> Iterator[StateChange]:
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                yield from self._stored(facts, element, line)
        elif isinstance(target, ast.Starred):
            yield from self._stored(facts, target.value, line)
        elif isinstance(target, ast.Subscript):
            base = self._names.of(facts, target.value)
            yield from self._change(facts, base, _strings([target.slice]), line)
            yield from self._within(facts, target.value, line)
        elif isinstance(target, ast.Attribute):
            base = self._names.of(facts, target.value)
            whole = f"{base}.{target.attr}"
            if base is not None and base in self._objects and whole not in self._objects:
                yield from self._change(facts, base, None, line)
            elif base is not None and base != facts.first:
                yield from self._change(facts, f"{base}.{target.attr}", None, line)
            yield from self._of_instance(facts, target, line)
        elif isinstance(target, ast.Name) and facts.unit.name and target.id not in facts.bound:
            full = self._names.of(facts, target)
            own = f"{facts.unit.module}.{target.id}"
            yield from self._change(facts, full if full in self._objects else own, None, line)

    def _passed(self, facts: UnitFacts, node: ast.Call) -> Iterator[StateChange]:
        """Yield a change if a call hands an object to own code that changes its parameter.

        The object is `os.environ` or the like, or what a variable of a module holds.
        """
        for argument in (*node.args, *(word.value for word in node.keywords)):
            name = self._names.of(facts, argument)
            if name not in self._objects and self._names.own(facts, argument) is None:
                continue
            edges = self._graph.edges.get(facts.unit, ())
            for unit in self._graph.units_of(
                edge.target for edge in edges if edge.line == node.lineno
            ):
                given = self._graph.facts(unit)
                is_object = name in self._objects
                if _changes_parameter(given) and is_object:
                    yield from self._change(facts, name, None, node.lineno)
                elif _changes_parameter(given):
                    yield from self._within(facts, argument, node.lineno)
                if name is not None and is_object:
                    yield from self._kept(given, name)

    def _by_default(self, facts: UnitFacts) -> Iterator[StateChange]:
        """Yield the changes of `os.environ` as a parameter's default value."""
        arguments = getattr(facts.node, "args", None)
        if arguments is None or facts.parent is None:
            return
        for default in (*arguments.defaults, *filter(None, arguments.kw_defaults)):
            name = self._names.of(facts.parent, default)
            if name in self._objects:
                if _changes_parameter(facts):
                    yield from self._change(facts, name, None, facts.unit.line)
                yield from self._kept(facts, name)

    def _kept(self, given: UnitFacts, name: str) -> Iterator[StateChange]:
        """Yield the changes through attributes in which a unit keeps a parameter."""
        kept = _kept_parameters(given)
        for facts in self._graph.units() if kept else ():
            for line in _changed_attributes(facts, kept):
                yield from self._change(facts, name, None, line)

    def _change(
        self,
        facts: UnitFacts,
        what: str | None,
        keys: Keys,
        line: int,
        *,
        addition: bool = False,
    ) -> Iterator[StateChange]:
        """Yield the change of a named object, or of a name that an import brings."""
        if what is None:
            return
        aspect = self._objects.get(what)
        if aspect is None and ("(" in what or "[" in what or "." not in what):
            return
        shown = what if aspect is None or "(" not in what else aspect.words
        yield StateChange(aspect, shown, keys, facts.unit, line, addition and aspect is not None)


def _deep_stacks(files: Iterable[FileCode]) -> Iterator[StateChange]:
    """Yield a change for each place that notices how much of the stack is left."""
    stack = surroundings().aspects["stack"]
    for code in files:
        for unit, line in notices_depth(code):
            yield StateChange(stack, "the stack", None, unit, line, verb="notices")


def _patched(patch: Patch, unit: CodeUnit, objects: Mapping[str, Aspect]) -> StateChange:
    """Return the change that a patch is; of a part of a known object, the object's."""
    if patch.what is None:
        return StateChange(
            None, patch.by, None, unit, patch.line, is_setting=True, patches=patch.tops
        )
    known = covering(patch.what, objects)
    aspect = objects[known] if known else None
    return StateChange(aspect, patch.what, None, unit, patch.line)


def _by_method(unit: CodeUnit, node: ast.Call) -> Iterator[StateChange]:
    """Yield the change that a method of any object makes, such as `path.write_text()`."""
    if not isinstance(node.func, ast.Attribute):
        return
    name = node.func.attr
    for aspect in surroundings().aspects.values():
        if name in aspect.methods:
            yield StateChange(aspect, f"{name}()", None, unit, node.lineno)
    if name == "open" and any(map(_is_write_mode, node.args[:1])):
        yield StateChange(surroundings().aspects["files"], "open()", None, unit, node.lineno)


def _writes(node: ast.Call) -> bool:
    """Return True if a call opens a file to write it, as far as its mode is constant."""
    modes = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "mode")]
    return any(map(_is_write_mode, modes))


def _is_write_mode(node: ast.expr) -> bool:
    text = _text(node) or ""
    return bool(set(text) & set("wax+")) and set(text) <= set("rwaxbt+")


def _only_asks(name: str, node: ast.Call) -> bool:
    """Return True if a call leaves the state as it is."""
    if name == "sys.setrecursionlimit" and node.args:
        limit = node.args[0]
        value = limit.value if isinstance(limit, ast.Constant) else None
        return isinstance(value, int) and value >= _SAFE_LIMIT
    if name.endswith("setlocale"):
        return len(node.args) + len(node.keywords) < 2
    if name.endswith("stack_size"):
        return not node.args
    return False


def _written(node: ast.Call, method: str) -> Keys:
    """Return the keys that `update`, `setdefault` or `pop` writes."""
    if method == "update":
        return _keys_of(node.args, node)
    return _strings(node.args[:1]) if method in ("setdefault", "pop", "__setitem__") else None


def _keys_of(arguments: list[ast.expr], node: ast.Call) -> Keys:
    """Return the keys of a dictionary argument and of keyword arguments."""
    found = {word.arg for word in node.keywords if word.arg not in (None, "clear", "values")}
    if any(word.arg is None or word.arg in ("clear", "values") for word in node.keywords):
        return None
    for argument in arguments:
        if not isinstance(argument, ast.Dict):
            return None
        keys = _strings([key for key in argument.keys if key is not None])
        if keys is None or None in argument.keys:
            return None
        found |= keys
    return frozenset(key for key in found if key is not None)


def _strings(nodes: list[ast.expr]) -> Keys:
    """Return constant strings, None if one of the nodes is anything else."""
    texts = [_text(node) for node in nodes]
    return frozenset(text for text in texts if text) if texts and all(texts) else None


def _text(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _changes_parameter(facts: UnitFacts) -> bool:
    names = _parameters(facts)
    for target in _changed(facts):
        root: ast.expr = target
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name) and root.id in names:
            return True
    return False


def _parameters(facts: UnitFacts) -> set[str]:
    arguments = getattr(facts.node, "args", None)
    return {arg.arg for arg in parameters(arguments)} if arguments else set()


def _changed(facts: UnitFacts) -> Iterator[ast.expr]:
    """Yield the expressions whose object a unit changes, with the item or method around them."""
    for node in facts.nodes:
        if isinstance(node, (ast.Assign, ast.Delete)):
            yield from (target for target in node.targets if isinstance(target, ast.Subscript))
        elif isinstance(node, ast.AugAssign):
            yield node.target
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in MUTATORS
        ):
            yield node.func


def _kept_parameters(facts: UnitFacts) -> set[str]:
    """Return the attributes to which a unit assigns one of its parameters."""
    names = _parameters(facts)
    return {
        target.attr
        for node in facts.nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
        and any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node.value))
    }


def _changed_attributes(facts: UnitFacts, kept: set[str]) -> Iterator[int]:
    for target in _changed(facts):
        held = target.value if isinstance(target, (ast.Subscript, ast.Attribute)) else target
        if isinstance(held, ast.Attribute) and held.attr in kept:
            yield target.lineno
