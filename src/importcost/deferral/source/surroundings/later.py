"""Refuse to move what reads something that the function changes before the moved code runs."""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from importcost.deferral.source.imports import loaded_by
from importcost.deferral.source.own_state.handed_clocks import HandedClocks
from importcost.deferral.source.own_state.logger_setups import logger_setups
from importcost.deferral.source.reach.reach import Reach
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.aspects import common, covering
from importcost.deferral.source.surroundings.full_names import FullNames, assigned
from importcost.deferral.source.surroundings.init_moments import InitMoments, LaterReason
from importcost.deferral.source.surroundings.instances import depends
from importcost.deferral.source.surroundings.order import InitOrder
from importcost.deferral.source.surroundings.outputs import first_output
from importcost.deferral.source.surroundings.own_modules import OwnModules
from importcost.deferral.source.surroundings.patch_clashes import PatchClashes
from importcost.deferral.source.surroundings.reads import (
    InstalledReads,
    ReadFinder,
    StateReads,
    is_stdlib,
)
from importcost.deferral.source.surroundings.state_changes import ChangeFinder, StateChange
from importcost.deferral.source.unchanged.file_uses import Variable
from importcost.deferral.source.unchanged.held import (
    HeldObjects,
    Moved,
    moved_import,
    moved_value,
)
from importcost.deferral.source.unchanged.trail import PossibleChange
from importcost.model.advice import Obstacle

_DEPTH = 4
_ALWAYS_LOADED = frozenset(("sys", "os", "os.path", "builtins", "io", "time", "abc", "codecs"))
"""The interpreter loads these before any code of the function: nothing is moved."""

_SEARCHED = ("boto3", "botocore", "s3transfer")
_ASKED = frozenset(
    (
        "awscrt", "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3",
        "certifi", "gzip", "brotli", "brotlicffi", "zstandard", "h2", "socks", "OpenSSL",
        "cryptography", "idna", "simplejson", "ordereddict", "pyodide", "js", "org", "six_moves",
        "importlib_metadata", "typing_extensions", "ipaddress", "backports",
    )
)  # fmt: skip
"""The packages that those of `_SEARCHED` ask for while they are imported, if there."""
_PATH_CALLS = ("str", "os.path.join", "os.path.normpath", "pathlib.Path", "os.fspath")


