"""Find the handlers of two versions of a project, and how to measure each in its version."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from importcost.app.gate.comparison.lanes import Lane, find_plain_in, present, renamed
from importcost.app.gate.comparison.place_lanes import lanes_of_place, target_in
from importcost.app.gate.worktrees import Checkout, top_folder
from importcost.app.projects.configured import PlaceReader, project_reader, with_project
from importcost.app.projects.requests import names_a_project
from importcost.config.read import (
    OWN_FILE,
    PROJECT_FILE,
    Config,
    HandlerConfig,
    has_section,
    read_config,
)
from importcost.errors import UsageError
from importcost.files.read import read_named, reason_of
from importcost.processes.install_command import parse_install, run_install
from importcost.projects.find import project_file
from importcost.projects.functions import DeployedProject
from importcost.targets.handler import resolve_target


def lanes_of(
    base: Checkout,
    head: Checkout,
    *,
    config: str | None = None,
    targets: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    web: tuple[str | None, str | None] = (None, None),
    plain: Mapping[str, Any] | None = None,
) -> tuple[Lane, ...]:
    """Return the handlers of both versions, paired by name.

    Each version's configuration applies; base is measured by head's if it has none of its own.
    `targets` are handlers and places of projects without a configuration, relative to each
    version's folder; `web` is the adapter and the server of web apps among them. `plain` are the
    settings of a target that is not a handler. Functions of a project are paired by logical id,
    those that were renamed by handler and code. Without a configuration, the project in the folder
    is compared. Raises UsageError for a configuration that is wrong or missing, or a handler that
    neither has.
    """
    read = project_reader()
    if plain is not None:
        return (_plain_lane(plain, base, head, read),)
    targets = targets or _targets(base, head, config)
    if targets:
        each = (_lanes_of_target(text, base, head, web, read) for text in targets)
        whole = tuple(lane for lanes in each for lane in lanes)
        return _chosen(renamed(whole, base, head), names)
    relative, head_config = _head_config(head, config, read)
    moved = {one.name: one for one in _moved(head_config, head, base)}
    base_own = _own_config(base, relative, read)
    known = {one.name: one for one in base_own.handlers} if base_own else {}
    before = {**moved, **known}
    if base_own is None:
        known = {**_project_in(base, head, head_config, read), **known}
        before = {**known, **moved}
    lanes = []
    for one in head_config.handlers:
        found = present(one, head, read)
        earlier = present(before[one.name], base, read)
        lanes.append(Lane(one.name, one, earlier, found, is_lost=found is None))
    head_names = {one.name for one in head_config.handlers}
    removed = (
        (old, present(old, base, read)) for old in known.values() if old.name not in head_names
    )
    lanes += [Lane(old.name, old, had, None) for old, had in removed if had is not None]
    _refuse_lost(lanes)
    return _chosen(renamed(tuple(lanes), base, head), names)


def _refuse_lost(lanes: Sequence[Lane]) -> None:
    """Raise UsageError, in full, for a lane that neither version has."""
    for lane in lanes:
        if lane.base is not None or lane.head is not None:
            continue
        if lane.settings.plain is not None:
            find_plain_in(lane.settings)
            continue
        resolve_target(
            lane.settings.handler,
            task_root=lane.settings.task_root,
            environment=lane.settings.environment,
        )


def _plain_lane(
    settings: Mapping[str, Any], base: Checkout, head: Checkout, read: PlaceReader
) -> Lane:
    """Return the lane of a target that the command line names with these settings.

    Raises UsageError if neither version has it.
    """
    choice = HandlerConfig("", "", **settings).plain
    label = choice.label if choice is not None else ""

    def at(version: Checkout) -> HandlerConfig:
        return HandlerConfig(label, label, task_root=str(version.folder), **settings)

    before, after = present(at(base), base, read), present(at(head), head, read)
    if before is None and after is None:
        find_plain_in(at(head))
    return Lane(label, at(head), before, after)


def _targets(base: Checkout, head: Checkout, config: str | None) -> tuple[str, ...]:
    """Return what is compared without a configuration: the versions' places, or head's project."""
    place = head.place or base.place
    if place is not None:
        return (place,)
    return (".",) if config is None and _has_no_config(head) else ()


def _project_in(
    base: Checkout, head: Checkout, config: Config, read: PlaceReader
) -> dict[str, HandlerConfig]:
    """Return the functions of head's project as base has them, which has no configuration."""
    if config.project is None:
        return {}
    there = replace(config, handlers=(), project=_in(config.project, head, base))
    try:
        return {one.name: one for one in with_project(there, read).handlers}
    except UsageError:  # base has no such project, or none of its functions can be measured
        return {}


def _has_no_config(head: Checkout) -> bool:
    """Return True if head's folder is a project of a known tool and has no configuration."""
    try:
        _head_config(head, None, lambda place: DeployedProject(place, place, "", ()))
    except NoConfigurationError:
        return project_file(head.folder) != "."
    except UsageError:
        return False
    return False


