"""The platforms that run a function, as data: what each bills, and what of it is modelled."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from importcost.billing.figures.datafiles import child, items, read_json, text_field
from importcost.errors import UsageError, remedy, words
from importcost.parameters import Parameter

LAMBDA = "lambda"
GENERIC = "generic"
"""No platform: the times of this machine."""

_FILE = "platforms.json"


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform. `title` is its name in a sentence.

    `is_modelled` is True if times there are modelled from those here; else all times that reports
    show are this machine's, and `not_modelled` is the sentence that says so. `runs_lambda_runtime`
    is True if Lambda's Python runtime imports the handler.
    """

    name: str
    title: str
    is_modelled: bool
    runs_lambda_runtime: bool
    not_modelled: str | None


@lru_cache(maxsize=1)
def load_platforms() -> Mapping[str, Platform]:
    """Return the shipped platforms by name, in the order of the data file."""
    entries = child(read_json(_FILE), "platforms", _FILE)
    return {name: _platform(name, child(entries, name, _FILE)) for name in entries}


def check_platform(name: str) -> Platform:
    """Return a platform by its name. Raises UsageError for any other, with the nearest names."""
    unknown = unknown_platform(name)
    if unknown is None:
        return load_platforms()[name]
    here = words("take ", Parameter.PLATFORM.of(GENERIC), " for the times of this machine")
    known = () if _is_without_data(name) else (f"name {_listed(_near(name) or load_platforms())}",)
    raise UsageError(
        words(Parameter.PLATFORM, f" is {name!r}, which {unknown}"), remedy(*known, here, mark=";")
    )


def unknown_platform(name: str) -> str | None:
    """Return a clause on a name that no platform has, with the nearest names; None for a platform.

    Platforms that exist but have no data here are told from names that do not exist.
    """
    if name in load_platforms():
        return None
    if _is_without_data(name):
        return "is a platform that importcost has no data on"
    close = _near(name)
    hint = f" (did you mean {_listed(close)}?)" if close else ""
    return f"is not a platform that importcost knows{hint}"


def _is_without_data(name: str) -> bool:
    return name.strip().lower() in items(read_json(_FILE), "without_data", _FILE)


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(name.strip().lower(), load_platforms(), 2)


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _platform(name: str, entry: Mapping[str, Any]) -> Platform:
    place = f"{_FILE}: `{name}`"
    is_modelled = entry.get("is_modelled") is True
    return Platform(
        name=name,
        title=text_field(entry, "title", place),
        is_modelled=is_modelled,
        runs_lambda_runtime=entry.get("runs_lambda_runtime") is True,
        not_modelled=None if is_modelled else text_field(entry, "not_modelled", place),
    )
