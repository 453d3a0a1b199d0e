"""The common part of the commands about the bill: a profile and its calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importcost.app.profile.in_common import once
from importcost.billing.calibration import Calibration
from importcost.billing.estimate import Estimate, estimate
from importcost.config.read import Config, HandlerConfig, load_config
from importcost.errors import UsageError
from importcost.model.profile import Profile, Target
from importcost.targets.handler import resolve_target


@dataclass(frozen=True, slots=True)
class ConfiguredPlace:
    """A function's place in the configuration; `config` is the file that names it."""

    config: Config
    handler: HandlerConfig


@dataclass(frozen=True, slots=True)
class Billed:
    """A profile with its estimate, and its handler in the configuration, None if it has none."""

    profile: Profile
    estimate: Estimate
    handler: HandlerConfig | None


def bill(
    profile: Profile,
    handler: HandlerConfig | None,
    *,
    memory_mb: int | None = None,
    arch: str | None = None,
) -> Billed:
    """Return a profile with its estimate, by the calibration of its handler.

    `memory_mb` and `arch` override what the profile was made for. Raises UsageError for settings
    that Lambda does not have.
    """
    own = handler.calibration if handler else None
    found = estimate(profile, memory_mb=memory_mb, arch=arch, calibration=own)
    return Billed(profile, found, handler)


def find_configuration(target: Target | None, path: str | None = None) -> Config | None:
    """Return the configuration at `path`, else the nearest one here, else that of the function.

    Raises UsageError for one that is wrong.
    """
    config = once(("configuration", path, str(Path.cwd())), lambda: load_config(path))
    folder = target.task_root if target else "."
    if config is None and Path(folder).is_dir():
        config = once(("configuration", folder), lambda: load_config(folder=folder))
    return config


def place_in(
    config: Config | None, target: Target | None, name: str | None = None
) -> ConfiguredPlace | None:
    """Return the profiled function's place in a configuration, None if it has none.

    By `name` where one is given, else by its handler file. Raises UsageError for a name that the
    configuration does not have.
    """
    if config is None:
        return None
    if name is not None:
        return ConfiguredPlace(config, config.find(name))
    matches = [one for one in config.handlers if _is_of(one, target)]
    return ConfiguredPlace(config, matches[0]) if matches else None


def handlers_of(*targets: Target | None) -> tuple[HandlerConfig | None, ...]:
    """Return the handler of each function in its configuration, which is read once for a folder.

    None for a function that has none. A configuration that cannot be read has no handlers: other
    commands say what is wrong with it, and these profiles have been measured.
    """
    configs: dict[str, Config | None] = {}
    found: list[HandlerConfig | None] = []
    for target in targets:
        if target is None:
            found.append(None)
            continue
        if target.task_root not in configs:
            try:
                configs[target.task_root] = find_configuration(target)
            except UsageError:
                configs[target.task_root] = None
        place = place_in(configs[target.task_root], target)
        found.append(place.handler if place else None)
    return tuple(found)


def handler_of(target: Target | None) -> HandlerConfig | None:
    """Return the profiled function's handler in the configuration, or None.

    A configuration that cannot be read has none: other commands report its errors, and this profile
    has been measured.
    """
    return handlers_of(target)[0]


def calibration_of(profile: Profile) -> Calibration | None:
    """Return the calibration that the configuration holds for a profiled function, if any."""
    handler = handler_of(profile.target)
    return handler.calibration if handler else None


def _is_same_plain(handler: HandlerConfig, wanted: Target) -> bool:
    """Return True if a configured target is the measured one, and neither is a handler."""
    choice, plain = handler.plain, wanted.plain
    if choice is None or plain is None:
        return False
    extras = tuple(one for one in handler.extras if one != "none") if handler.extras else None
    named = (choice.kind, choice.text.strip(), extras)
    return named == (plain.kind, plain.words.strip(), plain.extras)


def _is_of(handler: HandlerConfig, wanted: Target | None) -> bool:
    if wanted is None:
        return False
    if handler.plain is not None or wanted.plain is not None:
        return _is_same_plain(handler, wanted)
    try:
        target = resolve_target(
            handler.handler, task_root=handler.task_root, environment=handler.environment
        )
    except UsageError:
        return False
    is_same_file = Path(target.handler_file).resolve() == Path(wanted.handler_file).resolve()
    functions = {target.function, wanted.function} - {None}
    return is_same_file and len(functions) < 2
