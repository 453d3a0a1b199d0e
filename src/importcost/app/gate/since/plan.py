"""Use case: find the handlers that a change since a commit may have touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.app.gate.handler_requests import HowToMeasure
from importcost.app.gate.inputs.closure import SourceIndex
from importcost.app.gate.inputs.function_inputs import inputs_of
from importcost.app.gate.inputs.package_lists import PackageLists
from importcost.app.gate.since.base_settings import (
    BaseVersion,
    Head,
    handler_at,
    handlers_at_base,
)
from importcost.app.gate.since.selection import (
    changed_settings,
    reasons_of,
    selected,
    watched_probes,
)
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.configured import PlaceReader
from importcost.config.read import Config, HandlerConfig
from importcost.errors import UsageError
from importcost.gate.baseline import Baseline
from importcost.gate.selection import SinceSelection
from importcost.processes.git import find_repository
from importcost.processes.git_changes import ChangedFiles, base_commit, changes_since
from importcost.projects.find import split_place
from importcost.projects.functions import SEPARATOR

_NO_SETTINGS = (".py", ".pyi", ".pyx", ".md", ".rst", ".html", ".css", ".png", ".svg", ".jpg")
"""Endings of files in which no setting, template or list of packages is written."""
_SETTINGS_IN_DATA = frozenset(
    {"SAM", "CloudFormation", "CDK", "Serverless Framework", "Terraform plan", "Terraform"}
    | {"Zappa", "SST", "ZIP"}
)
"""Tools whose settings are never in a Python file."""


@dataclass(frozen=True, slots=True)
class SinceRequest:
    """The handlers among which to choose, and what measures them.

    `measurings` are their requests, in the same order. `baseline` is the one of the working tree.
    `is_all` is True if they are all handlers of the configuration, not a choice.
    """

    ref: str
    config: Config
    handlers: Sequence[HandlerConfig]
    measurings: Sequence[ProfileRequest]
    how: HowToMeasure
    baseline_file: str
    baseline: Baseline | None = None
    is_all: bool = True


def select_since(
    request: SinceRequest, read: PlaceReader, note: Callable[[str], None]
) -> SinceSelection:
    """Return the handlers that the working tree's changes since `request.ref` may have touched.

    The base is the commit where HEAD left it. What cannot be told counts as changed. Raises
    UsageError without a repository or such a commit, MeasurementError if git cannot answer.
    """
    folder = Path(request.config.file).parent.resolve()
    repository = find_repository(folder)
    if repository is None:
        raise UsageError(
            f"--since {request.ref} needs a git repository, and {folder} lies in none: run this in "
            "the clone, or check all handlers without --since."
        )
    changes = changes_since(repository, base_commit(repository, request.ref))
    top = os.path.realpath(repository.folder)
    base = BaseVersion({})
    if _may_change_settings(changes, request.handlers, read):
        note(f"Reading the settings at {changes.base[:12]} ({request.ref}).")
        head = Head(request.config, top, os.path.realpath(request.baseline_file))
        base = handlers_at_base(repository, changes, head, request.handlers, request.how)
    sources = SourceIndex(watched_probes(changes), changes.folders)
    around = PackageLists(top)
    reasons: dict[str, tuple[str, ...]] = {}
    for handler, measuring in zip(request.handlers, request.measurings, strict=True):
        found: tuple[str, ...] = ()
        if handler.name in base.handlers:
            entry = request.baseline.find(handler.name) if request.baseline else None
            now = handler_at(measuring, top, around, entry)
            found = tuple(changed_settings(base.handlers[handler.name], now))
        if changes.paths or changes.folders:
            found += reasons_of(inputs_of(measuring, sources, top), changes, top)
        reasons[handler.name] = found
    return selected(request.ref, changes, reasons, base.gone if request.is_all else ())


def _is_setup(path: str) -> bool:
    return Path(path).name == "setup.py"


def _may_change_settings(
    changes: ChangedFiles, handlers: Sequence[HandlerConfig], read: PlaceReader
) -> bool:
    """Return True if a changed file may hold settings, so that the base's must be read."""
    if any(not path.endswith(_NO_SETTINGS) or _is_setup(path) for path in changes.paths):
        return True
    if not any(path.endswith(".py") for path in changes.paths):
        return False
    places = {split_place(one.handler)[0] for one in handlers if SEPARATOR in one.handler}
    tools = {tool for place in places for tool in read(place).tool.split(", ")}
    return not tools <= _SETTINGS_IN_DATA