def _chosen(lanes: tuple[Lane, ...], names: tuple[str, ...]) -> tuple[Lane, ...]:
    for name in names:
        if all(lane.name != name for lane in lanes):
            known = [lane.name for lane in lanes]
            close = difflib.get_close_matches(name, known, 3)
            hint = (
                f"did you mean {' or '.join(close)}?" if close else f"there is {', '.join(known)}."
            )
            raise UsageError(f"Neither version has a handler {name}: {hint}")
    return tuple(lane for lane in lanes if not names or lane.name in names)


def _lanes_of_target(
    text: str,
    base: Checkout,
    head: Checkout,
    web: tuple[str | None, str | None],
    read: PlaceReader,
) -> tuple[Lane, ...]:
    """Return the lanes of a handler, or of the functions of a project's place."""
    adapter, server = web
    if adapter is None and any(names_a_project(target_in(text, one)) for one in (base, head)):
        return lanes_of_place(text, base, head, read)

    def at(version: Checkout) -> HandlerConfig:
        is_file = text.partition(":")[0].endswith(".py")
        place = str(version.folder / text) if is_file else text
        root = None if is_file else str(version.folder)
        return HandlerConfig(text, place, task_root=root, adapter=adapter, server=server)

    before, after = present(at(base), base, read), present(at(head), head, read)
    if before is None and after is None:
        raise UsageError(
            f"Neither {base.label} nor {head.label} has a handler {text}: name its file relative "
            "to the folder."
        )
    return (Lane(text, at(head), before, after),)


class NoConfigurationError(UsageError):
    """Neither version has a configuration."""


def _head_config(head: Checkout, config: str | None, read: PlaceReader) -> tuple[str, Config]:
    """Return head's configuration and its path relative to the version's folder.

    If the version does not have it (a file that was never committed), the user's own copy is read
    as if it were there.
    """
    if config is not None:
        relative = os.path.relpath(Path(config))
        found = _read(head.folder / relative, read) or _read(
            Path(config), read, head.folder / relative
        )
        if found is None:
            raise UsageError(f"There is no configuration {config}: name another with --config.")
        return relative, found
    for start, top in ((head.folder, head.top), (head.own, top_folder(head.own))):
        for place in (start, *start.parents):
            for name in (OWN_FILE, PROJECT_FILE):
                relative = os.path.relpath(place / name, start)
                found = _read(place / name, read, head.folder / relative)
                if found is not None:
                    return relative, found
            if place == top:
                break
    raise NoConfigurationError(
        f"{head.label} has no [tool.importcost] in a pyproject.toml and no importcost.toml: write "
        "one with importcost init, or name handlers or a project with --handler."
    )


def _own_config(version: Checkout, relative: str, read: PlaceReader) -> Config | None:
    """Return base's own configuration; an error in it has been corrected since."""
    try:
        return _read(version.folder / relative, read)
    except UsageError:
        return None


def _read(file: Path, read: PlaceReader, as_file: Path | None = None) -> Config | None:
    """Read a configuration as if it were `as_file`; None if there is none."""
    try:
        text = read_named(file).decode("utf-8-sig").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {file} cannot be read: {reason_of(error)}.") from error
    if file.name == PROJECT_FILE and not has_section(text):
        return None
    return with_project(read_config(text, str(as_file or file)), read)


def _moved(config: Config, head: Checkout, base: Checkout) -> tuple[HandlerConfig, ...]:
    """Return head's handlers as they would be in base."""
    return tuple(
        replace(
            one,
            handler=_in(one.handler, head, base),
            task_root=None if one.task_root is None else _in(one.task_root, head, base),
            python=None if one.python is None else _in(one.python, head, base),
            requirements=None if one.requirements is None else _in(one.requirements, head, base),
            layers=tuple(_in(layer, head, base) for layer in one.layers),
        )
        for one in config.handlers
    )


def _in(path: str, here: Checkout, there: Checkout) -> str:
    """Return a path of one version in the other; a path outside of both stays."""
    plain = os.path.normpath(path)
    for mine, other in ((here.folder, there.folder), (here.top, there.top)):
        if plain == str(mine) or plain.startswith(f"{mine}{os.sep}"):
            return str(other / os.path.relpath(plain, mine))
    return path


def with_requirements(lane: HandlerConfig, version: Checkout, lock: str | None) -> HandlerConfig:
    """Return the handler with a lock file of its version as its requirements.

    Raises UsageError if the version does not have it.
    """
    if lock is None:
        return lane
    file = version.folder / lock
    if not file.is_file():
        raise UsageError(
            f"{version.label} has no file {lock}: name with --lock a requirements file that both "
            "versions have, relative to the folder."
        )
    return replace(lane, requirements=str(file))


def install_into(version: Checkout, command: str, python: str, name: str) -> tuple[str, ...]:
    """Run the user's install command for a version; return the layer `name` that it filled.

    Raises UsageError for a command without `{target}`, MeasurementError if it fails.
    """
    words = parse_install(command)
    layer = version.scratch / name
    target = layer / "python"
    target.mkdir(parents=True)
    run_install(words, target, version.folder, python)
    return (str(layer),)
