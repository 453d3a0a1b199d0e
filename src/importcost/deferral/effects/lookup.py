"""Follow names from module to module: what a global name, an attribute or a base refers to."""

from __future__ import annotations

import ast
import builtins
import types
from dataclasses import replace

from importcost.deferral.effects.ancestry import Ancestry
from importcost.deferral.effects.known_effects import KnownEffects
from importcost.deferral.effects.module_code import (
    BoundName,
    ModuleCode,
    ModuleCodes,
    bound_names,
    live,
)
from importcost.deferral.effects.refs import FRESH, FunctionDef, Ref, RefForm

SERVICE_MAKERS = ("boto3.client", "boto3.resource")
MAX_CHAIN = 25
"""Longer chains of re-exports are given up."""

_MODULE = types.ModuleType("any")
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
        self._found: dict[tuple[str, str], tuple[Ref | None, frozenset[str]]] = {}
        self._busy: set[tuple[str, str]] = set()
        # By id(): the parsed sources, which hold the nodes, live as long as this does.
        self._members: dict[int, dict[str, BoundName]] = {}
        self.made: list[ast.ClassDef] = []
        """Classes that calls make; kept, because what is known of a class is kept by its id()."""
        self._ancestry = Ancestry(codes, self.plain)

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
                with self.codes.watched() as seen:
                    found = self._of_module(module, name, depth)
                self._found[key] = found, frozenset(seen)
            finally:
                self._busy.discard(key)
        ref, looked_at = self._found[key]
        self.codes.note(*looked_at)
        return ref

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
        maker = self.plain(value.func, module, depth) or self._of_service(value.func, module, depth)
        if maker is None:
            return Ref(RefForm.OBJECT, module, path, type=_MAKERS.get(name, ""))
        if maker.dotted == "logging.getLogger":
            argument = value.args[0] if value.args else ast.Constant("")
            is_name = isinstance(argument, ast.Name) and argument.id == "__name__"
            text = argument.value if isinstance(argument, ast.Constant) else None
            return self.logger(module if is_name else text)
        type_ = _MAKERS.get(maker.dotted, "")
        of = None if maker.form is RefForm.FRESH else maker
        if maker.of is not None and _is_of_service(maker.of):
            of = maker.of  # such as `TABLES.Table("orders")`
        return Ref(RefForm.OBJECT, module, path, of=of, type=type_)

    def _of_service(self, node: ast.expr, module: str, depth: int) -> Ref | None:
        """Return the name of `boto3.resource("dynamodb").Table`, None for another expression."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Call):
            return None
        inner = node.value.func
        maker = self.plain(inner, module, depth) or self._of_service(inner, module, depth)
        if maker is None or not _is_of_service(maker):
            return None
        return Ref(RefForm.OBJECT, maker.module, f"{maker.path}.{node.attr}")

    def logger(self, name: object) -> Ref:
        """Return the logger of a name; one of an unknown name is taken as new."""
        if not isinstance(name, str):
            return FRESH
        return Ref(RefForm.LOGGER, name if name in self.codes.loaded else "", name)

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
        if base.form is RefForm.MODULE and base.module == "logging" and name == "root":
            return self.logger("")
        if base.form is RefForm.MODULE:
            found = self.of_module(base.module, name, depth + 1)
            return found or Ref(RefForm.OBJECT, base.module, name)
        if base.form is RefForm.CLASS:
            found = self.member(base, name, base)
            if found is None and name == "register" and self._is_abstract(base):
                return Ref(RefForm.OBJECT, "abc", "ABCMeta.register", of=base)
            return found or _part(base, name)
        if base.of is not None and base.form in (RefForm.OBJECT, RefForm.FRESH):
            found = self.member(base.of, name, base) if base.of.form is RefForm.CLASS else None
            return found or self._opaque_member(base, base.of, name)
        return _part(base, name) if base.is_shared else FRESH

    def _opaque_member(self, base: Ref, class_: Ref, name: str) -> Ref:
        """Return a member whose definition has no source; `of` is its name in its class."""
        hidden = [one for one in self.ancestors(class_) if one.form is RefForm.OBJECT]
        if class_.dotted in SERVICE_MAKERS:
            hidden = [class_]  # their results' classes are made while they run
        of = _part(hidden[0], name) if hidden else None
        return replace(_part(base, name), of=of) if base.is_shared else replace(FRESH, of=of)

    def _is_abstract(self, class_: Ref) -> bool:
        meta = metaclass_of(self, class_)
        line = [*self.ancestors(class_), *([meta] if meta is not None else [])]
        return any(one.dotted in ("abc.ABC", "abc.ABCMeta") for one in line)

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
        if id(class_.node) not in self._members:
            self._members[id(class_.node)] = {
                bound: value
                for node in live(class_.node.body, self.codes.python)
                for bound, value in bound_names(node, "")
            }
        found = self._members[id(class_.node)].get(name)
        if found is None:
            return None
        return self._class_value(found, class_, f"{class_.path}.{name}", receiver)

    def _class_value(self, value: BoundName, class_: Ref, path: str, receiver: Ref) -> Ref:
        if isinstance(value.node, FunctionDef) and _is_property(value.node):
            name = path.rpartition(".")[2]
            return _part(receiver, name) if receiver.is_shared else FRESH
        if isinstance(value.node, FunctionDef):
            return Ref(RefForm.FUNCTION, class_.module, path, of=receiver, node=value.node)
        if isinstance(value.node, ast.ClassDef):
            return Ref(RefForm.CLASS, class_.module, path, node=value.node)
        if value.value is None:
            return Ref(RefForm.OBJECT, class_.module, path)
        return self.held(value.value, class_.module, path)

    def ancestors(self, class_: Ref) -> list[Ref]:
        """Return a class and all its ancestors that can be resolved, nearest first."""
        return self._ancestry.of(class_)


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
    """Return True if a bare name means a builtin where nothing else binds it.

    `__spec__`, `__doc__` and the like are the module's own, and the builtins have such names too.
    """
    return hasattr(builtins, name) and not hasattr(_MODULE, name)


def _is_of_service(ref: Ref) -> bool:
    """Return True for the names of boto3's clients and resources, and of what these make."""
    return f"{ref.dotted}.".startswith(("boto3.client.", "boto3.resource."))


def _is_property(node: FunctionDef) -> bool:
    names = (ast.unparse(one) for one in getattr(node, "decorator_list", ()))
    return any(one.endswith(("property", ".setter", ".getter")) for one in names)


def _part(base: Ref, name: str) -> Ref:
    if base.form is RefForm.LOGGER:
        path = f"getLogger({base.path!r}).{name}"
        return Ref(RefForm.OBJECT, base.module or "logging", path)
    path = f"{base.path}.{name}" if base.path else name
    return Ref(RefForm.OBJECT, base.module, path)
