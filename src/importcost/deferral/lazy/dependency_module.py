"""The text of the module that makes imports of dependencies lazy, and its import line."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from importlib import resources

from importcost.deferral.rewrite.edits import apply_edits
from importcost.deferral.rewrite.head import import_line_edit
from importcost.deferral.rewrite.lazy import FIRST_LAZY
from importcost.deferral.rewrite.tree import CannotRewriteError, Tree, read_tree
from importcost.deferral.source.model import SourceFile
from importcost.deferral.source.names import bound_in

MODULE = "lazy_dependencies"
FILE = f"{MODULE}.py"
LazyPairs = Mapping[str, frozenset[str]]
"""The modules whose import waits, by the module that imports them."""

_MADE_BY = "Written by importcost."
_TABLE = "LAZY: dict[str, tuple[str, ...]] = "
_COMMENT = "  # isort: skip # noqa: F401 - before all other imports"


def module_text(pairs: LazyPairs, python: tuple[int, int], existing: str | None) -> str:
    """Return the module's text for a Python, with the pairs of an `existing` one kept.

    Raises CannotRewriteError if the existing text is not one that importcost wrote.
    """
    known = _pairs_of(existing) if existing is not None else {}
    names = {
        importer: known.get(importer, frozenset()) | pairs.get(importer, frozenset())
        for importer in sorted({*known, *pairs})
    }
    rows = "".join(f"    {_quoted(one)}: ({_row(names[one])}),\n" for one in names)
    program = f"{MODULE}_pep810.py" if python >= FIRST_LAZY else FILE
    text = resources.files("importcost.probe").joinpath(program).read_text(encoding="utf-8")
    return text.replace(f"{_TABLE}{{}}\n", f"{_TABLE}{{\n{rows}}}\n")


def is_generated(path: str, text: str) -> bool:
    """Return True for a module that importcost wrote, which is no code of the user's."""
    return path.endswith(f"/{FILE}") and _MADE_BY in text.partition("\n\n")[0]


def with_module_first(file: SourceFile) -> str:
    """Return the handler's text with the import of the module as its first import.

    The text stays as it is if it has one. Raises CannotRewriteError if the name is taken.
    """
    tree = read_tree(file.source.text)
    if _imports_module(tree, file.package):
        return file.source.text
    if MODULE in bound_in(tree.module.body).names:
        raise CannotRewriteError(f"{MODULE} is a name of the handler's own: rename it")
    code = f"from {file.package} import {MODULE}" if file.package else f"import {MODULE}"
    edit = import_line_edit(tree, code + _COMMENT)
    if edit.new.endswith("; "):
        edit = import_line_edit(tree, code)
    return apply_edits(tree.text, [edit])


def _imports_module(tree: Tree, package: str) -> bool:
    for statement in tree.module.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        base = statement.module if isinstance(statement, ast.ImportFrom) else None
        wanted = MODULE if not isinstance(statement, ast.Import) or not package else None
        names = {alias.name for alias in statement.names}
        if wanted in names and (base or "") == package:
            return True
    return False


def _pairs_of(text: str) -> LazyPairs:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CannotRewriteError(f"{FILE} exists and is not Python: rename it") from error
    if _MADE_BY not in (ast.get_docstring(tree) or ""):
        raise CannotRewriteError(f"{FILE} exists and importcost did not write it: rename it")
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            try:
                table = ast.literal_eval(statement.value)
                return {str(key): _names(value) for key, value in table.items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise CannotRewriteError(f"LAZY in {FILE} was edited: restore it") from error
    raise CannotRewriteError(f"{FILE} has no LAZY any more: restore it")


def _names(value: object) -> frozenset[str]:
    """Return the names of one row; somebody may have left the comma of a single one out."""
    if isinstance(value, str):
        return frozenset({value})
    if not isinstance(value, tuple | list | set):
        raise TypeError(value)
    return frozenset(map(str, value))


def _row(names: Iterable[str]) -> str:
    quoted = [_quoted(name) for name in sorted(names)]
    return f"{quoted[0]}," if len(quoted) == 1 else ", ".join(quoted)


def _quoted(text: str) -> str:
    return f'"{text}"'
