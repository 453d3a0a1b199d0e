"""A Pants repository: the Lambda targets of its BUILD files, as packaged or from their sources.

Fields, layouts and defaults are those of Pants 2.30's reference of python_aws_lambda_function and
of [source] (read 2026-11-30): https://www.pantsbuild.org/stable/reference/targets
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.files.read import read_found, text_found
from importcost.files.toml_text import parse_toml
from importcost.projects.folder import SKIPPED_FOLDERS
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
    Unresolved,
)
from importcost.projects.handlers import handler_problem
from importcost.projects.places import inside, project_top
from importcost.projects.python_text import called_name, parsed_source
from importcost.projects.settings import RawSettings, language_problem

ROOT_FILE = "pants.toml"
MAX_BUILD_FILES = 20_000
PACKAGED_HANDLER = "lambda_function.handler"
"""The name under which Pants exports every handler in the ZIP that it packages."""
_TARGETS = ("python_aws_lambda_function", "python_awslambda")
_USUAL_ROOTS = ("/", "src", "src/python", "src/py")
_ELSEWHERE = "what deploys the ZIP says it, not Pants"


class _Repository(NamedTuple):
    """The repository's folder, the patterns of its source roots, and their marker files."""

    folder: Path
    patterns: tuple[str, ...]
    markers: tuple[str, ...]

    def source_root(self, folder: Path) -> Path:
        """Return the nearest folder from which modules below `folder` are imported."""
        for one in (folder, *folder.parents):
            if one == self.folder or self._is_root(one):
                break
        return one

    def _is_root(self, folder: Path) -> bool:
        parts = folder.relative_to(self.folder).parts
        if any((folder / name).is_file() for name in self.markers):
            return True
        return any(_matches(pattern, parts) for pattern in self.patterns)


def read_pants(file: Path, _options: ReadOptions) -> DeployedProject:
    """Return the Lambda targets below a `pants.toml`, or of one BUILD file.

    Raises UsageError for a file that cannot be read or parsed.
    """
    folder = file.resolve().parent
    is_root = file.name == ROOT_FILE
    root = folder if is_root else _root_of(folder)
    repository = _repository(root)
    files = _build_files(folder) if is_root else iter((file.resolve(),))
    functions = tuple(function for one in files for function in _of_file(one, repository))
    return DeployedProject(str(file), str(folder), "Pants", functions)


def is_build_file(name: str) -> bool:
    """Return True for the names of BUILD files."""
    return name == "BUILD" or name.startswith("BUILD.")


def _root_of(folder: Path) -> Path:
    return next((one for one in (folder, *folder.parents) if (one / ROOT_FILE).is_file()), folder)


def _repository(folder: Path) -> _Repository:
    file = folder / ROOT_FILE
    source: Any = {}
    if file.is_file():
        try:
            source = parse_toml(text_found(file, "utf-8-sig")).get("source")
        except UnicodeDecodeError as error:
            raise UsageError(f"{file} is not UTF-8 text: save it as UTF-8.") from error
        except (OSError, ValueError) as error:
            raise UsageError(f"{file} is not valid TOML: {error}.") from error
    values = source if isinstance(source, dict) else {}
    patterns, markers = values.get("root_patterns"), values.get("marker_filenames")
    return _Repository(
        folder, _texts(patterns) if isinstance(patterns, list) else _USUAL_ROOTS, _texts(markers)
    )


def _texts(raw: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in raw) if isinstance(raw, list) else ()


def _matches(pattern: str, parts: tuple[str, ...]) -> bool:
    """Return True if a folder ends as a pattern does; one that begins with / is the whole path."""
    wanted = tuple(part for part in pattern.split("/") if part)
    if pattern.startswith("/") and len(wanted) != len(parts):
        return False
    last = parts[len(parts) - len(wanted) :]
    same = all(part in ("*", name) for part, name in zip(wanted, last, strict=False))
    return len(wanted) <= len(parts) and bool(wanted) and same