class LaterChanges:
    """Holds what the function's own files change against what moved code reads."""

    def __init__(self, reach: Reach, installed: InstalledReads | None = None) -> None:
        self.reach = reach
        self._installed = installed
        self._names = FullNames(reach.graph)
        self._reads = ReadFinder(reach.graph, installed)
        self._order = InitOrder(reach.graph)
        self.modules = OwnModules(reach.graph)
        self._moments = InitMoments(self._names, HandedClocks(reach.graph, self._names))
        self._held = HeldObjects(reach, self._names, self._order)
        self._clashes = PatchClashes(reach.graph.files, self._reads, installed)

    @cached_property
    def _changes(self) -> list[StateChange]:
        setups = logger_setups(self.reach.graph, self._names, self._installed)
        return [*ChangeFinder(self.reach.graph).changes(), *setups]

    @cached_property
    def _folders(self) -> list[str]:
        """The entries of sys.path that the working directory completes."""
        found: list[str] = []
        for facts in self.reach.graph.units():
            for node in facts.nodes:
                values = _path_entries(self._names, facts, node)
                texts = (self._relative(facts, value) for value in values)
                found += [text for text in texts if text is not None]
        return found

    def import_reason(
        self, module: str, line: int, imported: Collection[str], targets: Iterable[str]
    ) -> LaterReason | None:
        """Return the reason why an import at a line of a module may not run later, or None.

        `targets` are the dotted names that it binds.
        """
        if all(name in _ALWAYS_LOADED for name in imported):
            return None
        names = list(imported)
        own = {each for name in names for each in loaded_by(name) if each in self.reach.graph.files}
        known = [name for name in names if self._installed and self._installed.loads(name)]
        loads = sorted(own) or known or names[:1]
        for change in self._effective(module, line):
            for name in loads:
                reason = self._import_clash(change, name, set(targets))
                if reason:
                    return _sentence(change, reason, module)
        return _held_by_imports(self._held, self._reads, moved_import(module, line, own))

    def object_reason(self, module: str, line: int, value: ast.expr) -> LaterReason | None:
        """Return the reason why a value at a line of a module may not be computed later."""
        changes = list(self._effective(module, line))
        code = self.reach.graph.files.get(module)
        if code is None:
            return None
        units = list(self._called_by(code.body, value))
        shared = self._moments.of_value(code.body, value, units, self._changes)
        if shared:
            return shared
        reads = self._reads.of_value(code.body, value)
        for unit in units:
            reads.merge(self._reads.of_unit(unit))
        for change in changes:
            reason = self._object_clash(change, reads)
            if reason:
                return _sentence(change, reason, module)
        return _held_by_value(self._held, reads.names, moved_value(module, value))

    def changes_known_parts(self, module: str, line: int) -> bool:
        """Return True if a line sets known environment variables or adds known folders, no more."""
        here = [one for one in self._changes if one.line == line and one.unit.module == module]
        return bool(here) and all(map(_changes_known_parts, here))

    def output(self, module: str, value: ast.expr) -> tuple[str, int] | None:
        """Return what computing a module's value does that others see, and the line, or None."""
        body = self.reach.graph.files[module].body
        return first_output(self._names, body, value, self._called_by(body, value))

    def _called_by(self, body: UnitFacts, value: ast.expr) -> Iterator[UnitFacts]:
        """Yield the units that computing a module-level value runs."""
        last = value.end_lineno or value.lineno
        edges = self.reach.graph.edges.get(body.unit, ())
        first = [edge.target for edge in edges if value.lineno <= edge.line <= last]
        for mention in body.mentions:
            if value.lineno <= mention.line <= last:
                first += self.reach.resolved(body, mention)
        for unit in self.reach.graph.reached(self.reach.graph.units_of(first)):
            yield self.reach.graph.facts(unit)

    def _effective(self, module: str, line: int) -> Iterator[StateChange]:
        """Yield the changes that may come between a line of a module's body and its first use."""
        for change in self._changes:
            unit = change.unit
            aspect = change.aspect
            per_thread = aspect is not None and aspect.per_thread and self.reach.has_threads
            at_any_time = aspect is not None and aspect.at_any_time
            if self.reach.after_init(unit) or per_thread or at_any_time:
                yield change
            elif not unit.name and unit.module == module:
                if change.line > line:
                    yield change
            elif self._order.runs_after(unit, change.line, module, line):
                yield change

    def _import_clash(self, change: StateChange, name: str, targets: set[str]) -> str | None:
        if change.aspect is None:
            return self._clashes.of_import(change, name, targets)
        aspect = change.aspect.name
        if aspect == "folder" and self._is_found_by_folder(name):
            return f"importing {name} searches a folder of sys.path that is not absolute"
        if aspect == "files" and self._is_scratch(name):
            return f"importing {name} reads a file below /tmp"
        if change.is_addition and is_stdlib(name):
            return None
        if aspect == "search path" and change.keys and self._is_found_elsewhere(name, change.keys):
            return None
        found = self._reads.of_import(name).aspects.get(aspect)
        if found is None or not common(change.keys, found[0]):
            return None
        words = change.aspect.words
        if name in self.reach.graph.files:
            return f"importing {name} reads {words} ({found[1]})"
        return f"{found[1]} may read {words}"

    def _object_clash(self, change: StateChange, reads: StateReads) -> str | None:
        if change.aspect is not None:
            found = reads.aspects.get(change.aspect.name)
            if found is None or not common(change.keys, found[0]):
                return None
            return f"{found[1]} may read {change.aspect.words}"
        if not change.is_setting and any(
            depends(self.reach.graph, name, change.what) for name in reads.names
        ):
            return f"it reads {change.what.replace('()', '')}"
        words = self._clashes.of_package(change, reads)
        return " ".join(words) if words else None

    def _is_found_elsewhere(self, name: str, entries: Collection[str]) -> bool:
        """Return True if no entry of a new folder of sys.path is anything that an import asks for.

        Only for packages of which it is known what they ask for, missing ones included.
        """
        if not (sys.stdlib_module_names | _ASKED).isdisjoint(entries):
            return False
        if is_stdlib(name):
            return True
        loads = self._installed.loads(name) if self._installed else ()
        tops = {each.partition(".")[0] for each in loads}
        return bool(tops) and covering(name, _SEARCHED) is not None and tops.isdisjoint(entries)

    def _is_scratch(self, name: str) -> bool:
        """Return True for a module that init unpacked below /tmp, which functions clean up."""
        path = (self._installed.file_of(name) if self._installed else None) or ""
        is_own = name in self.reach.graph.files or "-packages/" in path
        return path.startswith("/tmp/") and not is_own  # noqa: S108

    def _is_found_by_folder(self, name: str) -> bool:
        """Return True if a module may be found through a relative entry of sys.path."""
        if not self._folders or is_stdlib(name):
            return False
        code = self.reach.graph.files.get(name)
        path = self._installed.file_of(name) if self._installed else None
        path = code.path if code is not None else path
        if path is None or not posixpath.isabs(path):
            return True
        for folder in self._folders:
            clean = posixpath.normpath(folder)
            inside = posixpath.normpath(path)
            if clean in (".", "") or f"/{clean}/" in inside or clean.startswith(".."):
                return True
        return False

    def _relative(self, facts: UnitFacts, value: ast.expr, depth: int = 0) -> str | None:
        """Return the folder that an expression names if it is a relative path."""
        if isinstance(value, ast.Constant):
            text = value.value
            return text if isinstance(text, str) and not text.startswith("/") else None
        if isinstance(value, ast.Name) and depth < _DEPTH:
            scope: UnitFacts | None = facts
            while scope is not None:
                inner = assigned(scope, value.id)
                if inner is not None:
                    return self._relative(scope, inner, depth + 1)
                scope = scope.parent
        name = self._names.of(facts, value.func) if isinstance(value, ast.Call) else None
        if isinstance(value, ast.Call) and value.args and name in _PATH_CALLS and depth < _DEPTH:
            return self._relative(facts, value.args[0], depth + 1)
        if isinstance(value, ast.BinOp):
            return self._relative(facts, value.left, depth + 1)
        return "." if self._names.of(facts, value) in ("os.curdir", "os.pardir") else None


