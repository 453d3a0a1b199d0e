"""Explain a missing module in the handler's own project, where Lambda would not look for it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from importcost.errors import Trouble, remedy, words
from importcost.model.profile import Target
from importcost.parameters import Parameter

LEVELS_ABOVE = 4
LEVELS_BELOW = 6
MOST_FOLDERS = 5000
_PROJECT_TOPS = (
    *(".git", "pyproject.toml", "cdk.json", "template.yaml", "template.yml"),
    *("serverless.yml", "serverless.yaml"),
)
_NOT_SEARCHED = frozenset(
    ("node_modules", "__pycache__", "tests", "test", "build", "dist", "venv", "cdk.out")
)


def in_the_project(module: str, target: Target, *, layers_only: bool = False) -> Trouble | None:
    """Name where else in the handler's project a missing module lies, or return None.

    `layers_only` is for modules that are known as packages on PyPI: the handler does not mean a
    file of that name in another function's folder.
    """
    folder = folder_beside(module, Path(target.task_root))
    if folder is None:
        return None
    needs = f"{target.handler_file} needs the module {module}, which lies in {folder}"
    layer = layer_of(folder)
    if layer is not None:
        add = words("if the function has that layer, add ", Parameter.LAYERS.of(str(layer)))
        return Trouble(f"{needs}, a layer's folder", remedy(add))
    if layers_only:
        return None
    return Trouble(
        f"{needs}, outside the task root {target.task_root}",
        remedy(
            words(
                "lay out the package as it is deployed, built by sam build for example, and name "
                "it with ",
                Parameter.TASK_ROOT,
            )
        ),
    )


def folder_beside(module: str, task_root: Path) -> Path | None:
    """Return the nearest folder elsewhere in the project with the module, or None.

    A project is recognised by its deployment file; without one nothing is searched.
    """
    top = _top(task_root)
    if top is None:
        return None
    found = [folder for folder in _folders(top) if holds(folder, module)]
    return min(found, key=lambda folder: (len(folder.parts), str(folder)), default=None)


def layer_of(folder: Path) -> Path | None:
    """Return the layer whose packages lie in `folder`, or None if it has no such layout."""
    for level in (folder, *folder.parents[:3]):
        if level.name == "python":
            inside = folder.relative_to(level).parts
            is_layer = not inside or (inside[0] == "lib" and inside[-1] == "site-packages")
            return level.parent if is_layer else None
    return None


def holds(folder: Path, module: str) -> bool:
    """Return True if a folder on sys.path would provide the module."""
    path = folder.joinpath(*module.split("."))
    return path.with_name(path.name + ".py").is_file() or (path.is_dir() and any(path.glob("*.py")))


def _top(task_root: Path) -> Path | None:
    folders = (task_root, *task_root.parents[:LEVELS_ABOVE])
    return next((folder for folder in folders if _is_top(folder)), None)


def _is_top(folder: Path) -> bool:
    return any((folder / name).exists() for name in _PROJECT_TOPS)


def _folders(top: Path) -> Iterator[Path]:
    """Yield the project's folders, without hidden and generated ones, up to a bound."""
    for name, folders, _ in itertools.islice(os.walk(top), MOST_FOLDERS):
        folder = Path(name)
        deep = len(folder.relative_to(top).parts) >= LEVELS_BELOW
        folders[:] = [] if deep else sorted(child for child in folders if _is_own(folder / child))
        yield folder


def _is_own(folder: Path) -> bool:
    is_generated = folder.name in _NOT_SEARCHED or folder.name.startswith(".")
    return not is_generated and not (folder / "pyvenv.cfg").exists()
