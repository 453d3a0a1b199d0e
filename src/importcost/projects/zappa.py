"""A Zappa app: one function a stage of its settings, whose handler imports the app.

The names and defaults are those of Zappa 0.63 (its `cli.py` and `handler.py`, read 2026-11-30).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.files.toml_text import parse_toml
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)
from importcost.projects.handlers import handler_problem
from importcost.projects.settings import (
    DEPLOYING_PYTHON,
    RawSettings,
    language_problem,
    layers_elsewhere,
)

DEFAULT_ZAPPA_MEMORY_MB, DEFAULT_ZAPPA_TIMEOUT_S = 512, 30
ZAPPA_HANDLER = "handler.lambda_handler"
EAGER = "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"


def read_zappa(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the function of each stage, or of the one that `options` names.

    Raises UsageError for settings that cannot be read, extend themselves, or lack the stage.
    """
    stages = _stages(file)
    if options.stage is not None and options.stage not in stages:
        known = ", ".join(list(stages)[:10]) or "none"
        raise UsageError(f"{file} has no stage {options.stage}: it has {known}.")
    names = [options.stage] if options.stage else list(stages)
    folder = file.resolve().parent
    values = {name: _extended(name, stages, file) for name in names}
    functions = tuple(
        _function(name, one, SourceLine(str(file), stages.line_of(name)), folder)
        for name, one in values.items()
    )
    notes = tuple(_notes(values, file))
    return DeployedProject(str(file), str(folder), "Zappa", functions, notes)


def _stages(file: Path) -> DocumentTable:
    if file.suffix == ".toml":
        document: Any = _from_toml(file)
    else:
        document = read_document(file)
    if not isinstance(document, DocumentTable) or not document:
        raise UsageError(f"{file} has no stages: name an app's zappa_settings file.")
    found = DocumentTable(line=document.line)
    found.lines = document.lines
    for name, values in document.items():
        if isinstance(values, dict):
            found[name] = values
    return found


def _from_toml(file: Path) -> DocumentTable:
    try:
        text = text_found(file, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text: save it as UTF-8.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be read ({reason}): name another file.") from error
    try:
        found = DocumentTable(parse_toml(text))
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from error
    for number, line in enumerate(text.splitlines(), 1):
        name = line.strip().removeprefix("[").removesuffix("]").strip("\"' ")
        if line.lstrip().startswith("[") and name in found:
            found.lines.setdefault(name, number)
    return found


def _extended(name: str, stages: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """Return a stage's settings over those of the stage that it extends."""
    found: dict[str, Any] = {}
    seen: list[str] = []
    current: Any = name
    while isinstance(current, str):
        if current in seen:
            raise UsageError(f"{file}: stage {current} extends itself: remove the circle.")
        if current not in stages:
            raise UsageError(f"{file}: stage {seen[-1]} extends {current}, which is not there.")
        seen.append(current)
        found = {**stages[current], **found}
        current = stages[current].get("extends")
    return found


def _function(
    name: str, values: Mapping[str, Any], declared: SourceLine, folder: Path
) -> ProjectFunction:
    settings = RawSettings()
    runtime = settings.text(values.get("runtime"), "runtime")
    handler = _handler(values, settings)
    variables = {
        **_table(values.get("environment_variables")),
        **_table(values.get("aws_environment_variables")),
    }
    environment, opened = settings.environment(variables)
    title = values.get("project_name")
    memory, timeout = values.get("memory_size"), values.get("timeout_seconds")
    return ProjectFunction(
        name=name,
        declared=declared,
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(memory, DEFAULT_ZAPPA_MEMORY_MB),
        timeout_s=settings.timeout(timeout, DEFAULT_ZAPPA_TIMEOUT_S),
        arch=settings.arch(values.get("architecture")),
        code=FunctionCode(CodeForm.FOLDER, str(folder)),
        layers=layers_elsewhere(values.get("layers")),
        environment=environment,
        placeholder_names=opened,
        deployed_name=f"{title}-{name}" if isinstance(title, str) else None,
        unresolved=(*(() if runtime else (DEPLOYING_PYTHON,)), *settings.unresolved),
        problem=_problem(values, runtime, handler, folder),
    )


def _handler(values: Mapping[str, Any], settings: RawSettings) -> str | None:
    """Return the app that Zappa's handler imports, or the handler that the settings name."""
    own = settings.text(values.get("lambda_handler"), "lambda_handler")
    app = settings.text(values.get("app_function"), "app_function")
    return own if own and own != ZAPPA_HANDLER else app or own


def _problem(
    values: Mapping[str, Any], runtime: str | None, handler: str | None, folder: Path
) -> str | None:
    if handler is None and values.get("django_settings"):
        return (
            "Zappa makes its handler of django_settings when it packages: run `zappa package` and"
            " name the ZIP"
        )
    if handler is None:
        return "its settings name neither app_function nor django_settings"
    return language_problem(runtime) or handler_problem(handler, folder, (), is_built=False)


def _notes(values: Mapping[str, Mapping[str, Any]], file: Path) -> Iterator[str]:
    """Yield what holds for several stages as one sentence; `values` are the settings of each."""
    late = [
        name
        for name, one in values.items()
        if one.get("app_function") and not _table(one.get("aws_environment_variables")).get(EAGER)
    ]
    if late:
        yield (
            f"{file}: Zappa's own handler imports the app of {', '.join(late)} in the first"
            f" request, not in init, unless aws_environment_variables has {EAGER}."
        )
    slim = [name for name, one in values.items() if one.get("slim_handler")]
    if slim:
        yield f"{file}: {', '.join(slim)} loads the app's code from S3 (slim_handler)."


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
