"""The settings and their allowed values; every reader takes a parsed TOML value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from importcost.billing.calibration import Calibration, Fitted
from importcost.billing.figures.platforms import load_platforms, unknown_platform
from importcost.declaration import (
    ADAPTERS,
    ARCHES,
    LARGEST_MEMORY_MB,
    MAX_MEMORY_MB,
    MIN_MEMORY_MB,
    PACKAGE_TYPES,
    PLATFORMS,
    REGIONS,
)
from importcost.gate.budgets import Level, Levels, Rule

ALL_MODULES = ("*",)
_LARGEST = 2**63 - 1
"""TOML's own bound of whole numbers, which its readers do not keep."""

_PERCENT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*")
_RUNTIME = re.compile(r"python3\.\d{1,3}")
_PATTERN = re.compile(r"[\w.*?\[\]!-]+")


class WrongValueError(ValueError):
    """A value that a setting cannot have; the message says what it must be.

    `below` names the wrong keys inside the value, if any.
    """

    def __init__(self, message: str, *below: str) -> None:
        super().__init__(message)
        self.below = below


def kind_of(value: Any) -> str:
    """Return TOML's name for the type of a parsed value, with its article."""
    names = {bool: "a boolean", int: "a whole number", float: "a number", str: "a string"}
    names.update({list: "a list", dict: "a table"})
    return names.get(type(value), "a date or time")


def text_setting(value: Any) -> str:
    """Return a string that is not empty and has no NUL, which no path or variable can contain."""
    if type(value) is not str:
        raise WrongValueError(f"must be a string, not {kind_of(value)}")
    if not value.strip() or "\0" in value:
        raise WrongValueError("must not be empty or hold a NUL")
    return value


def memory_setting(value: Any) -> int:
    """Return a memory size that some platform has, in MB."""
    found = whole(value)
    if not MIN_MEMORY_MB <= found <= LARGEST_MEMORY_MB:
        most = MAX_MEMORY_MB if found < MIN_MEMORY_MB else LARGEST_MEMORY_MB
        raise WrongValueError(f"must lie between {MIN_MEMORY_MB} and {most} MB, not {found}")
    return found


def memory_of_platform(memory_mb: int, platform_name: str) -> None:
    """Raise WrongValueError for a memory size that a platform does not have; MB."""
    known = load_platforms()[platform_name]
    if known.memory is None:
        raise WrongValueError(f"has no meaning on {known.title}, which has no sizes to choose")
    if known.memory.has(memory_mb):
        return
    least, most = known.memory.least, known.memory.most
    where = "" if known.is_modelled else f" on {known.title}"
    if known.memory.sizes:
        raise WrongValueError(f"must be {known.memory.words}{where}, not {memory_mb}")
    raise WrongValueError(f"must lie between {least} and {most} MB{where}, not {memory_mb}")


def truth(value: Any) -> bool:
    """Return true or false."""
    if type(value) is not bool:
        raise WrongValueError(f"must be true or false, not {kind_of(value)}")
    return value


def whole(value: Any) -> int:
    """Return a whole number of at least one."""
    if type(value) is not int:
        raise WrongValueError(f"must be a whole number, not {kind_of(value)}")
    if not 1 <= value <= _LARGEST:
        raise WrongValueError(f"must be at least 1{_but(value)}")
    return value


def not_negative(value: Any) -> float:
    """Return a finite number of at least zero."""
    if type(value) not in (int, float):
        raise WrongValueError(f"must be a number, not {kind_of(value)}")
    if not 0 <= value <= _LARGEST:
        raise WrongValueError(f"must be a number of at least 0{_but(value)}")
    return float(value)


def _but(value: Any) -> str:
    """Return `, not 5`; a number past 64 bits may have thousands of digits."""
    if isinstance(value, float) or abs(value) <= _LARGEST:
        return f", not {value}"
    return ", and smaller" if value > 0 else ""


