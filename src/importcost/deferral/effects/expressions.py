"""Evaluate expressions of a module's body as far as it takes to see what they change."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from importcost.deferral.effects.held import method_of_held
from importcost.deferral.effects.lookup import is_builtin, metaclass_of
from importcost.deferral.effects.refs import FRESH, NameScope, Ref, RefForm, item_of, worse
from importcost.deferral.effects.run import BodyRun, CallSite
from importcost.model.graph import FUNCTION

_OF_MODULE = ("__spec__", "__loader__", "__package__", "__doc__", "__file__", "__path__")
"""Names that each module has of its own, and builtins as well."""
_Evaluate = Callable[[BodyRun, Any, NameScope], Ref]


def value_of(run: BodyRun, node: ast.AST, scope: NameScope, use: str) -> Ref:
    """Return what an expression refers to, and record what evaluating it changes."""
    if isinstance(node, ast.Call):
        return _call(run, node, scope, use)
    evaluate = _BY_TYPE.get(type(node))
    if evaluate is not None:
        return evaluate(run, node, scope)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.expr, ast.comprehension, ast.keyword)):
            run.value(child, scope)
    return FRESH


def named(run: BodyRun, name: str, scope: NameScope) -> Ref:
    """Return what a bare name refers to in a scope."""
    inner: NameScope | None = scope
    while inner is not None:
        if name in inner.names and name not in inner.globals_:
            return inner.names[name]
        inner = inner.outer
    found = run.lookup.of_module(scope.module, name)
    if found is not None:
        return found
    if name in _OF_MODULE:
        return Ref(RefForm.OBJECT, scope.module, name)
    return Ref(RefForm.OBJECT, "builtins", name) if is_builtin(name) else FRESH


def _name(run: BodyRun, node: ast.Name, scope: NameScope) -> Ref:
    if node.id == "__name__":
        return Ref(RefForm.FRESH, text=scope.module)
    return named(run, node.id, scope)


def _attribute(run: BodyRun, node: ast.Attribute, scope: NameScope) -> Ref:
    kept = _kept(node, scope)
    return kept or attribute_of(run, run.value(node.value, scope), node.attr)


def _kept(node: ast.Attribute, scope: NameScope) -> Ref | None:
    """Return the value that the code at hand has given to an attribute itself."""
    name = node.value.id if isinstance(node.value, ast.Name) else ""
    return scope.names.get(f"{name}.{node.attr}")


def attribute_of(run: BodyRun, base: Ref, name: str) -> Ref:
    """Return an attribute; what a new class does not define itself, its ancestor may hold."""
    if name == "__dict__":
        return base
    if name == "__class__":
        return base.of if base.of is not None and base.of.form is RefForm.CLASS else base
    is_new = run.new_class is not None and base == run.new_class
    if not is_new or run.under is None:
        return run.lookup.attribute(base, name)
    if name in ("__mro__", "__bases__", "__base__"):
        return run.under
    found = run.lookup.member(base, name, base)
    if found is None:
        meta = metaclass_of(run.lookup, base)
        found = run.lookup.member(meta, name, base) if meta is not None else None
    if found is not None or name.startswith("__"):
        return found or FRESH
    return Ref(RefForm.OBJECT, run.under.module, f"{run.under.path}.{name}")


def _subscript(run: BodyRun, node: ast.Subscript, scope: NameScope) -> Ref:
    base, key = run.value(node.value, scope), run.value(node.slice, scope)
    is_class = base.form is RefForm.CLASS
    _operate(run, base, "__class_getitem__" if is_class else "__getitem__", key, scope)
    if base.dotted == "sys.modules":
        return Ref(RefForm.MODULE, key.text) if key.text else FRESH
    return item_of(base)


def _operator(run: BodyRun, node: ast.BinOp, scope: NameScope) -> Ref:
    left, right = run.value(node.left, scope), run.value(node.right, scope)
    _operate(run, left, _OPERATORS[type(node.op)], right, scope)
    return FRESH


def _operate(run: BodyRun, base: Ref, method: str, key: Ref, scope: NameScope) -> None:
    """Follow the method of the function's own code that an operator calls."""
    found = run.lookup.attribute(base, method)
    module = run.lookup.codes.loaded.get(found.module)
    if found.form is RefForm.FUNCTION and module and module.distribution == FUNCTION:
        run.steps.call(run, found, CallSite(scope, (key,)))


