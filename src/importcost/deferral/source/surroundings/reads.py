"""The state of the process that code reads, with the keys and the code that reads it."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from importcost.deferral.source.own_state.shared_state import SharedState
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import CodeUnit, MentionedAs, UnitFacts
from importcost.deferral.source.surroundings.aspects import Keys, covering, surroundings
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.relative_paths import BY_PATH, takes_relative_path

_KEYED = ("os.environ", "os.environb", "sys.modules")
_GETTERS = frozenset(("get", "setdefault", "pop", "__getitem__"))
_ALWAYS = ("os.getcwd", "os.getcwdb", "pathlib.Path.cwd")
"""Those that read the working directory whatever they are given."""
_READ_AWS_FILES = ("boto3", "botocore", "s3transfer", "aioboto3", "aiobotocore")
_AWS_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG", ".aws")


@dataclass(slots=True)
class StateReads:
    """The aspects that code reads: the keys of each, and words for who reads it.

    `names` are the dotted names that it mentions, `bound` those that its imports bind, `packages`
    the installed packages that it calls.
    """

    aspects: dict[str, tuple[Keys, str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    packages: dict[str, str] = field(default_factory=dict)

    def add(self, aspect: str, keys: Keys, words: str) -> None:
        """Record that `words` reads some keys of an aspect."""
        known = self.aspects.get(aspect)
        if known is not None and (known[0] is None or keys is None):
            words, keys = (known[1] if known[0] is None else words), None
        elif known is not None and known[0] is not None and keys is not None:
            words, keys = known[1], known[0] | keys
        self.aspects[aspect] = (keys, words)

    def merge(self, other: StateReads, words: str | None = None) -> None:
        """Add what other code reads, in its words or in others."""
        for aspect, (keys, by) in other.aspects.items():
            self.add(aspect, keys, words or by)
        self.names |= other.names
        self.bound |= other.bound
        self.packages.update(other.packages)


def listed_reads(module: str) -> StateReads | None:
    """Return what importing a module reads by the data file, None if that does not tell."""
    name = covering(module, surroundings().imports)
    if name is None:
        return None
    found = StateReads()
    for aspect, keys in surroundings().imports[name].items():
        found.add(aspect, keys, f"importing {module}")
    return found


class InstalledReads(Protocol):
    """Knows what importing an installed package reads, from its source."""

    def reads(self, module: str) -> StateReads | None:
        """Return what importing a module reads; None if its source is not at hand."""

    def loads(self, module: str) -> Collection[str]:
        """Return the modules that importing a module loads, empty if that is unknown."""

    def file_of(self, module: str) -> str | None:
        """Return the file of a module, None if that is unknown."""


def is_stdlib(module: str) -> bool:
    """Return True for a module of the standard library."""
    return module.partition(".")[0] in sys.stdlib_module_names


class ReadFinder:
    """Finds what code of the function and its imports read."""

    def __init__(
        self, graph: CallGraph, installed: InstalledReads | None, *, own_code: bool = True
    ) -> None:
        """Read a graph's units. Without `own_code`, calls of other packages are not followed."""
        self._graph = graph
        self._own_code = own_code
        self._installed = installed
        self._names = FullNames(graph)
        self._shared = SharedState(graph)
        self._aspects = surroundings().aspects
        self._modules: dict[str, StateReads] = {}
        self._units: dict[CodeUnit, StateReads] = {}
        self._tops: dict[str, frozenset[str]] = {}

    def of_import(self, module: str) -> StateReads:
        """Return what importing a module reads, with what it imports itself."""
        if module not in self._modules:
            self._modules[module] = StateReads()  # for circular imports
            self._modules[module] = self._import(module)
        return self._modules[module]

    def _import(self, module: str) -> StateReads:
        found = StateReads()
        code = self._graph.files.get(module)
        if code is not None:
            bodies = self._graph.reached(
                [code.body.unit], lambda edge: edge.kind is not MentionedAs.VALUE
            )
            for unit in bodies:
                found.merge(self.of_unit(self._graph.facts(unit)))
                found.bound |= set(self._graph.facts(unit).targets.values())
                for loaded in self._graph.facts(unit).loads:
                    if self._graph.files.keys().isdisjoint((loaded, loaded.rpartition(".")[0])):
                        found.merge(self.of_import(loaded))
            return found
        if is_stdlib(module):
            self._stdlib(module, found)
        else:
            self._package(module, found)
        return found

    def _package(self, module: str, found: StateReads) -> None:
        listed = listed_reads(module)
        if listed is not None:
            found.merge(listed)
            return
        known = self._installed.reads(module) if self._installed else None
        for name, aspect in self._aspects.items():
            if aspect.every_import or (known is None and aspect.unread_import):
                found.add(name, None, f"importing {module}")
        if known is not None:
            found.merge(known)

    def _stdlib(self, module: str, found: StateReads) -> None:
        for name, aspect in self._aspects.items():
            known = aspect.stdlib_imports
            entry = covering(module, known) or ("*" if "*" in known else None)
            if entry is not None:
                found.add(name, known[entry], f"importing {module}")

    def of_unit(self, facts: UnitFacts) -> StateReads:
        """Return what the code of one unit reads, without the units that it calls.

        Many modules and values reach the same units, so each is read once.
        """
        if facts.unit not in self._units:
            self._units[facts.unit] = self._unit(facts)
        return self._units[facts.unit]

    def _unit(self, facts: UnitFacts) -> StateReads:
        keyed = [key for node in facts.nodes for key in self._keys(facts, node)]
        found = StateReads()
        mentions = [self._names.chain(facts, mention.chain) for mention in facts.mentions]
        for mention in facts.mentions:
            whole = _expression(mention.chain)
            shared = self._names.own(facts, whole), self._shared.of(facts, whole)
            found.names |= {name for name in shared if name}
        self._mentioned(found, filter(None, mentions), keyed)
        for mention in facts.mentions:
            if _is_put_in_builtins(facts, mention.chain[0]):
                _add_put_in(found, mention.chain[0])
        for node in facts.nodes:
            if isinstance(node, ast.Call):
                self._called(found, facts, node)
        return found

    def of_value(self, facts: UnitFacts, value: ast.expr) -> StateReads:
        """Return what computing an expression reads, with the own functions that it calls."""
        found = StateReads()
        keyed: list[tuple[str, Keys]] = []
        names: list[str] = []
        for node in ast.walk(value):
            keyed += self._keys(facts, node)
            if isinstance(node, ast.Call):
                self._called(found, facts, node)
            if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                name = self._names.of(facts, node)
                names += [name] if name else []
                own = self._names.own(facts, node)
                found.names |= {own} if own else set()
            if isinstance(node, ast.Name) and _is_put_in_builtins(facts, node.id):
                _add_put_in(found, node.id)
        self._mentioned(found, names, keyed)
        return found

    def _mentioned(
        self, found: StateReads, names: Iterable[str], keyed: list[tuple[str, Keys]]
    ) -> None:
        for name in names:
            found.names.add(name)
            for aspect in self._aspects.values():
                entry = covering(name, aspect.read_by)
                if entry not in surroundings().values:
                    continue
                keys = aspect.read_by[entry]
                if entry in _KEYED:
                    # Every mention that is not a look-up of its own may read any key.
                    looked_up = [key for base, key in keyed if base == entry]
                    exact = len(looked_up) and None not in looked_up
                    keys = frozenset().union(*(key or () for key in looked_up)) if exact else None
                found.add(aspect.name, keys, name.replace("()", ""))

    def _keys(self, facts: UnitFacts, node: ast.AST) -> Iterator[tuple[str, Keys]]:
        """Yield the key of a look-up such as `os.environ["X"]` or `os.getenv("X")`."""
        base: str | None = None
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            base, key = self._names.of(facts, node.value), node.slice
        elif isinstance(node, ast.Call) and node.args:
            name = self._names.of(facts, node.func) or ""
            base, _, last = name.rpartition(".")
            base = base if last in _GETTERS else name
            key = node.args[0]
        if base in _KEYED or (base or "").startswith("os.getenv"):
            text = key.value if isinstance(key, ast.Constant) else None
            yield base or "", frozenset([text]) if isinstance(text, str) else None

    def _called(self, found: StateReads, facts: UnitFacts, node: ast.Call) -> None:
        """Record what a call of the standard library or of an installed package reads."""
        name = self._names.of(facts, node.func)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        for each in self._aspects.values() if self._own_code else ():
            reader = {name, method} & each.read_methods
            if reader:
                found.add(each.name, None, f"{reader.pop()}()")
        if name is None or self._is_own(name):
            return
        top = name.partition(".")[0].partition("(")[0]
        words = name.replace("()", "") + "()"
        is_relative = name in _ALWAYS or takes_relative_path(self._names, facts, node)
        if is_stdlib(top) or top not in self._imported_tops(facts):
            known: Mapping[str, Keys] = (
                {} if "(" in name else self._of_standard_call(facts, node, name)
            )
        elif self._own_code:
            if name not in surroundings().decorators:
                found.packages.setdefault(top, words)
            known = surroundings().packages.get(top) or {
                aspect.name: None for aspect in self._aspects.values() if aspect.made_objects
            }
        else:
            return  # each package's own source says what its code reads
        if top in _READ_AWS_FILES and self._names_aws_files:
            known = {**known, "files": None}  # which own code may write
        for aspect, keys in known.items():
            if aspect not in BY_PATH or is_relative:
                found.add(aspect, keys, words)

    def _of_standard_call(self, facts: UnitFacts, node: ast.Call, name: str) -> dict[str, Keys]:
        """Return the aspects that a call of the standard library reads, with the keys."""
        known: dict[str, Keys] = {}
        for aspect in self._aspects.values():
            entry = covering(name, aspect.read_by)
            if entry is not None:
                known[aspect.name] = aspect.read_by[entry]
        for _, keys in self._keys(facts, node):
            known["environment" if "environ" in name or "getenv" in name else "modules"] = keys
        return known

    def _is_own(self, name: str) -> bool:
        parts = name.partition("(")[0].split(".")
        return any(".".join(parts[:size]) in self._graph.files for size in range(1, len(parts) + 1))

    def _imported_tops(self, facts: UnitFacts) -> frozenset[str]:
        """Return the top-level packages that a unit's file imports anywhere."""
        name = facts.unit.module
        if name not in self._tops:
            self._tops[name] = self._in_bodies | _tops_of(self._graph.files[name].units.values())
        return self._tops[name]

    @cached_property
    def _names_aws_files(self) -> bool:
        return _names_any(self._graph, _AWS_FILES)

    @cached_property
    def _in_bodies(self) -> frozenset[str]:
        return _tops_of(code.body for code in self._graph.files.values())


def _names_any(graph: CallGraph, parts: Sequence[str]) -> bool:
    """Return True if a text in the function's files has one of some parts."""
    return any(
        part in node.value
        for code in graph.files.values()
        for node in ast.walk(code.body.node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for part in parts
    )


def _expression(chain: Sequence[str]) -> ast.expr:
    node: ast.expr = ast.Name(chain[0], ast.Load())
    for name in chain[1:]:
        node = ast.Attribute(node, name, ast.Load())
    return node


def _is_put_in_builtins(facts: UnitFacts, name: str) -> bool:
    """Return True for a name that nothing binds and Python does not bring: gettext's `_`."""
    scope: UnitFacts | None = facts
    while scope is not None:
        if name in scope.targets or name in scope.bound:
            return False
        scope = scope.parent
    return name.isidentifier() and not hasattr(builtins, name) and not name.startswith("__")


def _add_put_in(found: StateReads, name: str) -> None:
    for aspect in ("built-in names", "installed names"):
        found.add(aspect, None, name)


def _tops_of(units: Iterable[UnitFacts]) -> frozenset[str]:
    return frozenset(module.partition(".")[0] for unit in units for module in unit.loads)
