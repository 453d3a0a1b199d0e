"""An SST app: the Python functions that sst.config.ts and what it imports write as literals.

Names and defaults are those of SST 3 and 4 (https://sst.dev/docs/component/aws/function), keys of
SST 2 beside them, read 2026-11-30.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)
from importcost.projects.handlers import handler_problem
from importcost.projects.placeholders import OpenText
from importcost.projects.places import inside, project_top
from importcost.projects.settings import RawSettings, language_problem, layers_elsewhere
from importcost.projects.sst.script import ScriptObject, imported_scripts, objects_with

DEFAULT_SST_MEMORY_MB, DEFAULT_SST_TIMEOUT_S = 1024, 20
MAX_SCRIPTS, MAX_SCRIPT_BYTES = 200, 1_000_000
_DEFAULTS_CALL = "setDefaultFunctionProps"
_MEMORY = re.compile(r"(\d{1,6})\s*(MB|GB)")
_DURATION = re.compile(r"(\d{1,6})\s*(second|minute|hour)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_PACKAGE_FILES = ("pyproject.toml", "requirements.txt", "Pipfile")


class _App(NamedTuple):
    """The app's folder, the folder that its paths must not leave, and the shared settings."""

    folder: Path
    top: Path
    shared: Mapping[str, Any]


def read_sst(file: Path, _options: ReadOptions) -> DeployedProject:
    """Return the functions whose handler an app's scripts name in an object literal.

    Raises UsageError for a script that cannot be read, or whose brackets are not closed.
    """
    folder = file.resolve().parent
    top = project_top(folder)
    found = [
        (script, one)
        for script, text in _scripts(file.resolve(), top)
        for one in objects_with(text, frozenset({"handler", "runtime"}), str(script))
    ]
    shared: dict[str, Any] = {}
    for _, one in found:
        if one.callee.endswith(_DEFAULTS_CALL):
            shared.update(one.values)
    app = _App(folder, top, shared)
    functions = [_function(one, script, app) for script, one in found if "handler" in one.values]
    note = f"{file} is a program: only what it writes as literals is read."
    return DeployedProject(str(file), str(folder), "SST", tuple(_named(functions)), (note,))


def _scripts(file: Path, top: Path) -> Iterator[tuple[Path, str]]:
    """Yield the script with those that it imports by a relative path, each once."""
    pending, seen = [file], set[Path]()
    while pending and len(seen) < MAX_SCRIPTS:
        script = pending.pop(0)
        if script in seen:
            continue
        seen.add(script)
        text = _text_of(script)
        yield script, text
        for name in imported_scripts(text):
            below = _script_at(name, script, top)
            if below is not None:
                pending.append(below)


def _script_at(name: str, script: Path, top: Path) -> Path | None:
    stem = name.removesuffix(".js").removesuffix(".ts")
    for one in (f"{stem}.ts", f"{stem}/index.ts"):
        try:
            path = inside(one, script.parent, top, str(script))
        except UsageError:
            return None
        if path.is_file() and not path.name.endswith(".d.ts"):
            return path
    return None


def _text_of(script: Path) -> str:
    try:
        if script.stat().st_size > MAX_SCRIPT_BYTES:
            raise UsageError(f"{script} is larger than 1 MB: name a handler's .py file.")
        return text_found(script, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{script} is not UTF-8 text: save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{script} cannot be read ({error.strerror}): name another.") from error


def _function(one: ScriptObject, script: Path, app: _App) -> ProjectFunction:
    values = {**app.shared, **one.values}
    settings = RawSettings()
    declared = SourceLine(str(script), one.line)
    runtime = settings.text(values.get("runtime"), "runtime")
    named = settings.text(values.get("handler"), "handler")
    environment, opened = settings.environment(values.get("environment"))
    memory = _megabytes(values.get("memory", values.get("memorySize")))
    handler, code, problem = _code(named, values, app, str(declared))
    if runtime is None and not isinstance(values.get("runtime"), OpenText):
        problem = "no runtime is named, and SST's default is Node.js"
    return ProjectFunction(
        name=one.title or one.callee or "function",
        declared=declared,
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(memory, DEFAULT_SST_MEMORY_MB),
        timeout_s=settings.timeout(_seconds(values.get("timeout")), DEFAULT_SST_TIMEOUT_S),
        arch=settings.arch(values.get("architecture")),
        code=code,
        layers=layers_elsewhere(values.get("layers")),
        environment=environment,
        placeholder_names=opened,
        unresolved=tuple(settings.unresolved),
        problem=language_problem(runtime) or problem,
    )


def _code(
    named: str | None, values: Mapping[str, Any], app: _App, where: str
) -> tuple[str | None, FunctionCode, str | None]:
    """Return handler, code and problem: modules start where the handler's own package does."""
    nowhere = FunctionCode(CodeForm.ELSEWHERE)
    if named is None or "." not in named:
        return named, nowhere, "its handler is not known"
    python = values.get("python")
    if isinstance(python, dict) and python.get("container"):
        return named, nowhere, "its image is built when it is deployed"
    path, _, function = named.rpartition(".")
    try:
        file = inside(f"{path}.py", app.folder, app.top, where)
    except UsageError as error:
        return named, nowhere, str(error).rstrip(".")
    root = _package_root(file, app.folder)
    if root is None:
        handler, root = named, app.folder
    else:
        handler = ".".join([*file.relative_to(root).with_suffix("").parts, function])
    problem = handler_problem(handler, root, (), is_built=True)
    return handler, FunctionCode(CodeForm.FOLDER, str(root)), problem


def _package_root(file: Path, folder: Path) -> Path | None:
    """Return the folder of the package that holds a file, its src if the file lies in that."""
    for place in file.parents:
        if any((place / name).is_file() for name in _PACKAGE_FILES):
            source = place / "src"
            return source if file.is_relative_to(source) else place
        if place == folder:
            return None
    return None


def _megabytes(value: Any) -> Any:
    match = _MEMORY.fullmatch(value) if type(value) is str else None
    return value if match is None else int(match[1]) * (1024 if match[2] == "GB" else 1)


def _seconds(value: Any) -> Any:
    match = _DURATION.fullmatch(value) if type(value) is str else None
    return value if match is None else int(match[1]) * _SECONDS[match[2]]


def _named(functions: list[ProjectFunction]) -> Iterator[ProjectFunction]:
    """Yield the functions, those that share a name told apart by their lines."""
    counts = Counter(one.name for one in functions)
    for one in functions:
        several = counts[one.name] > 1
        yield replace(one, name=f"{one.name}:{one.declared.line}") if several else one
