"""Decide whether a getter can make a module-level object such as `s3 = boto3.client("s3")`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.names import COMPREHENSIONS
from importcost.deferral.source.purity import changes_module
from importcost.deferral.source.reach.occasions import late_use
from importcost.deferral.source.surroundings.moments import is_timely, takes, under
from importcost.deferral.source.view import Reason, View

_SHARED = (
    "threading",
    "_thread",
    "multiprocessing",
    "asyncio",
    "anyio",
    "queue",
    "contextvars",
    "weakref",
    "itertools",
    "collections.defaultdict",
    "collections.deque",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.ChainMap",
)
_CLASS_MAKERS = (
    "collections.namedtuple",
    "enum.Enum",
    "enum.IntEnum",
    "enum.StrEnum",
    "enum.Flag",
    "enum.IntFlag",
    "dataclasses.make_dataclass",
    "types.new_class",
    "pydantic.create_model",
)
_BUILTIN_STATE = frozenset(("dict", "list", "set", "bytearray", "object", "iter", "input"))


@dataclass(frozen=True, slots=True)
class ObjectCandidate:
    """`name = value` in the module's own body; `index` is its place there."""

    name: str
    index: int
    node: ast.Assign | ast.AnnAssign
    value: ast.expr
    reads: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class Objects:
    """All candidates by index of their statement, and the reasons against the other objects."""

    candidates: Mapping[int, ObjectCandidate]
    refused: Mapping[int, Reason]

    def getter_at(self, index: int) -> bool:
        """Return True if the statement at this index makes an object that a getter can make."""
        return index in self.candidates and index not in self.refused

    def blocked_by(self, view: View, use: Occurrence) -> tuple[Reason | None, frozenset[int]]:
        """Return the reason why a use runs during init, or the statements that must become getters.

        A use in a function that only candidates call, and a use in a candidate's value, no longer
        run during init once those are getters.
        """
        if use.kind is UseKind.MODULE:
            if self.getter_at(use.statement):
                return None, frozenset((use.statement,))
            if use.statement in self.refused:
                return self.refused[use.statement], frozenset()
            text = f"{use.name} is used at module level at line {use.line}"
            return (text, use.line), frozenset()
        if use.kind is UseKind.LAMBDA:
            text = f"{use.name} is used in a module-level lambda at line {use.line}"
            return (text, use.line), frozenset()
        needed: set[int] = set()
        for call in view.init_calls.get(id(use.function), ()) if use.function else ():
            if call.statement in self.refused:
                return self.refused[call.statement], frozenset()
            if call.statement not in self.candidates:
                text = f"runs during init: {call.name}() is called at line {call.line}"
                return (text, call.line), frozenset()
            needed.add(call.statement)
        return None, frozenset(needed)

    def required(self, view: View, first: Iterable[int]) -> tuple[int, ...]:
        """Return these statements and all that must become getters with them, in order."""
        found: set[int] = set()
        stack = list(first)
        while stack:
            index = stack.pop()
            if index in found:
                continue
            found.add(index)
            for use in view.uses.get(self.candidates[index].name, ()):
                stack.extend(self.blocked_by(view, use)[1])
        return tuple(sorted(found))

    def together(self, view: View, index: int) -> tuple[int, ...]:
        """Return the statements to make getters together with this one, itself too, in order.

        Those that have to be, and those that its value needs and that would run at import else.
        """
        found: set[int] = set()
        waiting = {index}
        made = {item.name: at for at, item in self.candidates.items() if at not in self.refused}
        while waiting:
            found |= waiting
            needed = {
                made[read.name]
                for at in waiting
                for read in self.candidates[at].reads
                if read.name in made
            }
            waiting = {*self.required(view, waiting), *needed} - found
        return tuple(sorted(found))


def objects_of(view: View) -> Objects:
    """Find the candidates, and refuse those that depend on refused ones until nothing changes."""
    candidates = {found.index: found for found in _candidates(view)}
    refused: dict[int, Reason] = {}
    for found in candidates.values():
        reason = _refused(view, found)
        if reason:
            refused[found.index] = reason
    while True:
        objects = Objects(candidates, refused)
        new = dict(refused)
        for index, found in candidates.items():
            if index not in new:
                reason = _used_during_init(view, objects, found)
                if reason:
                    new[index] = reason
        if len(new) == len(refused):
            return objects
        refused = new


