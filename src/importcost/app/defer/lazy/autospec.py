"""Find tests that make a mock after a name that an edit makes lazy.

`mock.patch(..., autospec=True)` reads the name from the module's namespace, where Python 3.15 still
has the lazy object if nothing has used the name: the mock then copies that object's interface.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from importcost.app.defer.outside_references import MOST_NOTES
from importcost.app.defer.waiting_files import project_sources
from importcost.deferral.source.names import attribute_chain
from importcost.files.read import text_found

_SPECS = ("autospec", "spec", "spec_set")


def autospecced(root: Path, lazy: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return sentences about files below `root` that give a lazy name as a mock's model.

    `lazy` are the names that become lazy in each module, by the module's dotted name.
    """
    wanted = {(module, name) for module, names in lazy.items() for name in names}
    found: list[str] = []
    for path in project_sources(root) if wanted else ():
        try:
            text = text_found(path, errors="replace")
            tree = ast.parse(text) if "spec" in text else None
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for line, module, name in sorted(_models(tree, wanted)) if tree else ():
            where = f"{path.relative_to(root).as_posix()}:{line}"
            found.append(
                f"{where} makes a mock after {name} of {module}, which Python 3.15 copies "
                "from the lazy object unless something used the name before: read it first, or "
                "defer with --style function"
            )
    return tuple(found[:MOST_NOTES])


def _models(
    tree: ast.Module, wanted: Collection[tuple[str, str]]
) -> Iterator[tuple[int, str, str]]:
    """Yield (line, module, name) of each call that makes a mock after a wanted name."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        called = attribute_chain(call.func)
        for module, name in wanted:
            if "create_autospec" in called:
                is_model = _names(call.args[0], module, name)
            else:
                is_model = _is_specced(call) and _is_patched(call, module, name)
            if is_model:
                yield call.lineno, module, name


def _is_specced(call: ast.Call) -> bool:
    return any(
        word.arg in _SPECS and not (isinstance(word.value, ast.Constant) and not word.value.value)
        for word in call.keywords
    )


def _is_patched(call: ast.Call, module: str, name: str) -> bool:
    """Return True for `patch("app.boto3", ...)` and `patch.object(app, "boto3", ...)`."""
    texts = [one.value if isinstance(one, ast.Constant) else None for one in call.args]
    if texts[0] == f"{module}.{name}":
        return True
    owner = attribute_chain(call.args[0])
    return bool(owner) and texts[1:2] == [name] and owner[-1] == module.rpartition(".")[2]


def _names(node: ast.expr, module: str, name: str) -> bool:
    chain = attribute_chain(node)
    return len(chain) > 1 and chain[-1] == name and chain[-2] == module.rpartition(".")[2]
