"""A Chalice app: the functions that the decorators of its app.py make, with their settings.

The names and defaults are those of Chalice 1.34 (its `deploy/appgraph.py`, read 2026-11-30).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.projects.chalice.source import ChaliceHandler, chalice_handlers
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
)
from importcost.projects.handlers import handler_problem
from importcost.projects.settings import DEPLOYING_PYTHON, RawSettings, layers_elsewhere

DEFAULT_STAGE = "dev"
_ASKED_FOR = re.compile(r"^\s*chalice\b(?!-)", re.MULTILINE | re.IGNORECASE)
DEFAULT_CHALICE_TIMEOUT_S = 60


class _Scope(NamedTuple):
    """The tables that say something about one function, the one that counts most first."""

    tables: tuple[Mapping[str, Any], ...]

    def value(self, name: str) -> Any:
        """Return the first value of a setting, None without one."""
        found = (table.get(name) for table in self.tables)
        return next((one for one in found if one is not None), None)

    def merged(self, name: str) -> Mapping[str, Any]:
        """Return the tables of a setting laid over each other."""
        found: dict[str, Any] = {}
        for table in reversed(self.tables):
            found.update(_table(table.get(name)))
        return found


def read_chalice(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of the app that `.chalice/config.json` belongs to, for one stage.

    Raises UsageError for a configuration or an app.py that cannot be read.
    """
    config = read_document(file)
    if not isinstance(config, DocumentTable):
        raise UsageError(f"{file} is not a table: name a Chalice app's folder.")
    folder = file.resolve().parent.parent
    stage = options.stage or DEFAULT_STAGE
    if options.stage is not None and stage not in _table(config.get("stages")):
        raise UsageError(f"{file} has no stage {stage}: name one of its stages.")
    found = chalice_handlers(folder)
    functions = tuple(_function(one, config, stage, folder) for one in found.handlers)
    notes = (*found.notes, *_notes(folder))
    return DeployedProject(str(file), str(folder), "Chalice", functions, notes)


def _function(
    handler: ChaliceHandler, config: DocumentTable, stage: str, folder: Path
) -> ProjectFunction:
    scope = _scope(config, stage, handler.name)
    settings = RawSettings()
    environment, opened = settings.environment(_environment(config, stage, handler.name))
    title = settings.text(config.get("app_name"), "app_name")
    is_api = handler.is_api
    return ProjectFunction(
        name=handler.name,
        declared=handler.declared,
        handler=handler.handler,
        memory_mb=settings.memory(scope.value("lambda_memory_size")),
        timeout_s=settings.timeout(scope.value("lambda_timeout"), DEFAULT_CHALICE_TIMEOUT_S),
        arch=settings.arch(scope.value("lambda_architecture")),
        code=FunctionCode(CodeForm.FOLDER, str(folder)),
        layers=layers_elsewhere(scope.value("layers")),
        environment=environment,
        placeholder_names=opened,
        brings=_framework(folder),
        deployed_name=title and (f"{title}-{stage}" + ("" if is_api else f"-{handler.name}")),
        unresolved=(DEPLOYING_PYTHON, *settings.unresolved),
        problem=handler_problem(handler.handler, folder, (), is_built=False),
    )


def _scope(config: DocumentTable, stage: str, name: str) -> _Scope:
    """Return the order in which Chalice looks for a setting: function before stage before app."""
    own = _table(_table(config.get("stages")).get(stage))
    return _Scope(
        (
            _table(_table(own.get("lambda_functions")).get(name)),
            own,
            _table(_table(config.get("lambda_functions")).get(name)),
            config,
        )
    )


def _environment(config: DocumentTable, stage: str, name: str) -> Mapping[str, Any]:
    """Return the merged variables; those under the app's own lambda_functions are not merged."""
    first, second, _, last = _scope(config, stage, name).tables
    return _Scope((first, second, last)).merged("environment_variables")


def _framework(folder: Path) -> tuple[str, ...]:
    """Return Chalice itself, which packs its own modules, if the app does not ask for it."""
    try:
        text = text_found(folder / "requirements.txt", errors="replace")
    except OSError:
        text = ""
    return () if _ASKED_FOR.search(text) else ("chalice",)


def _notes(folder: Path) -> Iterator[str]:
    try:
        vendored = sorted(one.name for one in (folder / "vendor").iterdir())
    except OSError:
        return
    if vendored:
        yield (
            f"{folder / 'vendor'} is deployed beside app.py, and is not laid out here: run"
            " `chalice package` and name its deployment.zip to measure with it."
        )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
