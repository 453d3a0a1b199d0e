"""Run through the statements of a body: what they bind and what they change."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from importcost.deferral.effects.calls import doubtful
from importcost.deferral.effects.conditions import known_outcome
from importcost.deferral.effects.definitions import define_class, define_function
from importcost.deferral.effects.expressions import bind, element, named
from importcost.deferral.effects.held import change_logger
from importcost.deferral.effects.module_code import absolute
from importcost.deferral.effects.refs import FRESH, NameScope, Ref, RefForm, item_of, worse
from importcost.deferral.effects.run import BodyRun, shown
from importcost.model.effects import EffectKind

_Run = Callable[[BodyRun, Any, NameScope], None]
_SURROUNDINGS = ("os", "sys", "builtins", "locale", "warnings", "signal", "threading")


def run_statements(run: BodyRun, body: Sequence[ast.stmt], scope: NameScope) -> None:
    """Run through statements in order."""
    for node in body:
        if not run.depth:
            run.line = node.lineno
        step = _BY_TYPE.get(type(node))
        if step is not None:
            step(run, node, scope)
            continue
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                run.value(child, scope)


def _expression(run: BodyRun, node: ast.Expr, scope: NameScope) -> None:
    before, run.doubt = len(run.effects), None
    run.value(node.value, scope, "statement")
    if run.depth or len(run.effects) > before or not isinstance(node.value, ast.Call):
        return
    doubtful(run, node.value, scope)


def _assign(run: BodyRun, node: ast.stmt, scope: NameScope) -> None:
    value = getattr(node, "value", None)
    found = run.value(value, scope) if value is not None else FRESH
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        if target is not None and value is not None:
            for part, given in _pairs(target, value):
                assign_to(run, part, found if given is None else run.value(given, scope), scope)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr | None]]:
    """Pair the parts of `a, b = c, d`; a target that is not spread has no value of its own."""
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return [(target, None)]
    if len(target.elts) != len(value.elts):
        return [(target, None)]
    return list(zip(target.elts, value.elts, strict=True))


def assign_to(run: BodyRun, target: ast.expr, found: Ref, scope: NameScope) -> None:
    """Assign to a target: a local name is bound, anything else is a change of its owner."""
    if isinstance(target, ast.Name):
        _assign_name(run, target.id, found, scope)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            assign_to(run, part, item_of(found), scope)
    elif isinstance(target, ast.Starred):
        assign_to(run, target.value, found, scope)
    elif isinstance(target, ast.Attribute):
        base = run.value(target.value, scope)
        if isinstance(target.value, ast.Name):
            scope.names[f"{target.value.id}.{target.attr}"] = found
        if base.form is RefForm.LOGGER:
            change_logger(run, base, f"sets {target.attr}")
        else:
            _change(run, base, f"sets {shown(base.dotted)}.{target.attr}", target.attr)
    elif isinstance(target, ast.Subscript):
        base, key = run.value(target.value, scope), run.value(target.slice, scope)
        if base.dotted == "sys.modules" and _is_own(run, target.slice, key):
            return
        _change(run, base, f"sets an item of {shown(base.dotted)}")


def _assign_name(run: BodyRun, name: str, found: Ref, scope: NameScope) -> None:
    if name in scope.globals_:
        held = Ref(RefForm.OBJECT, scope.module, name)
        run.changes(held, f"sets {held.dotted}")
    elif run.depth or scope.outer is not None:
        scope.names[name] = found


def _is_own(run: BodyRun, node: ast.expr, key: Ref) -> bool:
    """Return True if a key of sys.modules names a module of the same package."""
    top = run.module.partition(".")[0]
    if key.text is not None:
        return key.text.partition(".")[0] == top
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    while isinstance(first, ast.BinOp):
        first = first.left
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value.partition(".")[0] == top
    return "__name__" in ast.unparse(first) or "__package__" in ast.unparse(first)


def _change(run: BodyRun, base: Ref, does: str, attribute: str = "") -> None:
    kind = EffectKind.PROCESS if base.module in _SURROUNDINGS else EffectKind.ASSIGNS
    if attribute and base.form is RefForm.MODULE:
        base = Ref(RefForm.OBJECT, base.module, attribute)
    if base.form is RefForm.OBJECT and base.type in ("text", "number"):
        return
    run.changes(base, does, kind)


def _augment(run: BodyRun, node: ast.AugAssign, scope: NameScope) -> None:
    run.value(node.value, scope)
    if isinstance(node.target, ast.Name):
        held = named(run, node.target.id, scope)
        if held.type in ("list", "set", "dict") or node.target.id in scope.globals_:
            run.changes(held, f"extends {shown(held.dotted)}")
    else:
        assign_to(run, node.target, FRESH, scope)


def _delete(run: BodyRun, node: ast.Delete, scope: NameScope) -> None:
    for target in node.targets:
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            base = run.value(target.value, scope)
            part = f".{target.attr}" if isinstance(target, ast.Attribute) else ""
            what = f"{shown(base.dotted)}{part}" if part else f"an item of {shown(base.dotted)}"
            _change(run, base, f"deletes {what}", part[1:])


def _if(run: BodyRun, node: ast.If, scope: NameScope) -> None:
    decided = known_outcome(node.test, run.python)
    if decided is None:
        decided = _by_arguments(run, node.test, scope)
    run.value(node.test, scope)
    before, guarded = dict(scope.names), set(run.guarded)
    run.guarded |= _tested(run, node.test, scope)
    if decided is not False:
        run.steps.run(run, node.body, scope)
    run.guarded = guarded
    if decided is not True:
        taken, scope.names = scope.names, before
        run.steps.run(run, node.orelse, scope)
        if decided is None:
            scope.names = _merged(taken, scope.names, _copied(node.test))


def _by_arguments(run: BodyRun, test: ast.expr, scope: NameScope) -> bool | None:
    """Return the outcome of a condition on a parameter that was not given, None if unknown."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _by_arguments(run, test.operand, scope)
        return None if inner is None else not inner
    is_compared = isinstance(test, ast.Compare) and ast.unparse(test.comparators[0]) == "None"
    tested = test.left if is_compared and isinstance(test, ast.Compare) else test
    if not run.depth or not isinstance(tested, (ast.Name, ast.Attribute)):
        return None
    found = scope.names.get(ast.unparse(tested))
    if found is None or found.type not in ("none", "false"):
        return None
    if not isinstance(test, ast.Compare):
        return False
    is_none = found.type == "none"
    return is_none if isinstance(test.ops[0], (ast.Is, ast.Eq)) else not is_none