def _constant(_run: BodyRun, node: ast.Constant, _scope: NameScope) -> Ref:
    if isinstance(node.value, str):
        return Ref(RefForm.FRESH, text=node.value)
    if node.value is None or node.value is False:
        return Ref(RefForm.FRESH, type="none" if node.value is None else "false")
    return FRESH


def _lambda(_run: BodyRun, node: ast.Lambda, scope: NameScope) -> Ref:
    return Ref(RefForm.FUNCTION, scope.module, "lambda", node=node, scope=scope)


def _either(run: BodyRun, node: ast.AST, scope: NameScope) -> Ref:
    parts: list[ast.expr] = []
    if isinstance(node, ast.IfExp):
        run.value(node.test, scope)
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.BoolOp):
        parts = node.values
    found = FRESH
    for part in parts:
        found = worse(found, run.value(part, scope))
    return found


def _walrus(run: BodyRun, node: ast.NamedExpr, scope: NameScope) -> Ref:
    found = run.value(node.value, scope)
    scope.names[node.target.id] = found
    return found


def _inner(run: BodyRun, node: ast.Await | ast.Starred, scope: NameScope) -> Ref:
    return run.value(node.value, scope)


def _comprehension(run: BodyRun, node: ast.AST, scope: NameScope) -> Ref:
    inner = NameScope(scope.module, outer=scope)
    for part in getattr(node, "generators", ()):
        bind(run, part.target, element(run, part.iter, inner), inner)
        for condition in part.ifs:
            run.value(condition, inner)
    for field in ("elt", "key", "value"):
        child = getattr(node, field, None)
        if child is not None:
            run.value(child, inner)
    return FRESH


def element(run: BodyRun, node: ast.expr, scope: NameScope) -> Ref:
    """Return an element of what a loop goes through: of a display, the one that others see."""
    if not isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return item_of(run.value(node, scope))
    found = FRESH
    for part in node.elts:
        found = worse(found, run.value(part, scope))
    return found


def bind(run: BodyRun, target: ast.expr, found: Ref, scope: NameScope) -> None:
    """Bind the names of a loop or comprehension."""
    if isinstance(target, ast.Name):
        scope.names[target.id] = found
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            bind(run, part, found if found.is_shared else FRESH, scope)


def _call(run: BodyRun, node: ast.Call, scope: NameScope, use: str) -> Ref:
    callee = _super_member(run, node.func, scope)
    base = run.value(node.func.value, scope) if isinstance(node.func, ast.Attribute) else None
    positional = tuple(run.value(one, scope) for one in node.args)
    keywords = {one.arg or "**": run.value(one.value, scope) for one in node.keywords}
    site = CallSite(scope, positional, keywords, use, node)
    if callee is None and base is not None and isinstance(node.func, ast.Attribute):
        held = method_of_held(run, base, node.func.attr, site)
        if held is not None:
            return held
        callee = _kept(node.func, scope) or attribute_of(run, base, node.func.attr)
    return run.steps.call(run, callee or run.value(node.func, scope), site)


def _super_member(run: BodyRun, node: ast.expr, scope: NameScope) -> Ref | None:
    """Return the method that `super().name` means in the method at hand."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Call):
        return None
    if not isinstance(node.value.func, ast.Name) or node.value.func.id != "super":
        return None
    if node.attr == "__new__":
        return Ref(RefForm.FRESH, of=run.new_class)
    if node.attr in ("__init_subclass__", "__prepare__") or run.new_class is not None:
        return FRESH  # the hooks of all ancestors are followed one by one
    method = scope.names.get("(method)")
    if method is None:
        return None
    class_ = run.lookup.of_module(method.module, method.path.rpartition(".")[0])
    if class_ is None or method.of is None:
        return None
    for base in run.lookup.ancestors(class_)[1:]:
        found = run.lookup.member(base, node.attr, method.of)
        if found is not None:
            return found
    return None


_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.MatMult: "__matmul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.Pow: "__pow__",
    ast.LShift: "__lshift__",
    ast.RShift: "__rshift__",
    ast.BitOr: "__or__",
    ast.BitXor: "__xor__",
    ast.BitAnd: "__and__",
}

_BY_TYPE: dict[type[ast.AST], _Evaluate] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _operator,
    ast.Constant: _constant,
    ast.Lambda: _lambda,
    ast.IfExp: _either,
    ast.BoolOp: _either,
    ast.NamedExpr: _walrus,
    ast.Await: _inner,
    ast.Starred: _inner,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