def _changes_known_parts(change: StateChange) -> bool:
    if change.is_setting and change.what.startswith("os.environ."):
        return True  # the same call once more, as that of a setter
    aspect = change.aspect.name if change.aspect is not None else ""
    return bool(change.keys) and aspect in ("environment", "search path")


def _sentence(change: StateChange, reads: str, module: str) -> LaterReason:
    unit = change.unit
    kind = change.aspect.name if change.aspect else "name"
    obstacle = Obstacle(kind, unit.module, change.line, change.what)
    verb = "calls" if change.is_setting else change.verb
    where = f"line {change.line}"
    if unit.module != module:
        where = f"{where} of {unit.module}"
    if not unit.name:
        return f"{reads}, which {where} {verb}", obstacle
    who = "a lambda" if "<lambda" in unit.name else f"{unit.name.rpartition('.')[2]}()"
    return f"{reads}, which {who} {verb} at {where}", obstacle


def _held_by_imports(held: HeldObjects, reads: ReadFinder, moved: Moved) -> LaterReason | None:
    """Return why own modules that read some variables may not be imported later, or None."""
    for name in sorted(moved.modules):
        others = [each for each in reads.of_import(name).names if not each.startswith(f"{name}.")]
        found = held.first_change(others, moved)
        if found is not None:
            return _held_sentence(f"importing {name}", *found, moved.module)
    return None


def _held_by_value(
    held: HeldObjects, variables: Collection[str], moved: Moved
) -> LaterReason | None:
    """Return why a value that reads some variables may not be computed later, or None."""
    found = held.first_change(variables, moved)
    return _held_sentence("it", *found, moved.module) if found is not None else None


def _held_sentence(
    who: str, variable: Variable, change: PossibleChange, module: str
) -> LaterReason:
    """Return the reason for an object that some code may change, with the place."""
    name = f"{variable.module}.{variable.name}"
    as_change = StateChange(
        None, name, None, change.unit, change.line, is_within=True, verb=change.verb
    )
    return _sentence(as_change, f"{who} reads {name}", module)


def _path_entries(names: FullNames, facts: UnitFacts, node: ast.AST) -> list[ast.expr]:
    """Return the values that a node adds to sys.path."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        base = names.of(facts, node.func.value)
        if base and _is_path(base) and node.func.attr in ("insert", "append", "extend"):
            return _elements(node.args[-1:])
        if names.of(facts, node.func) == "site.addsitedir":
            return node.args[:1]
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            inner = target.value if isinstance(target, ast.Subscript) else target
            if _is_path(names.of(facts, inner) or ""):
                return [
                    element
                    for part in ast.walk(node.value)
                    if isinstance(part, (ast.List, ast.Tuple))
                    for element in part.elts
                ]
    return []


def _is_path(dotted: str) -> bool:
    """Return True for the folders that an import searches, all or those of one package."""
    return dotted == "sys.path" or dotted.endswith(".__path__")


def _elements(values: list[ast.expr]) -> list[ast.expr]:
    found: list[ast.expr] = []
    for value in values:
        found += value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
    return found