def _copied(test: ast.expr) -> set[str]:
    """Return the attributes that a class gets a copy of if its own `__dict__` has none."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if isinstance(test, ast.UnaryOp):
        test = test.operand
    wanted = ast.In if negated else ast.NotIn
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], wanted):
        return set()
    text = test.left.value if isinstance(test.left, ast.Constant) else None
    return {text} if isinstance(text, str) and "__dict__" in ast.unparse(test) else set()


def _merged(first: dict[str, Ref], second: dict[str, Ref], copied: set[str]) -> dict[str, Ref]:
    """Return the names after a condition; `copied` are attributes that the first branch made."""
    merged: dict[str, Ref] = {}
    for name in {**first, **second}:
        if name in first and name in second:
            merged[name] = worse(first[name], second[name])
        elif "." not in name or name.partition(".")[2] in copied:
            merged[name] = first.get(name) or second[name]
    return merged


def _tested(run: BodyRun, test: ast.expr, scope: NameScope) -> set[str]:
    """Return the global names that a condition tests for being empty."""
    found: set[str] = set()
    for node in ast.walk(test):
        tested: ast.expr | None = None
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.Eq)):
            tested = node.left
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            tested = node.operand
        if isinstance(tested, ast.Name):
            found.add(f"{scope.module}.{tested.id}")
        elif isinstance(tested, ast.Attribute):
            found.add(run.value(tested, scope).dotted)
    return found


def _try(run: BodyRun, node: ast.stmt, scope: NameScope) -> None:
    run.steps.run(run, getattr(node, "body", []), scope)
    if not _imports_hold(run, node, scope):
        for handler in getattr(node, "handlers", ()):
            run.steps.run(run, handler.body, scope)
    run.steps.run(run, getattr(node, "orelse", []), scope)
    run.steps.run(run, getattr(node, "finalbody", []), scope)


def _imports_hold(run: BodyRun, node: ast.stmt, scope: NameScope) -> bool:
    """Return True if a try statement is about imports that did succeed."""
    caught = {ast.unparse(one.type) for one in getattr(node, "handlers", ()) if one.type}
    if not any("ImportError" in one or "ModuleNotFound" in one for one in caught):
        return False
    wanted: list[str] = []
    for child in getattr(node, "body", []):
        if isinstance(child, ast.Import):
            wanted += [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            wanted.append(absolute(child, scope.module))
    return bool(wanted) and all(name in run.lookup.codes.loaded for name in wanted)


def _for(run: BodyRun, node: ast.For | ast.AsyncFor, scope: NameScope) -> None:
    bind(run, node.target, element(run, node.iter, scope), scope)
    run.steps.run(run, [*node.body, *node.orelse], scope)


def _while(run: BodyRun, node: ast.While, scope: NameScope) -> None:
    run.value(node.test, scope)
    run.steps.run(run, [*node.body, *node.orelse], scope)


def _with(run: BodyRun, node: ast.With | ast.AsyncWith, scope: NameScope) -> None:
    for item in node.items:
        found = run.value(item.context_expr, scope)
        if item.optional_vars is not None:
            bind(run, item.optional_vars, found, scope)
    if any("catch_warnings" in ast.unparse(item.context_expr) for item in node.items):
        before = dict(run.effects)
        run.steps.run(run, node.body, scope)
        kept = {key: one for key, one in run.effects.items() if key in before or not _filter(one)}
        run.effects = kept
        return
    run.steps.run(run, node.body, scope)


def _filter(effect: object) -> bool:
    return str(getattr(effect, "target", "")).startswith("warnings.")


def _match(run: BodyRun, node: ast.stmt, scope: NameScope) -> None:
    run.value(getattr(node, "subject"), scope)  # noqa: B009
    for case in getattr(node, "cases", ()):
        run.steps.run(run, case.body, scope)


def _return(run: BodyRun, node: ast.Return, scope: NameScope) -> None:
    found = run.value(node.value, scope) if node.value is not None else FRESH
    scope.result[:] = [worse(scope.result[0], found) if scope.result else found]


def _import(run: BodyRun, node: ast.stmt, scope: NameScope) -> None:
    """Bind the names of an import in a function; global ones are in the module's table."""
    if not run.depth and scope.outer is None:
        return
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else name
            scope.names[name] = Ref(RefForm.MODULE, target)
    elif isinstance(node, ast.ImportFrom):
        code = run.lookup.codes.code(scope.module)
        base = absolute(node, code.package if code else scope.module)
        for alias in node.names:
            scope.names[alias.asname or alias.name] = run.lookup.dotted(f"{base}.{alias.name}")


def _global(_: BodyRun, node: ast.Global, scope: NameScope) -> None:
    scope.globals_ |= set(node.names)


_BY_TYPE: dict[type[ast.stmt], _Run] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _augment,
    ast.Delete: _delete,
    ast.If: _if,
    ast.Try: _try,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.Return: _return,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Global: _global,
    ast.FunctionDef: define_function,
    ast.AsyncFunctionDef: define_function,
    ast.ClassDef: define_class,
}
if hasattr(ast, "TryStar"):
    _BY_TYPE[ast.TryStar] = _try
