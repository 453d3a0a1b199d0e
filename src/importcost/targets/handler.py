"""Resolve the user's target (a file, a file and function, a handler string) to a Target."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.files.read import read_found, text_found
from importcost.files.unpack import unpacked
from importcost.model.profile import Target
from importcost.parameters import Parameter
from importcost.targets.web_app import split_app
from importcost.targets.wrapped import NO_VARIABLES, product_of, wrapped_handler

IMAGE_TASK_ROOT = "/var/task"
_NAME_THE_ROOT = words("name the folder that is deployed as /var/task with ", Parameter.TASK_ROOT)


def resolve_target(
    text: str,
    *,
    task_root: str | None = None,
    layers: tuple[str, ...] = (),
    environment: Mapping[str, str] = NO_VARIABLES,
    elsewhere: bool = False,
) -> Target:
    """Resolve `handler.py`, `handler.py:function`, a Lambda handler string, or `main:app`.

    Without `task_root`, a file's task root is its folder (for a file with relative imports the
    folder above its outermost package), a handler string's is the current folder. A handler string
    of a known wrapper stands for the handler that its variable in `environment` names. If the
    handler may lie `elsewhere`, in a package that is laid out later, `in_packages` finds it. A ZIP
    among the layers is unpacked into the cache. Raises UsageError if nothing matches.
    """
    layers = tuple(map(_unpacked_layer, layers))
    wrapped = wrapped_handler(text, environment)
    if wrapped is not None:
        own = _resolved(wrapped.own, task_root, layers, elsewhere)
        return replace(own, wrapper=wrapped.wrapper)
    return _resolved(text, task_root, layers, elsewhere)


def in_packages(target: Target, folders: Iterable[str]) -> Target:
    """Return a target with its file, which one of these folders of packages may have.

    A target whose file is there stays as it is. Raises UsageError if none of them has it.
    """
    if Path(target.handler_file).exists():
        return target
    found = module_in(target.module, map(Path, folders))
    if found is None:
        raise _no_such_handler(target.handler, Path(target.handler_file))
    return replace(target, handler_file=str(found))


def module_in(module: str, folders: Iterable[Path]) -> Path | None:
    """Return the file of a dotted module in the first of these folders that has it, or None."""
    for folder in folders:
        base = folder.joinpath(*module.split("."))
        for file in (base.with_name(base.name + ".py"), base / "__init__.py"):
            if file.is_file():
                return file
    return None


def _resolved(text: str, task_root: str | None, layers: tuple[str, ...], elsewhere: bool) -> Target:
    for layer in layers:
        _check_layer(Path(layer))
    path_text, function = _split_function(text)
    if not text.strip():
        raise UsageError("The handler's name is empty: name a file like handler.py.")
    if Path(text).is_file() and not text.endswith(".py"):
        raise UsageError(
            f"{text} is not a Python file by its name",
            remedy(
                "name the handler's .py file",
                words("give the text of -X importtime to ", Parameter.FROM_LOG),
            ),
        )
    app = split_app(text)
    if app is not None and not Path(text).exists():
        module, root, file = _from_app(app[0], task_root)
        function = app[1]
    elif _names_a_file(path_text):
        module, root, file = _from_file(Path(path_text), task_root)
    else:
        module, function, root, file = _from_handler_string(text, task_root, layers, elsewhere)
    return Target(
        module=module,
        function=function,
        task_root=str(root),
        handler_file=str(file),
        layers=tuple(str(Path(layer).resolve()) for layer in layers),
    )


def target_in_image(text: str, environment: Mapping[str, str] = NO_VARIABLES) -> Target:
    """Resolve a target inside a function's own image, whose files this machine does not have.

    Takes a handler string, or a file name relative to the image's task root. A known wrapper's
    variable may be set in the image itself: the wrapper is then measured as the handler.
    """
    product = product_of(text)
    if product is None or product.variable in environment:
        wrapped = wrapped_handler(text, environment)
        if wrapped is not None:
            return replace(_in_image(wrapped.own), wrapper=wrapped.wrapper)
    return _in_image(text)


def _in_image(text: str) -> Target:
    path_text, function = _split_function(text)
    if path_text.endswith(".py"):
        module = path_text.removesuffix(".py").strip("/").replace("/", ".")
    else:
        module, function = _parse_handler_string(text)
    file = f"{IMAGE_TASK_ROOT}/{module.replace('.', '/')}.py"
    return Target(module=module, function=function, task_root=IMAGE_TASK_ROOT, handler_file=file)


def _split_function(text: str) -> tuple[str, str | None]:
    path, colon, function = text.rpartition(":")
    if colon and path.endswith(".py"):
        if not function.isidentifier():
            raise UsageError(
                f"'{function}' in {text} is not a function name: write FILE.py or FILE.py:function."
            )
        return path, function
    return text, None


def _names_a_file(text: str) -> bool:
    return text.endswith(".py") or Path(text).is_dir()


def _from_file(file: Path, task_root: str | None) -> tuple[str, Path, Path]:
    _check_file(file)
    file = file.resolve()
    root = _check_root(task_root) if task_root else _guess_root(file)
    try:
        relative = file.relative_to(root)
    except ValueError:
        raise UsageError(
            f"{file} does not lie in the task root {root}",
            remedy(_NAME_THE_ROOT),
        ) from None
    parts = relative.with_suffix("").parts
    for part in parts:
        if "." in part:
            raise UsageError(
                f"Lambda cannot import {file}: '{part}' has a dot in its name; rename it."
            )
    if parts[-1] == "__init__":
        parts = parts[:-1]
    if not parts:
        raise UsageError(f"{file} is the package marker of the task root itself: name a handler.")
    return ".".join(parts), root, file


def _check_file(file: Path) -> None:
    """Raise UsageError unless it is a regular file that Lambda finds under this name, too."""
    if file.is_dir():
        raise UsageError(
            f"{file} is a folder: name the handler file in it, like {file}/handler.py."
        )
    if not file.exists():
        near = _nearest(file)
        if near:
            raise UsageError(f"There is no file {file}: did you mean {near}?")
        raise UsageError(
            f"There is no file {file}",
            remedy(
                "name the handler's Python file",
                words(
                    "a Lambda handler string like orders/create.handler with ", Parameter.TASK_ROOT
                ),
            ),
        )
    if not file.is_file():
        raise UsageError(f"{file} is not a regular file: name the handler's Python file.")
    real = _other_case(file)
    if real is not None:
        raise UsageError(
            f"There is no file {file} on Lambda, which tells a from A: did you mean {real}?"
        )


def _from_app(module: str, task_root: str | None) -> tuple[str, Path, Path]:
    """Find the file of an app's module, as servers do that start in the task root."""
    root = _check_root(task_root) if task_root else Path.cwd()
    base = root.joinpath(*module.split("."))
    files = [base.with_name(base.name + ".py"), base / "__init__.py"]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        near = _nearest(files[0])
        hint = f"; {Path(near).stem} may be meant" if near else ""
        raise UsageError(
            f"There is no module {module} in {root}{hint}",
            remedy(
                "name the app as its server does, like main:app",
                words("its folder with ", Parameter.TASK_ROOT),
            ),
        )
    file = found.resolve()
    above = None if task_root else _root_above(file)
    if above is not None and above != root and root.is_relative_to(above):
        parts = file.relative_to(above).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return module, above, file
    return module, root, file


