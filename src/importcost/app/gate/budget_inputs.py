"""Use case: list each handler's budgets with the files that they depend on, for build tools."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.app.gate.handler_requests import (
    HowToMeasure,
    configuration,
    repository_root,
    requests_for,
)
from importcost.app.gate.inputs.closure import SourceIndex
from importcost.app.gate.inputs.function_inputs import FunctionInputs, inputs_of, is_in_cache
from importcost.app.gate.inputs.package_lists import PackageLists
from importcost.app.gate.since.base_settings import handler_at, packages_in, settings_in
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.configured import chosen_handlers, project_reader
from importcost.config.read import Config, HandlerConfig
from importcost.errors import UsageError
from importcost.files.read import file_digest, reason_of, text_found
from importcost.gate.selection import BudgetInputs, HandlerBudget
from importcost.projects.find import split_place
from importcost.projects.functions import SEPARATOR

_LEFT_OUT = frozenset({"__pycache__", "node_modules", "venv"})
_INCLUDE = re.compile(r"(?m)^\s*(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s*)([^\s#]+)")
_MODULES = (".py", ".so", ".pyd", ".pyc")


def budget_inputs(config_path: str | None, names: Sequence[str] = ()) -> BudgetInputs:
    """Return each handler's budgets and input files, the same on every machine.

    Nothing is measured and no handler is run. Raises UsageError for a configuration that is wrong
    and for files that are not there.
    """
    read = project_reader()
    if config_path is not None:
        config_path = str(Path(config_path).parent.resolve() / Path(config_path).name)
    config = configuration(config_path, read, names)
    handlers = chosen_handlers(config, names, read)
    how = HowToMeasure()
    top = os.path.realpath(repository_root(Path(config.file).resolve().parent))
    index = SourceIndex()
    around = _Around(top, index, _Digests(), PackageLists(top))
    found = [
        _handler_budget(handler, request, config, around)
        for handler, request in zip(
            handlers, requests_for(config, handlers, how, read), strict=True
        )
    ]
    return BudgetInputs(top, tuple(sorted(found, key=lambda one: one.name)))


def _handler_budget(
    handler: HandlerConfig,
    request: ProfileRequest,
    config: Config,
    around: _Around,
) -> HandlerBudget:
    top, digests = around.top, around.digests
    inputs = inputs_of(request, around.index, top)
    lists = {} if inputs.unknown else handler_at(request, top, around.lists).lists
    # The settings count as values: another handler's table in the same file is no input.
    paths = sorted({*_files(inputs, top)})
    text = "\n".join(
        [
            *(f"{name}={value}" for name, value in sorted(settings_in(request, top).items())),
            packages_in(inputs.requirements, top) or "",
            *(f"{name}={key}" for name, key in sorted(lists.items())),
            *(f"{_from(path, top)} {digests.of(path)}" for path in paths),
        ]
    )
    budgets = {
        field.name: value
        for field in dataclasses.fields(handler.budgets)
        if (value := getattr(handler.budgets, field.name)) != field.default
    }
    listed = {*paths, os.path.realpath(config.file), *_declaring(handler)}
    listed |= {os.path.realpath(Path(top, one)) for one in lists}
    if inputs.requirements is not None:
        listed |= _lists(inputs.requirements.path)
    return HandlerBudget(
        name=handler.name,
        budgets=budgets,
        inputs=tuple(sorted(_from(path, top) for path in listed)),
        digest=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(),
        unknown=inputs.unknown,
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """The values that all handlers of a repository share."""

    top: str
    index: SourceIndex
    digests: _Digests
    lists: PackageLists


class _Digests:
    """Digests of files, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the digest of a file. Raises UsageError if it cannot be read."""
        if path not in self._known:
            try:
                self._known[path] = file_digest(Path(path))
            except OSError as error:
                raise UsageError(
                    f"{path} cannot be read ({reason_of(error)}): make it readable."
                ) from error
        return self._known[path]


def _lists(path: str) -> set[str]:
    """Return a list of packages and the files that it includes."""
    found: set[str] = set()
    pending = [Path(path)]
    while pending:
        file = pending.pop()
        real = os.path.realpath(file)
        if real in found or not file.is_file():
            continue
        found.add(real)
        if file.suffix in (".txt", ".in"):
            text = text_found(file, "utf-8-sig", "replace")
            pending += [file.parent / one for one in _INCLUDE.findall(text) if "://" not in one]
    return found


def _declaring(handler: HandlerConfig) -> Iterator[str]:
    """Yield the template that declares a project's function."""
    if SEPARATOR in handler.handler:
        place = split_place(handler.handler)[0]
        if Path(place).is_file():
            yield os.path.realpath(place)


def _files(inputs: FunctionInputs, top: str) -> Iterator[str]:
    """Yield every file that counts, by its real path."""
    requirements = inputs.requirements.path if inputs.requirements is not None else None
    for file in (*inputs.reached.files, *inputs.files):
        real = os.path.realpath(file)
        # A list of packages counts by what the function sees of it.
        if file != requirements and Path(real).is_file() and not is_in_cache(real):
            yield real
    for folder in inputs.folders:
        yield from _below(folder.path, only_modules=folder.only_modules)
    for place in inputs.reached.folders:
        yield from _below(place, only_modules=True)
    if inputs.reached.anywhere is not None:
        yield from _below(top, only_modules=True)


def _below(folder: str, *, only_modules: bool) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if one not in _LEFT_OUT and not one.startswith(".")
        )
        for name in _kept(names, only_modules=only_modules):
            path = os.path.realpath(Path(place, name))
            if Path(path).is_file():
                yield path


def _kept(names: Iterable[str], *, only_modules: bool) -> list[str]:
    return [one for one in names if one.endswith(_MODULES) or not only_modules]


def _from(path: str, top: str) -> str:
    """Return a path from the repository's top, with slashes."""
    return os.path.relpath(path, top).replace(os.sep, "/")