def positive(value: Any) -> float:
    """Return a finite number above zero: no init is free."""
    found = not_negative(value)
    if found == 0:
        raise WrongValueError("must be more than 0")
    return found


def percent(value: Any) -> float:
    """Return the share that a text like `5%` means: 0.05."""
    hint = 'must be a string like "5%"'
    if type(value) is not str:
        raise WrongValueError(f"{hint}, not {kind_of(value)}")
    found = _PERCENT.fullmatch(value)
    if found is None:
        raise WrongValueError(f"{hint}, not {value!r}")
    share = float(found.group(1)) / 100
    if share == 0:
        raise WrongValueError("must be more than 0%: no two measurements are equal")
    return share


def one_of(*allowed: str) -> Callable[[Any], str]:
    """Return the reader of a string that must be one of those allowed."""

    def read(value: Any) -> str:
        if type(value) is not str or value not in allowed:
            said = repr(value) if type(value) is str else kind_of(value)
            raise WrongValueError(f"must be {' or '.join(allowed)}, not {said}")
        return value

    return read


def runtime(value: Any) -> str:
    """Return the name of a Python runtime."""
    if type(value) is not str or not _RUNTIME.fullmatch(value):
        said = repr(value) if type(value) is str else kind_of(value)
        raise WrongValueError(f"must be a Python runtime like python3.13, not {said}")
    return value


def platform(value: Any) -> str:
    """Return the name of a platform."""
    found = text_setting(value)
    unknown = unknown_platform(found)
    if unknown is not None:
        raise WrongValueError(f"must be one of {', '.join(PLATFORMS)}: {found!r} {unknown}")
    return found


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of strings."""
    if type(value) is not list:
        raise WrongValueError(f"must be a list of strings, not {kind_of(value)}")
    return tuple(_item(text_setting, item, number) for number, item in enumerate(value))


def patterns(value: Any) -> tuple[str, ...]:
    """Return a list of patterns of module names."""
    if type(value) is not list:
        raise WrongValueError(f"must be a list of module patterns, not {kind_of(value)}")
    return tuple(_item(_pattern, item, number) for number, item in enumerate(value))


def _pattern(value: Any) -> str:
    found = text_setting(value)
    if not _PATTERN.fullmatch(found):
        raise WrongValueError(f"must be a module name or a pattern like boto*, not {found!r}")
    return found


def _item(read: Callable[[Any], str], item: Any, number: int) -> str:
    try:
        return read(item)
    except WrongValueError as error:
        raise WrongValueError(str(error), str(number)) from None


def allowed_modules(value: Any) -> tuple[str, ...]:
    """Return the patterns of allowed new modules: all for true, none for false."""
    if type(value) is bool:
        return ALL_MODULES if value else ()
    if type(value) is not list:
        raise WrongValueError(f"must be true, false or a list of patterns, not {kind_of(value)}")
    return patterns(value)


def environment(value: Any) -> Mapping[str, str]:
    """Return a table of environment variables."""
    if type(value) is not dict:
        raise WrongValueError(f"must be a table of strings, not {kind_of(value)}")
    for name, one in value.items():
        if not name or "=" in name or "\0" in name:
            raise WrongValueError("must be the name of a variable", name)
        if type(one) is not str or "\0" in one:
            raise WrongValueError(f"must be a string, in quotes, not {kind_of(one)}", name)
    return dict(value)


def levels(value: Any) -> Levels:
    """Return the level of all rules (a string), or of each (a table by rule)."""
    names = tuple(level.value for level in Level)
    if type(value) is str:
        return Levels(Level(one_of(*names)(value)))
    if type(value) is not dict:
        raise WrongValueError(
            f"must be {', '.join(names)}, or a table of them by rule, not {kind_of(value)}"
        )
    known: dict[str, Rule] = {one.value: one for one in Rule if one is not Rule.MEASUREMENT}
    found: dict[Rule, Level] = {}
    for name, one in value.items():
        if name not in known:
            raise WrongValueError(f"is not a rule: the rules are {', '.join(known)}", name)
        try:
            found[known[name]] = Level(one_of(*names)(one))
        except WrongValueError as error:
            raise WrongValueError(str(error), name) from None
    return Levels(by_rule=found)


def calibration(value: Any) -> Calibration:
    """Return the calibration that `importcost calibrate` stored."""
    if type(value) is not dict:
        raise WrongValueError(f"must be a table, not {kind_of(value)}")
    found: dict[str, Any] = {}
    for name, read in CALIBRATION.items():
        if name not in value:
            raise WrongValueError(f"has no {name}: run importcost calibrate again")
        try:
            found[name] = read(value[name])
        except WrongValueError as error:
            raise WrongValueError(str(error), name) from None
    for name in value:
        if name not in CALIBRATION:
            raise WrongValueError("is not written by importcost calibrate", name)
    if not found["band_low"] <= 1 <= found["band_high"]:
        raise WrongValueError("must have band_low up to 1 and band_high from 1 on")
    return Calibration(**{**found, "fitted": Fitted(found["fitted"])})


CALIBRATION: Mapping[str, Callable[[Any], Any]] = {
    "floor_ms": positive,
    "speed_factor": positive,
    "slope_error": not_negative,
    "function_ms": not_negative,
    "band_low": not_negative,
    "band_high": positive,
    "cold_starts": whole,
    "fitted": one_of(*(one.value for one in Fitted)),
    "arch": one_of(*ARCHES),
    "package_type": one_of(*PACKAGE_TYPES),
    "runtime": runtime,
    "date": text_setting,
}
"""The settings in a handler's table `calibration`."""