def _build_files(folder: Path) -> Iterator[Path]:
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if not one.startswith(".") and one not in SKIPPED_FOLDERS
        )
        for name in sorted(files):
            if is_build_file(name):
                seen += 1
                if seen > MAX_BUILD_FILES:
                    return
                yield Path(place, name)


def _of_file(file: Path, repository: _Repository) -> Iterator[ProjectFunction]:
    try:
        if not any(name.encode() in read_found(file) for name in _TARGETS):
            return
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): name another file.") from error
    for node in parsed_source(file).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and called_name(call) in _TARGETS:
            yield _function(_fields(call), SourceLine(str(file), call.lineno), repository)


def _fields(call: ast.Call) -> Mapping[str, Any]:
    """Return the fields of a target that are written as constants."""
    found = {}
    for keyword in call.keywords:
        if keyword.arg and isinstance(keyword.value, ast.Constant):
            found[keyword.arg] = keyword.value.value
    return found


def _function(
    fields: Mapping[str, Any], declared: SourceLine, repository: _Repository
) -> ProjectFunction:
    folder = Path(declared.file).parent
    spec = folder.relative_to(repository.folder).as_posix()
    settings = RawSettings()
    title = settings.text(fields.get("name"), "name") or folder.name
    runtime = settings.text(fields.get("runtime"), "runtime")
    handler, code, problem = _code(fields, spec, title, declared, repository)
    return ProjectFunction(
        name=title if spec == "." else f"{spec}:{title}",
        declared=declared,
        handler=handler,
        runtime=runtime,
        arch=settings.arch(fields.get("architecture")),
        code=code,
        unresolved=(*settings.unresolved, Unresolved("memory", f"{_ELSEWHERE}; 128 is taken")),
        problem=language_problem(runtime) or problem,
    )


class _PantsCode(NamedTuple):
    handler: str | None
    code: FunctionCode
    problem: str | None = None


def _code(
    fields: Mapping[str, Any],
    spec: str,
    title: str,
    declared: SourceLine,
    repository: _Repository,
) -> _PantsCode:
    """Return the ZIP that `pants package` made if it is newer than the handler, else its source."""
    raw = fields.get("handler", fields.get("entry_point"))
    module, mark, function = str(raw or "").partition(":")
    nowhere = FunctionCode(CodeForm.ELSEWHERE)
    if not mark or not function:
        return _PantsCode(None, nowhere, "its handler is not a text like module:function")
    folder = Path(declared.file).parent
    top = project_top(repository.folder)
    try:
        if module.endswith(".py"):
            file = inside(module, folder, top, str(declared))
            root = repository.source_root(file.parent)
            module = ".".join(file.relative_to(root).with_suffix("").parts)
        else:
            root = repository.source_root(folder)
            file = root.joinpath(*module.split(".")).with_suffix(".py")
    except (UsageError, ValueError) as error:
        return _PantsCode(None, nowhere, str(error).rstrip("."))
    archive = repository.folder / "dist" / _output_path(fields, spec, title)
    if archive.is_file() and not _is_newer(file, archive):
        code = FunctionCode(CodeForm.ZIP, str(archive), is_built=True)
        return _PantsCode(PACKAGED_HANDLER, code)
    handler = f"{module}.{function}"
    problem = handler_problem(handler, root, (), is_built=False)
    return _PantsCode(handler, FunctionCode(CodeForm.FOLDER, str(root)), problem)


def _output_path(fields: Mapping[str, Any], spec: str, title: str) -> str:
    given = fields.get("output_path")
    usual = f"{spec.replace('/', '.')}/{title}.zip"
    return given if isinstance(given, str) and ".." not in given.split("/") else usual


def _is_newer(file: Path, archive: Path) -> bool:
    return file.is_file() and file.stat().st_mtime > archive.stat().st_mtime
