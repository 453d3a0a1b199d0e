"""The values of a template's parameters: given, from samconfig, or the template's defaults."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.files.read import read_named, reason_of
from importcost.files.toml_text import parse_toml

CONFIG_FILE = "samconfig.toml"
_LARGEST_BYTES = 16_000_000
_IN_THE_CLOUD = "AWS::SSM::Parameter"


def parameter_values(
    declared: Any, given: Mapping[str, str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the values of declared parameters, and the names of those without one.

    A parameter whose type reads the Parameter Store has as default a name there, not a value.
    """
    values: dict[str, Any] = {}
    defaultless = set()
    for name, one in (declared if isinstance(declared, dict) else {}).items():
        about = one if isinstance(one, dict) else {}
        kind = str(about.get("Type", "String"))
        raw = given.get(name, about.get("Default"))
        if raw is None or (name not in given and kind.startswith(_IN_THE_CLOUD)):
            defaultless.add(name)
        elif "List" in kind:
            values[name] = [part.strip() for part in str(raw).split(",")]
        else:
            values[name] = _plain(raw)
    return values, frozenset(defaultless)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def samconfig_parameters(folder: Path, environment: str | None) -> dict[str, str]:
    """Return the parameter overrides in a folder's samconfig.toml, those of deploy first.

    Raises UsageError for a file that is not TOML.
    """
    file = folder / CONFIG_FILE
    if not file.is_file():
        return {}
    try:
        data = parse_toml(read_named(file, _LARGEST_BYTES).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read ({reason_of(error)}): correct the file."
        ) from error
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML ({error}): correct the file.") from error
    found: dict[str, str] = {}
    for command in ("global", "build", "deploy"):
        table: Any = data
        for key in (environment or "default", command, "parameters"):
            table = table.get(key) if isinstance(table, Mapping) else None
        overrides = table.get("parameter_overrides") if isinstance(table, Mapping) else None
        found.update(_overrides(overrides))
    return found


def _overrides(raw: Any) -> dict[str, str]:
    """Return `A=B C="d e"`, `ParameterKey=A,ParameterValue=B`, or a list or table of them."""
    if isinstance(raw, Mapping):
        return {str(key): _plain(value) for key, value in raw.items()}
    parts: list[str] = []
    for one in raw if isinstance(raw, list) else [raw]:
        if isinstance(one, str):
            try:
                parts += shlex.split(one)
            except ValueError:  # a quote without its end
                parts += one.split()
    found = {}
    for part in parts:
        key, _, value = part.partition("=")
        if key == "ParameterKey" and ",ParameterValue=" in value:
            key, _, value = value.partition(",ParameterValue=")
        if key:
            found[key] = value.strip('"')
    return found
