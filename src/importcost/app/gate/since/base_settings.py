"""The settings and packages of each handler as the base commit has them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.gate.handler_requests import HowToMeasure, request_for
from importcost.app.gate.inputs.package_lists import PackageLists
from importcost.app.profile.prepare import find_plain
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.configured import PlaceReader, of_project, project_reader, with_project
from importcost.config.read import (
    OWN_FILE,
    PROJECT_FILE,
    Config,
    HandlerConfig,
    has_section,
    read_config,
)
from importcost.declaration import WITH_SETTING
from importcost.errors import ImportcostError
from importcost.files.cache import cache_folder
from importcost.files.read import read_named
from importcost.gate.baseline import HandlerBaseline, baseline_from_text
from importcost.processes.git import Repository
from importcost.processes.git_changes import ChangedFiles
from importcost.targets.handler import resolve_target
from importcost.targets.requirements import Requirements, find_requirements

_NOT_COMPARED = frozenset({"configured", "python_reason", "runs", "timeout_s", "runner", "network"})
_FIELD_NAMES = {option.field: name for name, option in WITH_SETTING.items()}
_FIELD_NAMES["target"] = "handler"


@dataclass(frozen=True, slots=True)
class HandlerAt:
    """One handler in one version: its settings by name, and its packages, free of the folder.

    `lines` are the packages in words. `lists` are the lists around a handler that has none of its
    own, by path from the top. `trouble` says why the version does not have it, None if it does.
    """

    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    packages: str | None = None
    lines: tuple[str, ...] = ()
    lists: Mapping[str, str] = dataclasses.field(default_factory=dict)
    baseline: HandlerBaseline | None = None
    trouble: str | None = None


def handler_at(
    request: ProfileRequest,
    top: str,
    around: PackageLists,
    baseline: HandlerBaseline | None = None,
) -> HandlerAt:
    """Return what a version says of a handler. Raises UsageError if its files are not there.

    `around` are the lists of packages in that version's folders.
    """
    packages = None
    lines: tuple[str, ...] = ()
    lists: Mapping[str, str] = {}
    plain = request.plain
    if plain is not None:
        lists = around.of_plain(find_plain(request, plain)[0])
    elif not request.is_own_image:
        target = resolve_target(
            request.target,
            task_root=request.task_root,
            layers=request.layers,
            environment=request.environment,
            elsewhere=True,
        )
        found = find_requirements(request.requirements, target.handler_file, target.task_root)
        packages = packages_in(found.requirements, top)
        lists = around.of_handler(request, target, found.requirements)
        if found.requirements is not None:
            lines = tuple(_free(one, top) for one in found.requirements.lines)
    return HandlerAt(settings_in(request, top), packages, lines, lists, baseline)


def packages_in(requirements: Requirements | None, top: str) -> str | None:
    """Return what a function sees of its list of packages; None without a list.

    Of a lock file that is the lines that lead to its packages, of a requirements file its text.
    """
    if requirements is None:
        return None
    if requirements.is_installable:
        return requirements.key
    return _free("\n".join(sorted(requirements.lines)), top)


def settings_in(request: ProfileRequest, top: str) -> dict[str, str]:
    """Return a handler's settings by the names that users know, paths from the repository's top."""
    found = {
        _FIELD_NAMES.get(field.name, field.name): repr(getattr(request, field.name))
        for field in dataclasses.fields(request)
        if field.name not in _NOT_COMPARED
    }
    found["env"] = repr(sorted(request.environment.items()))
    configured = request.configured
    if configured is not None:
        budgets = configured.budgets
        for field in dataclasses.fields(budgets):
            found[field.name] = repr(getattr(budgets, field.name))
        found["level"] = repr((configured.levels.every, sorted(configured.levels.by_rule.items())))
        found["calibration"] = repr(configured.calibration)
        found["inputs"] = repr(configured.inputs)
    return {name: _free(value, top) for name, value in found.items()}


def _free(text: str, top: str) -> str:
    """Return a text without what depends on the machine: the repository's place, the cache's."""
    cache = str(cache_folder())
    return text.replace(Path(top).as_uri(), "").replace(top, "").replace(cache, "")


@dataclass(frozen=True, slots=True)
class Head:
    """The version that is checked: its configuration by its absolute path, and its top folder."""

    config: Config
    top: str
    baseline_file: str


@dataclass(frozen=True, slots=True)
class BaseVersion:
    """Each handler as the base commit has it, by name, and the handlers that only it has."""

    handlers: Mapping[str, HandlerAt]
    gone: tuple[str, ...] = ()


def handlers_at_base(
    repository: Repository,
    changes: ChangedFiles,
    head: Head,
    handlers: Sequence[HandlerConfig],
    how: HowToMeasure,
) -> BaseVersion:
    """Return the handlers as the base commit of some changes has them.

    The commit is checked out into a temporary folder, without its submodules. Raises
    MeasurementError if git cannot do that.
    """
    with tempfile.TemporaryDirectory(prefix=f"importcost-since-{os.getpid()}-") as scratch:
        top = os.path.realpath(Path(scratch, "base"))
        repository.check_out(Path(top), changes.base, with_submodules=False)
        try:
            config = _config_at(head, top) or _renamed_config(head, top, changes)
        except ImportcostError as error:
            lost = HandlerAt(trouble=f"its configuration could not be read there ({error})")
            return BaseVersion({one.name: lost for one in handlers})
        if config is None:
            new = HandlerAt(trouble="its configuration is new")
            return BaseVersion({one.name: new for one in handlers})
        return _of_base(config, top, head, handlers, how)


def _of_base(
    config: Config, top: str, head: Head, handlers: Sequence[HandlerConfig], how: HowToMeasure
) -> BaseVersion:
    """Return the handlers as a configuration of the base at `top` has them."""
    entries = _baseline_at(head, top)
    read = project_reader()
    known = {one.name: one for one in config.handlers}
    kept = {one.name for one in head.config.handlers}
    gone = {name: one for name, one in known.items() if name not in kept}
    by_code = {_code_of(one, read, top): name for name, one in gone.items()}
    head_read = project_reader()
    around = PackageLists(top)
    found: dict[str, HandlerAt] = {}
    for one in handlers:
        earlier = known.get(one.name) or _moved(one, head.top, top, config)
        with contextlib.suppress(ImportcostError, OSError):
            if earlier is not None:
                request = request_for(of_project(earlier, read), how)
                found[one.name] = handler_at(request, top, around, entries.get(one.name))
        if one.name not in found:
            was = by_code.get(_code_of(one, head_read, head.top))
            called = f", and was called {was}" if was else ""
            found[one.name] = HandlerAt(trouble=f"it is new{called}")
    return BaseVersion(found, tuple(gone))


def _code_of(handler: HandlerConfig, read: PlaceReader, top: str) -> tuple[str, ...]:
    """Return what a handler runs, by which a renamed one is known again."""
    with contextlib.suppress(ImportcostError, OSError):
        handler = of_project(handler, read)
    root = handler.task_root or ""
    return tuple(_free(one, top) for one in (handler.handler, root, repr(handler.plain)))


def _config_at(head: Head, top: str) -> Config | None:
    return _config_in(Path(_in(head.config.file, head.top, top)))


def _config_in(file: Path) -> Config | None:
    try:
        text = read_named(file).decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None
    if file.name == PROJECT_FILE and not has_section(text):
        return None
    return with_project(read_config(text, str(file)), project_reader())


def _renamed_config(head: Head, top: str, changes: ChangedFiles) -> Config | None:
    """Return the configuration that the base has under another name, None if it has none.

    That is another default name in the same folder, else a removed TOML file that is one.
    """
    beside = Path(_in(head.config.file, head.top, top)).parent
    removed = sorted(path for path, word in changes.paths.items() if word == "removed")
    tables = [Path(_in(one, head.top, top)) for one in removed if one.endswith(".toml")]
    for file in dict.fromkeys((beside / OWN_FILE, beside / PROJECT_FILE, *tables)):
        with contextlib.suppress(ImportcostError):
            config = _config_in(file)
            if config is not None:
                return config
    return None


def _baseline_at(head: Head, top: str) -> Mapping[str, HandlerBaseline]:
    file = _in(head.baseline_file, head.top, top)
    try:
        text = read_named(file).decode("utf-8-sig")
        return {one.handler: one for one in baseline_from_text(text, file).handlers}
    except (OSError, UnicodeDecodeError, ImportcostError):
        return {}


def _moved(handler: HandlerConfig, here: str, there: str, config: Config) -> HandlerConfig | None:
    """Return a handler that was named without a table as it would be in the other version."""
    if config.defaults is None or handler.has_table:
        return None
    place = str(Path(handler.handler).absolute()) if "/" in handler.handler else handler.handler
    return replace(config.defaults, name=handler.name, handler=_in(place, here, there))


def _in(path: str, here: str, there: str) -> str:
    """Return a path of one version in the other; one outside of it stays."""
    plain = os.path.realpath(path.partition("::")[0])
    if plain == here or plain.startswith(f"{here}{os.sep}"):
        moved = os.path.normpath(os.path.join(there, os.path.relpath(plain, here)))  # noqa: PTH118
        return "".join((moved, *path.partition("::")[1:]))
    return path
