"""Known modules and names: imports with side effects, dynamic reads of a namespace."""

from __future__ import annotations

import ast
from collections.abc import Iterable

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
    """Return True if this bare name is `globals`, `locals`, `eval` or `exec`."""
    return isinstance(node.ctx, ast.Load) and node.id in _ONLY_BARE


def reads_annotations(node: ast.Name | ast.Attribute) -> bool:
    """Return True if this reads the annotations of something at run time."""
    if isinstance(node, ast.Name):
        return node.id in _READERS
    of_inspect = isinstance(node.value, ast.Name) and node.value.id == "inspect"
    return node.attr in _READERS or (of_inspect and node.attr in _INSPECT)


def _is_sys_modules(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "modules"


_EFFECTS = {
    "ddtrace": "patches libraries when it is imported",
    "gevent": "has to patch the standard library before anything uses it",
    "eventlet": "has to patch the standard library before anything uses it",
    "aws_xray_sdk": "patches libraries",
    "sentry_sdk": "hooks into errors and libraries",
    "newrelic": "patches libraries",
    "elasticapm": "patches libraries",
    "datadog_lambda": "patches libraries",
    "lumigo_tracer": "patches libraries",
    "epsagon": "patches libraries",
    "thundra": "patches libraries",
    "opentelemetry.instrumentation": "patches libraries",
    "readline": "changes the interpreter when it is imported",
    "rlcompleter": "changes the interpreter when it is imported",
    "faulthandler": "changes the interpreter",
    "antigravity": "opens a browser when it is imported",
    "this": "prints when it is imported",
    "pysqlite3": "replaces another module",
    "unzip_requirements": "unpacks the function's requirements before they are imported",
    "pretty_errors": "changes the interpreter when it is imported",
    "beartype.claw": "hooks into imports",
    "typeguard.importhook": "hooks into imports",
    "uvloop": "replaces the event loop",
    "nest_asyncio": "patches the event loop",
    "pymysql": "may replace MySQLdb",
    "future.standard_library": "changes later imports",
    "truststore": "replaces ssl's trust store",
    "certifi_win32": "patches certifi when it is imported",
}


def side_effect(imported: Iterable[str]) -> str | None:
    """Return what importing one of these modules does, None if nothing is known."""
    for module in imported:
        for known, effect in _EFFECTS.items():
            if module == known or module.startswith(f"{known}."):
                return f"{known} {effect}"
    return None
