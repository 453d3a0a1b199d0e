"""The ancestors of a class over the files that define them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from importcost.deferral.effects.module_code import ModuleCodes
from importcost.deferral.effects.refs import Ref, RefForm

MAX_ANCESTORS = 200


class Ancestry:
    """Finds ancestors; `plain` resolves a name or chain of attributes in a module."""

    def __init__(self, codes: ModuleCodes, plain: Callable[[ast.expr, str], Ref | None]) -> None:
        self._codes = codes
        self._plain = plain
        # By id(): the parsed sources, which hold the nodes, live as long as this does.
        self._found: dict[int, tuple[list[Ref], frozenset[str]]] = {}

    def of(self, class_: Ref) -> list[Ref]:
        """Return a class and all its ancestors that can be resolved, nearest first."""
        key = id(class_.node)
        if class_.node is None:
            return [class_]
        if key not in self._found:
            with self._codes.watched() as seen:
                found = self._line(class_)
            self._found[key] = found, frozenset(seen)
        line, looked_at = self._found[key]
        self._codes.note(*looked_at)
        return line

    def _line(self, class_: Ref) -> list[Ref]:
        found: dict[str, Ref] = {class_.dotted: class_}
        waiting = [class_]
        while waiting and len(found) < MAX_ANCESTORS:
            for base in self._bases(waiting.pop(0)):
                if base.dotted not in found:
                    found[base.dotted] = base
                    waiting.append(base)
        return list(found.values())

    def _bases(self, class_: Ref) -> Iterator[Ref]:
        """Yield the resolved bases that a class names; those without source are opaque."""
        if not isinstance(class_.node, ast.ClassDef):
            return
        scope = class_.scope
        for base in class_.node.bases:
            node = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(node, ast.Call):
                yield from self._called_base(node, class_.module)
                continue
            found = scope.names.get(node.id) if scope and isinstance(node, ast.Name) else None
            found = found or self._plain(node, class_.module)
            if found is not None and found.is_shared and found.dotted != class_.dotted:
                yield found

    def _called_base(self, node: ast.Call, module: str) -> Iterator[Ref]:
        """Yield the classes of `with_metaclass(Meta, Base)` and the like."""
        for argument in node.args:
            found = self._plain(argument, module)
            if found is not None and found.form is RefForm.CLASS:
                yield found