SETTINGS: Mapping[str, Callable[[Any], Any]] = {
    "handler": text_setting,
    "module": text_setting,
    "command": text_setting,
    "script": text_setting,
    "file": text_setting,
    "extras": texts,
    "root": text_setting,
    "python": text_setting,
    "memory": memory_setting,
    "arch": one_of(*ARCHES),
    "region": one_of(*REGIONS),
    "platform": platform,
    "package_type": one_of(*PACKAGE_TYPES),
    "runtime": runtime,
    "env": environment,
    "layers": texts,
    "requirements": text_setting,
    "with": texts,
    "install_missing": truth,
    "placeholders": truth,
    "mock_aws": truth,
    "boto3": text_setting,
    "adapter": one_of(*ADAPTERS),
    "server": text_setting,
    "project": text_setting,
    "max_import_ms": positive,
    "max_init_ms": positive,
    "max_billed_init_ms": positive,
    "max_cost_per_million": positive,
    "max_increase": percent,
    "min_delta_ms": not_negative,
    "max_modules": whole,
    "max_bytecodes": whole,
    "max_memory_mb": positive,
    "max_package_mb": positive,
    "forbid": patterns,
    "allow_new_modules": allowed_modules,
    "level": levels,
    "inputs": texts,
    "calibration": calibration,
}
"""The settings in the tables, and the reader of each value."""

HANDLERS = "handlers"
TARGETS = "targets"
"""The tables of what is measured without Lambda: packages, code, scripts and files."""
PROJECT = "project"
"""The setting of a whole configuration that names a project: all its functions have budgets."""
PLAIN_SETTINGS = ("module", "command", "script", "file")
"""One of these names what such a table measures."""
LAMBDA_SETTINGS = (
    *("handler", "memory", "arch", "region", "platform", "package_type", "runtime", "layers"),
    *("requirements", "with", "install_missing", "boto3", "adapter", "server", "mock_aws"),
    *("max_init_ms", "max_billed_init_ms", "max_cost_per_million", "max_package_mb"),
    *("calibration", PROJECT),
)
"""Settings that only a function on Lambda has."""
