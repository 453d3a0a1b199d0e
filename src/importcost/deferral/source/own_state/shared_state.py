"""State that a class or a closure holds: all who construct or call share it, whoever is first.

That is how singletons are made: an instance kept by a metaclass, by `__new__()`, in the function of
a decorator, or in a `__dict__` that all objects have in common.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import ClassFacts, MentionedAs, UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames

MUTATORS = frozenset(
    (
        "append", "extend", "insert", "remove", "pop", "popitem", "clear", "update", "setdefault",
        "sort", "reverse", "add", "discard", "__setitem__", "__delitem__", "addHandler",
        "set", "reset", "put", "put_nowait", "appendleft", "popleft", "move_to_end",
    )
)  # fmt: skip
"""Methods that change the object that has them."""
_CLASS_NAMES = frozenset(("cls", "klass", "mcs", "mcls", "metacls"))
_CLASS_METHODS = frozenset(("__new__", "__init_subclass__", "__class_getitem__"))


class SharedState:
    """Names what a class or a closure holds: `app.Gateway._all`, `app.singleton.instances`."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._names = FullNames(graph)

    def changed(self, facts: UnitFacts) -> Iterator[tuple[str, int]]:
        """Yield the shared state that a unit changes, with the line."""
        for node in facts.nodes if facts.parent is not None else ():
            if isinstance(node, (ast.Assign, ast.Delete)):
                found = [self._stored(facts, each, node) for each in _parts(node.targets)]
            elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
                found = [self._stored(facts, each, node) for each in _parts([node.target])]
            elif isinstance(node, ast.Call):
                found = [self._called(facts, node)]
            else:
                continue
            yield from ((what, node.lineno) for what in found if what)

    def _stored(self, facts: UnitFacts, target: ast.expr, node: ast.AST) -> str | None:
        """Return the shared state that an assignment to a target changes."""
        if isinstance(target, ast.Name):
            return None if target.id in facts.bound else self.of(facts, target)  # nonlocal
        if isinstance(target, ast.Subscript):
            return self.of(facts, target.value)
        if not isinstance(target, ast.Attribute):
            return None
        holder = target.value
        if target.attr == "__dict__" and isinstance(node, ast.Assign):
            # What one object is given, all have.
            return self.of(facts, node.value) or self._names.own(facts, node.value)
        return self.of(facts, target if _is_class(facts, holder) else holder)

    def _called(self, facts: UnitFacts, node: ast.Call) -> str | None:
        """Return the shared state that a call changes: `cls.all.append()`, `setattr(cls, ...)`."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            return self.of(facts, node.func.value)
        is_set = isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr")
        if not is_set or len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return None
        target = ast.Attribute(node.args[0], str(node.args[1].value), ast.Store())
        return self._stored(facts, target, node)

    def of(self, facts: UnitFacts, node: ast.expr) -> str | None:
        """Return the dotted name of the shared state at the start of an expression, or None.

        `cls._instances` for `cls._instances[cls]`; `self._all` if only the class has it.
        """
        names: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            if isinstance(node, ast.Attribute):
                names.insert(0, node.attr)
            node = node.value
        if _is_type_of(node):
            names.insert(0, "__class__")
            node = node.args[0]  # type: ignore[attr-defined]
        return self._found(facts, node.id, names) if isinstance(node, ast.Name) else None

    def _found(self, facts: UnitFacts, root: str, names: list[str]) -> str | None:
        scope: UnitFacts | None = facts
        while scope is not None and scope.parent is not None:
            if root == scope.first:
                return self._of_class(scope, names)
            if root in scope.bound:
                return self._closed_over(facts, scope, root)
            scope = scope.parent
        return None

    def _of_class(self, method: UnitFacts, names: list[str]) -> str | None:
        """Return the state at class level that attributes of a method's first parameter name."""
        is_class = _takes_class(method)
        if names[:1] == ["__class__"]:
            is_class, names = True, names[1:]
        if not names or (names[0].startswith("__") and names[0].endswith("__")):
            return None
        holder = self._holder(method, names[0])
        if holder is None and is_class:
            holder = f"{method.unit.module}.{method.owner}"
        is_own = not is_class and names[0] in self._set_on_instances(method)
        return None if holder is None or is_own else f"{holder}.{names[0]}"

    def _holder(self, method: UnitFacts, name: str) -> str | None:
        """Return the nearest class, of a method's and its bases, whose body binds a name."""
        seen: list[tuple[str, ClassFacts]] = []
        found = self._graph.files[method.unit.module].classes.get(method.owner or "")
        queue = [(method.unit.module, found)] if found is not None else []
        for module, class_ in queue:  # grows while it is read
            if name in class_.names:
                return f"{module}.{class_.name}"
            seen.append((module, class_))
            wanted = {base[-1] for base in class_.bases}
            for other in self._graph.files.values():
                near = [each for each in other.classes.values() if _simple(each) in wanted]
                queue += [(other.module, each) for each in near if (other.module, each) not in seen]
        return None

    def _set_on_instances(self, method: UnitFacts) -> set[str]:
        """Return the attributes that a class's methods set on its objects."""
        found: set[str] = set()
        for facts in self._graph.files[method.unit.module].units.values():
            if facts.owner != method.owner or _takes_class(facts):
                continue
            for node in facts.nodes:
                targets = node.targets if isinstance(node, ast.Assign) else []
                targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
                found |= {
                    target.attr
                    for target in targets
                    if isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and target.value.id == facts.first
                }
        return found

    def _closed_over(self, facts: UnitFacts, scope: UnitFacts, name: str) -> str | None:
        """Return a variable of the function around, if the inner function outlives its call."""
        inner = facts
        while inner is not scope and inner.parent is not scope and inner.parent is not None:
            inner = inner.parent
        if inner is scope:
            return None  # the function's own
        own = inner.unit.name.rpartition(".")[2]
        kept = any(
            mention.chain == (own,) and mention.kind is MentionedAs.VALUE
            for mention in scope.mentions
        )
        return f"{scope.unit.module}.{scope.unit.name}.{name}" if kept else None


def _parts(targets: list[ast.expr]) -> Iterator[ast.expr]:
    """Yield the single targets of an assignment: `a` and `b` of `a, b = c`."""
    for target in targets:
        inner = target.value if isinstance(target, ast.Starred) else target
        if isinstance(inner, (ast.Tuple, ast.List)):
            yield from _parts(inner.elts)
        else:
            yield inner


def _is_class(facts: UnitFacts, holder: ast.expr) -> bool:
    """Return True if an attribute of `holder` is one of a class: `cls`, `type(self)`."""
    if _is_type_of(holder) or (isinstance(holder, ast.Attribute) and holder.attr == "__class__"):
        return True
    return isinstance(holder, ast.Name) and holder.id == facts.first and _takes_class(facts)


def _is_type_of(node: ast.expr) -> bool:
    """Return True for `type(self)`."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return is_call and node.func.id == "type" and len(node.args) == 1  # type: ignore[attr-defined]


def _takes_class(method: UnitFacts) -> bool:
    """Return True if a method's first parameter is the class."""
    if method.first in _CLASS_NAMES or method.unit.name.rpartition(".")[2] in _CLASS_METHODS:
        return True
    return any("classmethod" in ast.unparse(each) for each in method.decorators)


def _simple(class_: ClassFacts) -> str:
    return class_.name.rpartition(".")[2]
