"""One handler in two versions: in each as it is measured there, and under which names."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.gate.worktrees import Checkout
from importcost.app.profile.prepare import find_interpreter, find_plain
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.configured import PlaceReader, of_project
from importcost.config.read import HandlerConfig
from importcost.config.schema import PLAIN_SETTINGS
from importcost.errors import MeasurementError, UsageError
from importcost.model.profile import Target
from importcost.projects.functions import SEPARATOR
from importcost.targets.handler import resolve_target
from importcost.targets.interpreter import choose_interpreter


@dataclass(frozen=True, slots=True)
class Lane:
    """One handler in both versions, None in a version that does not have it.

    `settings` are those that it is judged by: head's, or base's for a removed one. `is_lost` is
    True if head configures the handler but does not have its file. `was` is the name that base has
    for it, if that is another one.
    """

    name: str
    settings: HandlerConfig
    base: HandlerConfig | None
    head: HandlerConfig | None
    is_lost: bool = False
    was: str | None = None


def present(one: HandlerConfig, version: Checkout, read: PlaceReader) -> HandlerConfig | None:
    """Return a handler with the interpreter that measures it, or None if its file is missing."""
    if one.plain is not None:
        return _present_plain(one, version)
    one = replace(one, handler=os.path.normpath(one.handler))
    try:
        one = of_project(one, read)
        target = resolve_target(one.handler, task_root=one.task_root, environment=one.environment)
    except UsageError:
        return None
    return _with_python(one, version, Path(target.handler_file))


def _present_plain(one: HandlerConfig, version: Checkout) -> HandlerConfig | None:
    """Return a target without Lambda with its interpreter, or None if a version has no such thing.

    A package that only the user's own folder has, through an editable installation, is not a
    version's own.
    """
    folder = Path(one.task_root or version.folder)
    one = _with_python(replace(one, task_root=str(folder)), version, folder / "-")
    try:
        found = find_plain_in(one)
    except UsageError:
        return None
    own = version.own.resolve()
    is_elsewhere = version.folder != version.own and Path(found.task_root).is_relative_to(own)
    is_here = Path(found.task_root).is_relative_to(version.top)
    return None if is_elsewhere and not is_here else one


def find_plain_in(one: HandlerConfig) -> Target:
    """Return the target without Lambda that a table names. Raises UsageError if there is none."""
    request = ProfileRequest(
        one.handler,
        task_root=one.task_root,
        python=one.python,
        extras=one.extras,
        **{name: getattr(one, name) for name in PLAIN_SETTINGS},
    )
    choice = request.plain
    if choice is None:
        raise UsageError(f"{one.name} names nothing to measure without Lambda.")
    return find_plain(request, choice)[0]


def _with_python(one: HandlerConfig, version: Checkout, handler_file: Path) -> HandlerConfig:
    """Return a handler with its interpreter; a copy has none of its own beside it."""
    if one.python is not None:
        original = to_own(one.python, version)
        is_here = Path(one.python).exists() or original is None
        return one if is_here else replace(one, python=original)
    start = to_own(str(handler_file.parent), version) or str(handler_file.parent)
    try:
        # A version manager's shim on PATH may not answer: then the default is measured.
        chosen, _ = find_interpreter(ProfileRequest(one.handler, runtime=one.runtime), Path(start))
    except MeasurementError:  # told when it is its turn
        chosen = choose_interpreter(None, one.runtime, Path(start), os.environ)
    return replace(one, python=chosen.path, python_reason=str(chosen.reason))


def to_own(path: str, version: Checkout) -> str | None:
    """Return the user's own path for a copy's path, or None."""
    plain, copy = os.path.normpath(path), str(version.folder)
    if version.folder == version.own or not plain.startswith(str(version.top)):
        return None
    return os.path.normpath(version.own / os.path.relpath(plain, copy))


def renamed(lanes: tuple[Lane, ...], base: Checkout, head: Checkout) -> tuple[Lane, ...]:
    """Join a handler that only base has with one that only head has, if they are the same code.

    They are if handler and task root are, and no other handler has them. The lane has the new name.
    A table may name the function of a project as it was: its budgets hold under the new name.
    """
    old = [one for one in lanes if one.head is None and (not one.is_lost or _is_in_project(one))]
    gone = _by_code(old, "base", base)
    new = _by_code([one for one in lanes if one.base is None], "head", head)
    pairs = {code: (gone[code], new[code]) for code in gone.keys() & new.keys()}
    joined = {
        after.name: replace(after, settings=_settings(was, after), base=was.base, was=was.name)
        for was, after in pairs.values()
    }
    left_out = {was.name for was, _ in pairs.values()}
    return tuple(joined.get(one.name, one) for one in lanes if one.name not in left_out)


def _is_in_project(lane: Lane) -> bool:
    return SEPARATOR in lane.settings.handler


def _settings(was: Lane, now: Lane) -> HandlerConfig:
    """Return the settings that judge a renamed handler: those of its table, if that has one."""
    if not was.is_lost:
        return now.settings
    return replace(now.settings, budgets=was.settings.budgets, levels=was.settings.levels)


def _by_code(lanes: list[Lane], side: str, version: Checkout) -> dict[tuple[str, str], Lane]:
    """Return the lanes by what they run, without those that share it."""
    found: dict[tuple[str, str], list[Lane]] = {}
    for lane in lanes:
        handler: HandlerConfig | None = getattr(lane, side)
        if handler is None:
            continue
        root = handler.task_root or ""
        inside = os.path.relpath(root, version.folder) if root else ""
        code = "" if inside.startswith("..") else inside  # an unpacked ZIP lies elsewhere
        choice = handler.plain
        if choice is not None:
            text = f"{choice.kind.value} {choice.text}"
            found.setdefault((text, code), []).append(lane)
            continue
        text = handler.handler.replace(f"{version.folder}{os.sep}", "")
        found.setdefault((text, code), []).append(lane)
    return {code: some[0] for code, some in found.items() if len(some) == 1}
