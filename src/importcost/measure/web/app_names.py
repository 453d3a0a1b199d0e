"""Source that explains why a web app does not start: its app's name, Django's settings."""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path

from importcost.files.read import read_found, text_found

LIKELY_APPS = ("app", "application", "asgi", "wsgi", "api", "server", "create_app")


def absent_app(file: str, module: str, wanted: str) -> str | None:
    """Return the sentence on an app that its module does not define, None if it may."""
    names = names_at_top(Path(file))
    if names is None or wanted in names:
        return None
    likely = [one for one in LIKELY_APPS if one in names]
    near = likely or difflib.get_close_matches(wanted, sorted(names), n=1)
    hint = f"name {module}:{near[0]}" if near else "name the app as its server does"
    return f"{file} defines no {wanted}: {hint}."


def settings_in_manage(task_root: str) -> str | None:
    """Return the settings module that a Django project's manage.py names, None if none does."""
    try:
        text = text_found(Path(task_root, "manage.py"), errors="replace")
    except OSError:
        return None
    found = re.search(r"""DJANGO_SETTINGS_MODULE["'][,\]]\s*=?\s*["']([\w.]+)["']""", text)
    return found[1] if found else None


def names_at_top(file: Path) -> frozenset[str] | None:
    """Return the names that a file's top level may bind, None if its source cannot tell."""
    try:
        tree = ast.parse(read_found(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            if any(alias.name == "*" for alias in node.names):
                return None
            found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == "__getattr__":
                return None
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("globals", "exec"):
            return None
    return frozenset(found)
