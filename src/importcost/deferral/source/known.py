"""Known modules and names: imports with side effects, dynamic reads of a namespace."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from importcost.errors import UsageError

_DYNAMIC = frozenset(("globals", "locals", "eval", "exec", "f_globals", "f_locals", "__globals__"))
_ONLY_BARE = frozenset(("eval", "exec", "globals", "locals"))
_READERS = frozenset(("get_type_hints", "__annotations__", "annotationlib", "__annotate__"))
_INSPECT = frozenset(("signature", "getfullargspec", "get_annotations"))


def dynamic_name(name: str) -> bool:
    """Return True if this name or attribute always gives access to a whole namespace."""
    return name in _DYNAMIC and name not in _ONLY_BARE


def dynamic_call(node: ast.Call) -> str | None:
    """Name the call by which code reaches names of its own module, or return None."""
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
    """Return True if this is `sys.modules[__name__]`."""
    own = isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    return own and _is_sys_modules(node.value)


def dynamic_builtin(node: ast.Name) -> bool:
    """Return True for a bare `globals`, `locals`, `eval` or `exec`, and `__annotations__`.

    The module's annotations name the variables that have some: a getter is no longer one.
    """
    return isinstance(node.ctx, ast.Load) and node.id in (*_ONLY_BARE, "__annotations__")


def reads_annotations(node: ast.Name | ast.Attribute) -> bool:
    """Return True if this reads the annotations of something at run time."""
    if isinstance(node, ast.Name):
        return node.id in _READERS
    of_inspect = isinstance(node.value, ast.Name) and node.value.id == "inspect"
    return node.attr in _READERS or (of_inspect and node.attr in _INSPECT)


def _is_sys_modules(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "modules"


def side_effect(imported: Iterable[str]) -> str | None:
    """Return what importing one of these packages is known to do, None if nothing is known."""
    for module in imported:
        for known, effect in known_packages().items():
            if module == known or module.startswith(f"{known}."):
                return f"{known} {effect}"
    return None


def known_packages() -> Mapping[str, str]:
    """Return packages known for what importing them does, from `deferral/data/effects.json`.

    They are known because what they do is not in their own modules' bodies, or has no source.
    Raises UsageError if the file is damaged.
    """
    return _shipped()[0]


def known_outputs() -> Mapping[str, str]:
    """Return the calls that write files, send requests or start something, with what they do.

    They are from `deferral/data/effects.json`. Raises UsageError if the file is damaged.
    """
    return _shipped()[1]


@lru_cache(maxsize=1)
def _shipped() -> tuple[Mapping[str, str], Mapping[str, str]]:
    name = "effects.json"
    shipped = files("importcost.deferral").joinpath("data", name)
    try:
        data = json.loads(shipped.read_text(encoding="utf-8"))
        outputs: dict[str, str] = {}
        for group in data["calls"]:
            outputs.update(group["names"] if group["kind"] == "starts" else {})
            outputs.update(group["names"] if group.get("own_only") else {})
        return {entry["module"]: entry["does"] for entry in data["packages"]}, outputs
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"The known effects {name} cannot be read ({type(error).__name__}: {error}):"
            " reinstall importcost."
        ) from error