def _other_case(file: Path) -> Path | None:
    """Return the real name of a file that a disk without cases found under another, as on macOS."""
    try:
        names = [one.name for one in file.parent.iterdir()]
    except OSError:
        return None
    if file.name in names:
        return None
    same = (name for name in names if name.casefold() == file.name.casefold())
    return next((file.with_name(name) for name in same), None)


def _nearest(file: Path) -> str | None:
    if not file.parent.is_dir():
        return None
    names = [path.name for path in file.parent.glob("*.py")]
    found = difflib.get_close_matches(file.name, names, n=1, cutoff=0.7)
    return str(file.with_name(found[0])) if found else None


def _guess_root(file: Path) -> Path:
    """Return the folder from which the file's imports of its own project work.

    The file's folder; for relative imports the one above its outermost package; for absolute
    imports of the package that the file lies in (`import app.db` in src/app/main.py) the one
    above that package.
    """
    relative, names = _imports(file)
    root = file.parent
    if relative and (root / "__init__.py").exists():
        while (root / "__init__.py").exists() and root != root.parent:
            root = root.parent
        return root
    return _root_above(file, names) or root


def _root_above(file: Path, names: set[str] | None = None) -> Path | None:
    """Return the folder above the package by whose name a file imports from it, None without it."""
    root = file.parent
    names = _imports(file)[1] if names is None else names
    for package in (root, *root.parents):
        if any(_is_found_in(package, name) and not _lies_in(root, name) for name in names):
            return package.parent
    return None


