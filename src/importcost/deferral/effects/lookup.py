"""Follow names from module to module: what a global name, an attribute or a base refers to."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace

from importcost.deferral.effects.known_effects import KnownEffects
from importcost.deferral.effects.module_code import (
    BoundName,
    ModuleCode,
    ModuleCodes,
    bound_names,
    live,
)
from importcost.deferral.effects.refs import FRESH, FunctionDef, Ref, RefForm

MAX_CHAIN = 25
"""Longer chains of re-exports are given up."""

_DISPLAYS: dict[type[ast.AST], str] = {
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.JoinedStr: "text",
    ast.Tuple: "text",
}
_MAKERS = {
    "dict": "dict",
    "list": "list",
    "set": "set",
    "frozenset": "text",
    "tuple": "text",
    "str": "text",
    "int": "number",
    "collections.OrderedDict": "dict",
    "collections.defaultdict": "dict",
    "collections.deque": "list",
    "collections.Counter": "dict",
    "weakref.WeakKeyDictionary": "dict",
    "weakref.WeakValueDictionary": "dict",
    "weakref.WeakSet": "set",
}


class Lookup:
    """Resolves names over the sources of one import graph."""

    def __init__(self, codes: ModuleCodes, known: KnownEffects) -> None:
        self.codes = codes
        self.known = known
        self._found: dict[tuple[str, str], Ref | None] = {}
        self._busy: set[tuple[str, str]] = set()

    def dotted(self, dotted: str, depth: int = 0) -> Ref:
        """Return what an absolute dotted name refers to."""
        module, rest = self.codes.split(dotted)
        ref = Ref(RefForm.MODULE, module)
        for name in filter(None, rest.split(".")):
            ref = self.attribute(ref, name, depth)
        return ref

    def of_module(self, module: str, name: str, depth: int = 0) -> Ref | None:
        """Return what a global name of a module refers to, None if the source does not say."""
        key = (module, name)
        if key not in self._found:
            if key in self._busy or depth > MAX_CHAIN:
                return None
            self._busy.add(key)
            try:
                self._found[key] = self._of_module(module, name, depth)
            finally:
                self._busy.discard(key)
        return self._found[key]

    def _of_module(self, module: str, name: str, depth: int) -> Ref | None:
        code = self.codes.code(module)
        if code is not None and name in code.names:
            return self._bound(code, name, code.names[name], depth)
        if f"{module}.{name}" in self.codes.loaded:
            return Ref(RefForm.MODULE, f"{module}.{name}")
        for star in code.stars if code else ():
            if star != module and self.codes.code(star) is not None:
                found = self.of_module(star, name, depth + 1)
                if found is not None:
                    return found
        if code is None:
            return Ref(RefForm.OBJECT, module, name)
        return None

    def _bound(self, code: ModuleCode, name: str, bound: BoundName, depth: int) -> Ref:
        if bound.dotted is not None:
            if bound.is_module:
                return Ref(RefForm.MODULE, bound.dotted)
            if not self.codes.is_loaded(bound.dotted.rpartition(".")[0]):
                return FRESH  # the import failed, or its branch was not taken
            return self.dotted(bound.dotted, depth + 1)
        if isinstance(bound.node, ast.ClassDef):
            return Ref(RefForm.CLASS, code.name, name, node=bound.node)
        if isinstance(bound.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return Ref(RefForm.FUNCTION, code.name, name, node=bound.node)
        if bound.value is None:
            return Ref(RefForm.OBJECT, code.name, name)
        return self.held(bound.value, code.name, name, depth)

    def held(self, value: ast.expr, module: str, path: str, depth: int = 0) -> Ref:
        """Return the object that a module holds after `path = value`."""
        if isinstance(value, (ast.Name, ast.Attribute)):
            found = self.plain(value, module, depth)
            return found or Ref(RefForm.OBJECT, module, path)
        if isinstance(value, ast.Lambda):
            return Ref(RefForm.FUNCTION, module, path, node=value)
        if type(value) in _DISPLAYS:
            return Ref(RefForm.OBJECT, module, path, type=_DISPLAYS[type(value)])
        if isinstance(value, ast.Constant):
            text = value.value if isinstance(value.value, str) else None
            type_ = "text" if value.value is not None else ""
            return Ref(RefForm.OBJECT, module, path, type=type_, text=text)
        if isinstance(value, ast.Call):
            return self._made(value, module, path, depth)
        return Ref(RefForm.OBJECT, module, path)

    def _made(self, value: ast.Call, module: str, path: str, depth: int) -> Ref:
        name = ast.unparse(value.func) if isinstance(value.func, (ast.Name, ast.Attribute)) else ""
        maker = self.plain(value.func, module, depth)
        if maker is None:
            return Ref(RefForm.OBJECT, module, path, type=_MAKERS.get(name, ""))
        if maker.dotted == "logging.getLogger":
            return self.logger(value, module)
        type_ = _MAKERS.get(maker.dotted, "")
        of = None if maker.form is RefForm.FRESH else maker
        return Ref(RefForm.OBJECT, module, path, of=of, type=type_)

    def logger(self, call: ast.Call, module: str) -> Ref:
        """Return the logger that `getLogger(...)` gives; one of an unknown name is taken as new."""
        if not call.args:
            return Ref(RefForm.LOGGER, "", "")
        argument = call.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return Ref(RefForm.LOGGER, self.logger_owner(argument.value), argument.value)
        if isinstance(argument, ast.Name) and argument.id == "__name__":
            return Ref(RefForm.LOGGER, module, module)
        return FRESH

    def logger_owner(self, name: str) -> str:
        """Return the module that a logger is named after, empty for the root and other names."""
        return name if name in self.codes.loaded else ""

    def plain(self, node: ast.expr, module: str, depth: int = 0) -> Ref | None:
        """Resolve a name or a chain of attributes at module level."""
        if isinstance(node, ast.Name):
            return self.of_module(module, node.id, depth + 1)
        if isinstance(node, ast.Attribute):
            base = self.plain(node.value, module, depth + 1)
            return None if base is None else self.attribute(base, node.attr, depth + 1)
        return None

    def attribute(self, base: Ref, name: str, depth: int = 0) -> Ref:
        """Return what an attribute of something refers to."""
        if base.form is RefForm.MODULE:
            found = self.of_module(base.module, name, depth + 1)
            return found or Ref(RefForm.OBJECT, base.module, name)
        if base.form is RefForm.CLASS:
            return self.member(base, name, base) or _part(base, name)
        if base.of is not None and base.form in (RefForm.OBJECT, RefForm.FRESH):
            found = self.member(base.of, name, base) if base.of.form is RefForm.CLASS else None
            return found or self._opaque_member(base, base.of, name)
        return _part(base, name) if base.is_shared else FRESH

    def _opaque_member(self, base: Ref, class_: Ref, name: str) -> Ref:
        """Return a member whose definition has no source; `of` is its name in its class."""
        hidden = [one for one in self.ancestors(class_) if one.form is RefForm.OBJECT]
        of = _part(hidden[0], name) if hidden else None
        return replace(_part(base, name), of=of) if base.is_shared else replace(FRESH, of=of)

    def member(self, class_: Ref, name: str, receiver: Ref) -> Ref | None:
        """Return a class's attribute: the first of its ancestors' that has it."""
        for ancestor in self.ancestors(class_):
            found = self.own_member(ancestor, name, receiver)
            if found is not None:
                return found
        return None

    def own_member(self, class_: Ref, name: str, receiver: Ref) -> Ref | None:
        """Return an attribute that a class's own body defines."""
        if not isinstance(class_.node, ast.ClassDef):
            return None
        found: Ref | None = None
        for node in live(class_.node.body, self.codes.python):
            for bound, value in bound_names(node, ""):
                if bound == name:
                    path = f"{class_.path}.{name}"
                    found = self._class_value(value, class_, path, receiver)
        return found

    def _class_value(self, value: BoundName, class_: Ref, path: str, receiver: Ref) -> Ref:
        if isinstance(value.node, FunctionDef):
            return Ref(RefForm.FUNCTION, class_.module, path, of=receiver, node=value.node)
        if isinstance(value.node, ast.ClassDef):
            return Ref(RefForm.CLASS, class_.module, path, node=value.node)
        if value.value is None:
            return Ref(RefForm.OBJECT, class_.module, path)
        return self.held(value.value, class_.module, path)

    def ancestors(self, class_: Ref) -> list[Ref]:
        """Return a class and all its ancestors that can be resolved, nearest first."""
        found: dict[str, Ref] = {class_.dotted: class_}
        waiting = [class_]
        while waiting and len(found) < 200:
            for base in self.bases(waiting.pop(0)):
                if base.dotted not in found:
                    found[base.dotted] = base
                    waiting.append(base)
        return list(found.values())

    def bases(self, class_: Ref) -> Iterator[Ref]:
        """Yield the resolved bases that a class names; those without source are opaque."""
        if not isinstance(class_.node, ast.ClassDef):
            return
        scope = class_.scope
        for base in class_.node.bases:
            node = base.value if isinstance(base, ast.Subscript) else base
            found = scope.names.get(node.id) if scope and isinstance(node, ast.Name) else None
            if isinstance(node, ast.Call):
                yield from self._called_base(node, class_.module)
                continue
            found = found or self.plain(node, class_.module)
            if found is not None and found.is_shared and found.dotted != class_.dotted:
                yield found

    def _called_base(self, node: ast.Call, module: str) -> Iterator[Ref]:
        """Yield the classes of `with_metaclass(Meta, Base)` and the like."""
        for argument in node.args:
            found = self.plain(argument, module)
            if found is not None and found.form is RefForm.CLASS:
                yield found


def metaclass_of(lookup: Lookup, class_: Ref) -> Ref | None:
    """Return the metaclass of a class, its own or an ancestor's; None for `type`."""
    for ancestor in lookup.ancestors(class_):
        if not isinstance(ancestor.node, ast.ClassDef):
            continue
        for keyword in ancestor.node.keywords:
            if keyword.arg == "metaclass":
                return lookup.plain(keyword.value, ancestor.module)
        for base in ancestor.node.bases:
            # six.with_metaclass(Meta, Base)
            if isinstance(base, ast.Call) and base.args and "metaclass" in ast.unparse(base.func):
                return lookup.plain(base.args[0], ancestor.module)
    return None


def is_builtin(name: str) -> bool:
    """Return True if a bare name means a builtin where nothing else binds it."""
    return hasattr(builtins, name)


def _part(base: Ref, name: str) -> Ref:
    path = f"{base.path}.{name}" if base.path else name
    return Ref(RefForm.OBJECT, base.module, path)
