"""Find the handlers of two versions of a project, and how to measure each in its version."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.gate.worktrees import Checkout, top_folder
from importcost.app.projects.configured import of_project, project_reader, with_project
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
from importcost.targets.handler import resolve_target
from importcost.targets.interpreter import choose_interpreter


@dataclass(frozen=True, slots=True)
class Lane:
    """One handler in both versions, None in a version that does not have it.

    `settings` are those that it is judged by: head's, or base's for a removed one. `is_lost` is
    True if head configures the handler but does not have its file.
    """

    name: str
    settings: HandlerConfig
    base: HandlerConfig | None
    head: HandlerConfig | None
    is_lost: bool = False


def lanes_of(
    base: Checkout,
    head: Checkout,
    *,
    config: str | None = None,
    targets: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    web: tuple[str | None, str | None] = (None, None),
) -> tuple[Lane, ...]:
    """Return the handlers of both versions, paired by name.

    Each version's configuration applies; base is measured by head's if it has none of its own.
    `targets` are handlers without a configuration, relative to each version's folder; `web` is the
    adapter and the server of web apps among them. Raises
    UsageError for a configuration that is wrong or missing, or a handler that neither has.
    """
    if targets:
        return tuple(_of_target(text, base, head, web) for text in targets)
    relative, head_config = _head_config(head, config)
    moved = _moved(head_config, head, base)
    base_own = _own_config(base, relative)
    known = {one.name: one for one in base_own.handlers} if base_own else {}
    before = {**{one.name: one for one in moved}, **known}
    lanes = []
    for one in head_config.handlers:
        found = _present(one, head)
        earlier = _present(before[one.name], base)
        lanes.append(Lane(one.name, one, earlier, found, is_lost=found is None))
    head_names = {one.name for one in head_config.handlers}
    removed = ((old, _present(old, base)) for old in known.values() if old.name not in head_names)
    lanes += [Lane(old.name, old, had, None) for old, had in removed if had is not None]
    for lane in lanes:
        if lane.base is None and lane.head is None:
            resolve_target(
                lane.settings.handler,
                task_root=lane.settings.task_root,
                environment=lane.settings.environment,
            )
    return _chosen(tuple(lanes), names)


def _chosen(lanes: tuple[Lane, ...], names: tuple[str, ...]) -> tuple[Lane, ...]:
    for name in names:
        if all(lane.name != name for lane in lanes):
            known = ", ".join(lane.name for lane in lanes)
            raise UsageError(f"Neither version configures a handler {name}: there is {known}.")
    return tuple(lane for lane in lanes if not names or lane.name in names)


def _of_target(
    text: str, base: Checkout, head: Checkout, web: tuple[str | None, str | None]
) -> Lane:
    adapter, server = web

    def at(version: Checkout) -> HandlerConfig:
        is_file = text.partition(":")[0].endswith(".py")
        place = str(version.folder / text) if is_file else text
        root = None if is_file else str(version.folder)
        return HandlerConfig(text, place, task_root=root, adapter=adapter, server=server)

    before, after = _present(at(base), base), _present(at(head), head)
    if before is None and after is None:
        raise UsageError(
            f"Neither {base.label} nor {head.label} has a handler {text}: name its file relative "
            "to the folder."
        )
    return Lane(text, at(head), before, after)


def _head_config(head: Checkout, config: str | None) -> tuple[str, Config]:
    """Return head's configuration and its path relative to the version's folder.

    If the version does not have it (a file that was never committed), the user's own copy is read
    as if it were there.
    """
    if config is not None:
        relative = os.path.relpath(Path(config))
        found = _read(head.folder / relative) or _read(Path(config), head.folder / relative)
        if found is None:
            raise UsageError(f"There is no configuration {config}: name another with --config.")
        return relative, found
    for start, top in ((head.folder, head.top), (head.own, top_folder(head.own))):
        for place in (start, *start.parents):
            for name in (OWN_FILE, PROJECT_FILE):
                relative = os.path.relpath(place / name, start)
                found = _read(place / name, head.folder / relative)
                if found is not None:
                    return relative, found
            if place == top:
                break
    raise UsageError(
        f"{head.label} has no [tool.importcost] in a pyproject.toml and no importcost.toml: write "
        "one with importcost init, or name handlers with --handler FILE.py."
    )


def _own_config(version: Checkout, relative: str) -> Config | None:
    """Return base's own configuration; an error in it has been corrected since."""
    try:
        return _read(version.folder / relative)
    except UsageError:
        return None


def _read(file: Path, as_file: Path | None = None) -> Config | None:
    """Read a configuration as if it were `as_file`; None if there is none."""
    try:
        text = read_named(file).decode("utf-8-sig").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {file} cannot be read: {reason_of(error)}.") from error
    if file.name == PROJECT_FILE and not has_section(text):
        return None
    return with_project(read_config(text, str(as_file or file)), project_reader())


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


def _present(one: HandlerConfig, version: Checkout) -> HandlerConfig | None:
    """Return a handler with the interpreter that measures it, or None if its file is missing."""
    one = replace(one, handler=os.path.normpath(one.handler))
    try:
        one = of_project(one, project_reader())
        target = resolve_target(one.handler, task_root=one.task_root, environment=one.environment)
    except UsageError:
        return None
    return _with_python(one, version, Path(target.handler_file))


def _with_python(one: HandlerConfig, version: Checkout, handler_file: Path) -> HandlerConfig:
    """Return a handler with its interpreter; a copy has none of its own beside it."""
    if one.python is not None:
        original = _to_own(one.python, version)
        is_here = Path(one.python).exists() or original is None
        return one if is_here else replace(one, python=original)
    start = _to_own(str(handler_file.parent), version) or str(handler_file.parent)
    chosen = choose_interpreter(None, one.runtime, Path(start), os.environ)
    return replace(one, python=chosen.path, python_reason=str(chosen.reason))


def _to_own(path: str, version: Checkout) -> str | None:
    """Return the user's own path for a copy's path, or None."""
    plain, copy = os.path.normpath(path), str(version.folder)
    if version.folder == version.own or not plain.startswith(str(version.top)):
        return None
    return os.path.normpath(version.own / os.path.relpath(plain, copy))


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