def _imports(file: Path) -> tuple[bool, set[str]]:
    """Return True if a file imports relatively, and the modules that it imports absolutely."""
    try:
        tree = ast.parse(read_found(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False, set()  # measuring it reports the error in the file and its line
    relative, names = False, set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level > 0:
            relative = True
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return relative, names


def _is_found_in(package: Path, name: str) -> bool:
    """Return True if `name` exists inside the folder `package`: app.db in src/app.

    It is then a module of it, or a name in its __init__.py (`from app import db`).
    """
    top, dot, rest = name.partition(".")
    if not dot or package.name != top:
        return False
    return _lies_in(package, rest) or _is_mentioned(rest, package / "__init__.py")


def _is_mentioned(name: str, file: Path) -> bool:
    try:
        return re.search(rf"\b{re.escape(name)}\b", text_found(file, errors="replace")) is not None
    except OSError:
        return False


def _lies_in(folder: Path, name: str) -> bool:
    base = folder / name.partition(".")[0]
    return base.is_dir() or base.with_name(base.name + ".py").is_file()


def _parse_handler_string(text: str) -> tuple[str, str]:
    module, dot, function = text.rpartition(".")
    if not dot or not module or not function.isidentifier():
        raise UsageError(
            f"'{text}' is neither a Python file nor a Lambda handler string: write handler.py, "
            "handler.py:function, a handler string like orders/create.handler, or a web app like "
            "main:app, with dots for folders (shop.main:app)."
        )
    return module.replace("/", ".").strip("."), function


def _from_handler_string(
    text: str, task_root: str | None, layers: tuple[str, ...], elsewhere: bool
) -> tuple[str, str, Path, Path]:
    module, function = _parse_handler_string(text)
    root = _check_root(task_root or ".")
    found = module_in(module, [root, *map(Path, _layer_folders(layers))])
    if found is not None:
        return module, function, root, found
    file = root.joinpath(*module.split(".")).with_suffix(".py")
    # A module beside the function's own, of a folder that it has, would be found there.
    if elsewhere and not (root / module.partition(".")[0]).exists() and "." in module:
        return module, function, root, file
    raise _no_such_handler(text, file)


def _layer_folders(layers: tuple[str, ...]) -> Iterator[str]:
    """Yield the folders of layers that Lambda puts on sys.path, the last layer's first."""
    for layer in reversed(layers):
        yield from map(str, Path(layer).glob("python/lib/python3.*/site-packages"))
        yield str(Path(layer, "python"))


def _no_such_handler(text: str, file: Path) -> UsageError:
    return UsageError(
        f"The handler string {text} means {file}, which does not exist",
        remedy("correct it", _NAME_THE_ROOT),
    )


def _check_root(text: str) -> Path:
    root = Path(text)
    if not root.is_dir():
        raise UsageError(
            f"The task root {root} is not a folder: name the one deployed as /var/task."
        )
    return root.resolve()


def _unpacked_layer(layer: str) -> str:
    path = Path(layer)
    return str(unpacked(path)) if path.suffix.lower() == ".zip" and path.is_file() else layer


def _check_layer(layer: Path) -> None:
    if layer.is_file():
        raise UsageError(f"The layer {layer} is neither a folder nor a ZIP: name one of them.")
    if not layer.is_dir():
        raise UsageError(f"The layer {layer} does not exist: name the layer's unpacked folder.")
    if layer.name == "python" and not (layer / "python").is_dir():
        raise UsageError(
            f"The layer {layer} is the folder python inside a layer: name the one that holds it, "
            f"{layer.parent}."
        )
    if not any((layer / name).is_dir() for name in ("python", "lib", "bin")):
        raise UsageError(
            f"The layer {layer} has no folder python, lib or bin: name the folder that Lambda "
            "unpacks into /opt."
        )
