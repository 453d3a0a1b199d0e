"""Judge uses of an object's attributes, methods and items."""

from __future__ import annotations

import ast

from importcost.deferral.source.unchanged.calls import CallReader
from importcost.deferral.source.unchanged.file_uses import Uses
from importcost.deferral.source.unchanged.readers import known_readers
from importcost.deferral.source.unchanged.shapes import UNKNOWN, HeldAs, Shape, container
from importcost.deferral.source.unchanged.trail import HeldPart, Trail


class MemberUses:
    """Follows an object into its attributes and items, and the calls of its methods."""

    def __init__(self, uses: Uses, calls: CallReader, trail: Trail) -> None:
        self._uses = uses
        self._calls = calls
        self._trail = trail

    def attribute(self, held: HeldPart, parent: ast.Attribute) -> None:
        """Judge an attribute of the object, and the call of a method."""
        shape = held.shape
        if not isinstance(parent.ctx, ast.Load):
            # What methods set is compared by attribute: see `ChangeFinder`.
            if not self._is_self(held):
                self._trail.change(held, direct=True)
            return
        top, names = parent, [parent.attr]
        while isinstance(above := self._uses.around.get(id(top)), ast.Attribute):
            top = above
            names.append(above.attr)
        if shape.kind is HeldAs.INSTANCE:
            known = known_readers().of_instance(shape.maker)
            if known is not None:
                self._known_instance(held, top, ".".join(names))
                return
        method = self._uses.around.get(id(parent))
        is_called = isinstance(method, ast.Call) and method.func is parent
        if is_called and isinstance(method, ast.Call):
            self._method(held, parent.attr, method)
        elif shape.kind is HeldAs.CONTAINER:
            self._trail.change(held, f"uses {parent.attr} of")
        else:
            self._trail.push(parent, held.facts, UNKNOWN)

    def _is_self(self, held: HeldPart) -> bool:
        """Return True for the instance in a method of its own class."""
        facts = held.facts
        is_first = isinstance(held.node, ast.Name) and held.node.id == facts.first
        return is_first and held.shape.maker == f"{facts.unit.module}.{facts.owner}"

    def _known_instance(self, held: HeldPart, top: ast.Attribute, chain: str) -> None:
        known = known_readers().of_instance(held.shape.maker)
        parent = self._uses.around.get(id(top))
        is_stored = not isinstance(top.ctx, ast.Load)
        if known is None or is_stored or not known.reads(chain):
            self._trail.change(held, f"uses {chain} of", direct=True)
        elif isinstance(parent, ast.Call) and parent.func is top:
            self._trail.push(parent, held.facts, held.shape if known.keeps_kind(chain) else None)
        elif chain == "meta.client":
            self._trail.push(top, held.facts, Shape(HeldAs.INSTANCE, maker="boto3.client"))
        elif known.leads_to_change(chain):
            self._trail.change(held, f"uses {chain} of", direct=True)

    def _method(self, held: HeldPart, name: str, call: ast.Call) -> None:
        """Judge the call of a method of the object."""
        shape, facts = held.shape, held.facts
        if shape.kind is HeldAs.INSTANCE:
            receivers = self._calls.receivers(shape.maker, name)
            for variable in receivers or ():
                self._trail.bind(variable, shape)
            if receivers is None:
                self._trail.change(held, f"calls {name}() of", direct=True)
            return
        kind = known_readers().methods.get(name)
        if kind == "item":
            first = call.args[0] if call.args else None
            key = first.value if isinstance(first, ast.Constant) else None
            items = shape.at(key) if isinstance(first, ast.Constant) else shape.inner
            self._trail.push(call, facts, items)
        elif kind == "copy":
            self._trail.push(call, facts, container(shape.inner, fresh=True))
        elif kind == "pairs":
            pair = container(shape.inner, fresh=True)
            self._trail.push(call, facts, container(pair, fresh=True))
        elif kind is None:
            if not shape.fresh:
                self._trail.change(held, f"calls {name}() of", direct=True)
            self._trail.push(call, facts, shape.inner)  # such as setdefault()

    def subscript(self, held: HeldPart, parent: ast.Subscript) -> None:
        """Judge an item or a slice of the object."""
        if parent.slice is held.node:
            return  # a key
        shape = held.shape
        if not isinstance(parent.ctx, ast.Load):
            if not shape.fresh:
                self._trail.change(held, direct=True)
        elif isinstance(parent.slice, ast.Slice):
            self._trail.push(parent, held.facts, container(shape.inner, fresh=True))
        elif isinstance(parent.slice, ast.Constant):
            self._trail.push(parent, held.facts, shape.at(parent.slice.value))
        else:
            self._trail.push(parent, held.facts, shape.inner)
