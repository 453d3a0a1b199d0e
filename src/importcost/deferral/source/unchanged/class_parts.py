"""The containers that classes hold as attributes: all their instances share them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.unchanged.file_uses import Variable
from importcost.deferral.source.unchanged.shapes import HeldAs, Shape
from importcost.deferral.source.unchanged.values import ValueShapes


class ClassParts:
    """Finds the attributes of own classes that hold a dictionary, list or set."""

    def __init__(self, graph: CallGraph, values: ValueShapes) -> None:
        self._graph = graph
        self._values = values

    def of(self, variable: Variable) -> Iterator[tuple[Variable, Shape]]:
        """Yield the attributes, with their shapes, of the class behind a variable.

        The variable names the class or holds an instance. The attributes of its own bases are
        included, found by their names.
        """
        code = self._graph.files[variable.module]
        names = [variable.name] if variable.name in code.classes else []
        if not names:
            shape = self._values.of_variable(variable)
            maker = shape.maker if shape is not None else ""
            module, _, owner = maker.rpartition(".")
            made_by = self._graph.files.get(module)
            names = [owner] if made_by is not None and owner in made_by.classes else []
        seen: set[str] = set()
        for name in names:  # grows while it is read
            if name not in seen:
                seen.add(name)
                for module, node in self._classes(name):
                    names += [part for base in node.bases if (part := _last_name(base))]
                    yield from self._attributes(module, node)

    def _classes(self, name: str) -> Iterator[tuple[str, ast.ClassDef]]:
        for code in self._graph.files.values():
            if name in code.classes:
                body = code.body.node
                for node in body.body if isinstance(body, ast.Module) else ():
                    if isinstance(node, ast.ClassDef) and node.name == name:
                        yield code.module, node

    def _attributes(self, module: str, node: ast.ClassDef) -> Iterator[tuple[Variable, Shape]]:
        body = self._graph.files[module].body
        for statement in node.body:
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                continue
            shape = self._values.of(body, statement.value)
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                is_held = shape is not None and shape.kind is HeldAs.CONTAINER
                if isinstance(target, ast.Name) and shape is not None and is_held:
                    yield Variable(module, f"{node.name}.{target.id}"), shape


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
