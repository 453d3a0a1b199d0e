"""The page's one script, assembled from ES modules so that users need no JavaScript tools.

The modules keep to a subset that needs no parser: `import { name } from "./file.js";` and `export`
before a declaration, both at the start of a line, comments on lines of their own, and no template
that spans lines. So comments and indentation need not reach the page.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from importcost.reports.page.assets import asset

FOLDER = "js"
_IMPORT = re.compile(r'import \{([\w$,\s]+)\} from "(\.{1,2}/[\w./-]+\.js)";')
_DECLARATION = re.compile(
    r"(export )?(?:(?:async )?function\*? |class |const |let )([A-Za-z_$][\w$]*)"
)


class ScriptError(ValueError):
    """The modules of a page cannot be joined into one script."""


@dataclass(frozen=True, slots=True)
class ScriptModule:
    """One ES module: the names it imports by file, those it declares, and its other lines."""

    path: str
    imports: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    exports: frozenset[str]
    body: str


@cache
def page_script(entry: str) -> str:
    """Return the script of a page whose main module is `entry`, a file in the templates' `js`.

    Modules come in the order of their imports, in one scope. Raise ScriptError for a cycle, for a
    name that two modules declare, and for an import that nothing exports.
    """
    modules = _in_order(entry)
    _check_names(modules)
    bodies = "\n".join(module.body for module in modules)
    return f'\n(() => {{\n"use strict";\n{bodies}\n}})();\n'


def parse_script(path: str, source: str) -> ScriptModule:
    """Parse one module's import lines and declarations; `path` is relative to the `js` folder."""
    imports: dict[str, tuple[str, ...]] = {}
    names, exports, body = [], set(), []
    for statement in _statements(source):
        if statement.startswith("import"):
            file, imported = _import_of(path, statement)
            imports[file] = imports.get(file, ()) + imported
            continue
        declaration = _DECLARATION.match(statement)
        if declaration:
            names.append(declaration[2])
            if declaration[1]:
                exports.add(declaration[2])
        elif statement.startswith(("export", "const ", "let ", "var ")):
            raise ScriptError(f"{path}: `{statement}` is not a form that the page's script allows")
        if statement.count("`") % 2:
            raise ScriptError(f"{path}: `{statement}` begins a template that spans lines")
        body.append(statement.removeprefix("export ").lstrip())
    return ScriptModule(path, imports, tuple(names), frozenset(exports), "\n".join(body))


def _statements(source: str) -> Iterator[str]:
    """Return the lines without comments and empty ones; an import is one line."""
    in_comment, pending = False, ""
    for line in source.splitlines():
        text = line.strip()
        if in_comment or text.startswith("/*"):
            in_comment = not text.endswith("*/")
        elif pending or line.startswith("import "):
            pending = f"{pending} {text}".strip()
            if text.endswith(";"):
                yield pending
                pending = ""
        elif text and not text.startswith("//"):
            yield line.rstrip()


def _import_of(path: str, statement: str) -> tuple[str, tuple[str, ...]]:
    parts = _IMPORT.fullmatch(statement)
    names = tuple(name.strip() for name in parts[1].split(",") if name.strip()) if parts else ()
    if not parts or not all(name.isidentifier() for name in names):
        raise ScriptError(f"{path}: `{statement}` is not a form that the page's script allows")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), parts[2])), names


def _in_order(entry: str) -> list[ScriptModule]:
    """Return the entry and all that it imports, each module after those that it imports."""
    done: dict[str, ScriptModule] = {}
    way: list[str] = []

    def visit(path: str) -> None:
        if path in done:
            return
        if path in way:
            circle = " -> ".join([*way[way.index(path) :], path])
            raise ScriptError(f"the page's modules import each other in a circle: {circle}")
        way.append(path)
        module = parse_script(path, asset(f"{FOLDER}/{path}"))
        for file in module.imports:
            visit(file)
        way.pop()
        done[path] = module

    visit(entry)
    return list(done.values())


def _check_names(modules: list[ScriptModule]) -> None:
    exports = {module.path: module.exports for module in modules}
    owners: dict[str, str] = {}
    for module in modules:
        for name in module.names:
            owner = owners.setdefault(name, module.path)
            if owner != module.path:
                raise ScriptError(f"{owner} and {module.path} both declare {name}: rename one")
        for file, names in module.imports.items():
            for name in names:
                if name not in exports[file]:
                    raise ScriptError(f"{module.path} imports {name}, which {file} does not export")