def _candidates(view: View) -> Iterable[ObjectCandidate]:
    by_statement: dict[int, list[Occurrence]] = {}
    for uses in view.uses.values():
        for use in uses:
            by_statement.setdefault(use.statement, []).append(use)
    for index, node in enumerate(view.parsed.tree.body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target: ast.expr = node.targets[0]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target = node.target
        else:
            continue
        if not isinstance(target, ast.Name) or target.id.startswith("__") or node.value is None:
            continue
        every = by_statement.get(index, ())
        reads = tuple(use for use in every if use.role != "annotation")
        computes = any(
            isinstance(child, (ast.Call, *COMPREHENSIONS)) for child in ast.walk(node.value)
        )
        if computes or any(use.name in view.targets for use in reads):
            yield ObjectCandidate(target.id, index, node, node.value, reads)


def _refused(view: View, found: ObjectCandidate) -> Reason | None:
    """Return the reason why no getter can make an object, regardless of its uses."""
    return (
        view.dynamic()
        or view.rebound(found.name, _target(found.node))
        or view.visible(found.name)
        or _awkward_value(found)
        or _made_class(view, found)
        or _state(view, found)
        or _unstable(view, found)
        or changes_module(view, found.reads, found.node.lineno)
        or _changed_later(view, found)
        or _seen_outside(view, found)
        or late_use(view, view.uses.get(found.name, ()), found.name)
        or _awkward_use(view, found)
        or _other_call(view, found)
    )


def _other_call(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse a value made by a call that may look at more than its arguments."""
    code = view.later.reach.graph.files.get(view.module)
    calls = view.later.modules.calls
    call = calls.other_call(code.body, found.value, in_body=False) if code else None
    if call is None:
        return None
    text = f"{found.name} is made by {ast.unparse(call.func)[:60]}(), which may look at more than"
    return f"{text} its arguments", found.node.lineno


def _changed_later(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse a value that reads what a function changes before a getter would compute it."""
    clash = view.later.object_reason(view.module, found.node.lineno, found.value)
    return view.with_obstacle((clash[0], clash[1].line), clash[1]) if clash else None


def _seen_outside(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse a value whose computing others see: requests, files, lines in the log."""
    seen = view.later.output(view.module, found.value)
    return (f"making {found.name} {seen[0]} at line {seen[1]}", found.node.lineno) if seen else None


def _target(node: ast.Assign | ast.AnnAssign) -> ast.AST:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _awkward_value(found: ObjectCandidate) -> Reason | None:
    for call in takes(ast.walk(found.value), ()):
        return f"{found.name} takes what comes next at line {call.lineno}", found.node.lineno
    for child in ast.walk(found.value):
        if isinstance(child, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return f"{found.name} is computed by an expression that cannot move", found.node.lineno
    if isinstance(found.value, ast.Lambda):
        return f"{found.name} is a lambda", found.node.lineno
    return None


def _state(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse values that depend on when they are computed or must never be made twice."""
    line = found.node.lineno
    for read in found.reads:
        if under(view.targets.get(read.name, ""), ("typing", "typing_extensions")):
            return f"{found.name} is made for type checkers", line
    for child in ast.walk(found.value):
        if not isinstance(child, ast.Call):
            continue
        dotted = view.dotted(child.func)
        if is_timely(child, dotted):
            words = dotted or ast.unparse(child.func)
            return f"{found.name} depends on when {words}() runs", line
        if dotted is None:
            continue
        if under(dotted, _SHARED) or (child is found.value and dotted in _BUILTIN_STATE):
            return f"{found.name} holds state that must be made only once ({dotted})", line
    if isinstance(found.value, (ast.GeneratorExp, ast.List, ast.Dict, ast.Set)):
        changed = view.facts.mutated.get(found.name)
        if changed or isinstance(found.value, ast.GeneratorExp):
            return f"{found.name} holds state that must be made only once", line
    return None


def _made_class(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse a class that a call makes: pickle finds it by its name in this module only."""
    for child in ast.walk(found.value):
        dotted = view.dotted(child.func) if isinstance(child, ast.Call) else None
        if dotted is None or not isinstance(child, ast.Call):
            continue
        if under(dotted, _CLASS_MAKERS) or (dotted == "type" and len(child.args) > 1):
            text = f"{found.name} is a class, which pickle looks up in this module"
            return text, found.node.lineno
    return None


def _unstable(view: View, found: ObjectCandidate) -> Reason | None:
    """Refuse a value that reads names that change after it was computed."""
    for read in found.reads:
        bindings = view.facts.bindings.get(read.name, [])
        imported = read.name in view.targets
        if read.name in view.facts.globals_ or (len(bindings) > 1 and not imported):
            return f"{found.name} reads {read.name}, which is bound more than once", read.line
        if imported and any(
            binding.what != "imported" or binding.line > found.node.lineno for binding in bindings
        ):
            return f"{found.name} reads {read.name}, which is bound more than once", read.line
        for change in view.facts.mutated.get(read.name, ()):
            before = change.main_only or change.statement < found.index
            if change.kind is UseKind.MODULE and before:
                continue
            return f"{found.name} reads {read.name}, which line {change.line} changes", change.line
        for later in view.uses.get(read.name, ()) if imported else ():
            if _configures(view, later) and later.statement > found.index:
                text = f"{found.name} reads {read.name}, which line {later.line} calls afterwards"
                return text, later.line
    return None


def _configures(view: View, use: Occurrence) -> bool:
    """Return True if a use is a bare call at module level, made for its effect."""
    if use.kind is not UseKind.MODULE or use.role != "callee" or use.main_only:
        return False
    return isinstance(view.parsed.tree.body[use.statement], ast.Expr)


def _awkward_use(view: View, found: ObjectCandidate) -> Reason | None:
    uses = view.uses.get(found.name, [])
    for use in uses:
        if use.role == "annotation" or use.kind not in (UseKind.MODULE, UseKind.FUNCTION):
            where = "a lambda" if use.kind is UseKind.LAMBDA else "an annotation"
            return f"{found.name} is used in {where} at line {use.line}", use.line
        if use.class_conflict:
            return f"{found.name} is bound again in a class at line {use.line}", use.line
        if use.awkward:
            return f"{found.name} cannot become a call at line {use.line}: {use.awkward}", use.line
    if not uses:
        return f"nothing in this file uses {found.name}; something else may", found.node.lineno
    return None


def _used_during_init(view: View, objects: Objects, found: ObjectCandidate) -> Reason | None:
    for use in view.uses.get(found.name, ()):
        reason, _ = objects.blocked_by(view, use)
        if reason:
            return reason
    return None
