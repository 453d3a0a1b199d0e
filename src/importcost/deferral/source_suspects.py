"""What reaches a module's names, or its annotations, without naming them."""

from __future__ import annotations

import ast

_DYNAMIC = frozenset(("globals", "locals", "eval", "exec", "f_globals", "f_locals", "__globals__"))
_ONLY_BARE = frozenset(("eval", "exec", "globals", "locals"))
_READERS = frozenset(("get_type_hints", "__annotations__", "annotationlib", "__annotate__"))
_INSPECT = frozenset(("signature", "getfullargspec", "get_annotations"))


def dynamic_name(name: str) -> bool:
    """Whether this name or attribute gives a namespace away wherever it stands."""
    return name in _DYNAMIC and name not in _ONLY_BARE


def dynamic_call(node: ast.Call) -> str | None:
    """Name the call by which code reaches names of its own module, None where it does not."""
    func = node.func
    if isinstance(func, ast.Name) and func.id in ("vars", "dir") and not node.args:
        return func.id
    takes_name = any(isinstance(arg, ast.Name) and arg.id == "__name__" for arg in node.args)
    last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if takes_name and last in ("import_module", "__import__"):
        return last
    if takes_name and isinstance(func, ast.Attribute) and _is_sys_modules(func.value):
        return "sys.modules"
    return None


def dynamic_subscript(node: ast.Subscript) -> bool:
    """Whether this is `sys.modules[__name__]`."""
    own = isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    return own and _is_sys_modules(node.value)


def dynamic_builtin(node: ast.Name) -> bool:
    """Whether this bare name is `globals`, `locals`, `eval` or `exec`."""
    return isinstance(node.ctx, ast.Load) and node.id in _ONLY_BARE


def reads_annotations(node: ast.Name | ast.Attribute) -> bool:
    """Whether this reads the annotations of something at run time."""
    if isinstance(node, ast.Name):
        return node.id in _READERS
    of_inspect = isinstance(node.value, ast.Name) and node.value.id == "inspect"
    return node.attr in _READERS or (of_inspect and node.attr in _INSPECT)


def _is_sys_modules(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "modules"
