"""What the commands about the bill share: a profile, saved or measured, and its calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importcost.billing.calibration import Calibration
from importcost.config.read import Config, HandlerConfig, load_config
from importcost.errors import UsageError
from importcost.model.profile import Profile
from importcost.targets.handler import resolve_target


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function stands in the configuration; `config` is the file that names it."""

    config: Config
    handler: HandlerConfig


def find_place(
    profile: Profile, *, config_path: str | None = None, name: str | None = None
) -> Place | None:
    """Return the profiled function's place in the configuration, None where it has none.

    By `name` where one is given, else by its handler file. Raises UsageError for a
    configuration that is wrong, or a name that it does not have.
    """
    folder = profile.target.task_root if profile.target else "."
    config = load_config(config_path)
    if config is None and Path(folder).is_dir():
        config = load_config(folder=folder)
    if config is None:
        return None
    if name is not None:
        return Place(config, config.find(name))
    matches = [one for one in config.handlers if _is_of(one, profile)]
    return Place(config, matches[0]) if matches else None


def handler_of(profile: Profile) -> HandlerConfig | None:
    """Return the profiled function's handler in the configuration, None where it has none.

    A configuration that cannot be read has none: other commands say what is wrong with it, and
    this profile has been measured.
    """
    try:
        place = find_place(profile)
    except UsageError:
        return None
    return place.handler if place else None


def calibration_of(profile: Profile) -> Calibration | None:
    """Return the calibration that the configuration holds for a profiled function, if any."""
    handler = handler_of(profile)
    return handler.calibration if handler else None


def _is_of(handler: HandlerConfig, profile: Profile) -> bool:
    if profile.target is None:
        return False
    try:
        target = resolve_target(handler.handler, task_root=handler.task_root)
    except UsageError:
        return False
    is_same_file = (
        Path(target.handler_file).resolve() == Path(profile.target.handler_file).resolve()
    )
    functions = {target.function, profile.target.function} - {None}
    return is_same_file and len(functions) < 2
