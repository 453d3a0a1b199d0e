"""Read the dated data files that carry every figure of the cost model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.declaration import ARCHES, PACKAGE_TYPES
from importcost.errors import UsageError


@dataclass(frozen=True, slots=True)
class FigureProvenance:
    """The source of a data file's figures: their publisher, date and licence."""

    figure: str
    source: str
    date: str
    licence: str | None


def read_text(name: str) -> str:
    """Return the text of a shipped data file."""
    return files("importcost.billing").joinpath("data", name).read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def read_json(name: str) -> Mapping[str, Any]:
    """Return a shipped data file as parsed, once for all that read it, who leave it as it is.

    Raises UsageError if it is not a JSON object.
    """
    try:
        data = json.loads(read_text(name))
    except ValueError as error:
        raise UsageError(f"The data file {name} is not valid JSON: {error}.") from error
    if not isinstance(data, dict):
        raise UsageError(f"The data file {name} must hold a JSON object.")
    return data


def child(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """Return the object at a key. Raises UsageError naming the key."""
    value = _get(data, key, where)
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}: `{key}` must be an object, not {value!r}.")
    return value


def items(data: Mapping[str, Any], key: str, where: str) -> Sequence[Any]:
    """Return the non-empty list at a key. Raises UsageError naming the key."""
    value = _get(data, key, where)
    if not isinstance(value, list) or not value:
        raise UsageError(f"{where}: `{key}` must be a list with at least one item.")
    return value


def text_field(data: Mapping[str, Any], key: str, where: str) -> str:
    """Return the string at a key. Raises UsageError naming the key."""
    value = _get(data, key, where)
    if not isinstance(value, str) or not value:
        raise UsageError(f"{where}: `{key}` must be a string, not {value!r}.")
    return value


def number(data: Mapping[str, Any], key: str, where: str) -> float:
    """Return the finite number, zero or more, at a key. Raises UsageError naming the key."""
    value = _get(data, key, where)
    # A bool is an int to Python; NaN and infinity come out of Python's JSON parser.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < float("inf"):
        raise UsageError(f"{where}: `{key}` must be a number, zero or more, not {value!r}.")
    return float(value)


def provenance(data: Mapping[str, Any], where: str) -> FigureProvenance:
    """Return the source of a data file's figures. Raises UsageError naming a bad key."""
    licence = data.get("licence")
    return FigureProvenance(
        figure=text_field(data, "figure", where),
        source=text_field(data, "source", where),
        date=text_field(data, "date", where),
        licence=None if licence is None else text_field(data, "licence", where),
    )


def _get(data: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in data:
        raise UsageError(f"{where}: `{key}` is missing.")
    return data[key]


@dataclass(frozen=True, slots=True)
class Limits:
    """Lambda's limits: milliseconds, seconds and megabytes.

    `longest_timeout_s` is the longest that a function may be configured to run.
    """

    provenance: FigureProvenance
    on_demand_init_limit_ms: float
    longest_timeout_s: int
    least_ahead_init_limit_s: int
    most_ahead_init_limit_s: int
    mb_per_vcpu: float
    memory_min_mb: int
    memory_max_mb: int
    streamed_max_mb: int
    package_max_mb: int
    image_max_mb: int

    def unpacked_max_mb(self, package_type: str) -> int:
        """Return how large a function may be unpacked, layers included, megabytes."""
        return self.image_max_mb if package_type == "image" else self.package_max_mb

    def ahead_init_limit_s(self, timeout_s: float) -> float:
        """Return how long an init ahead of requests may take, hooks before a snapshot included.

        That is SnapStart's and provisioned concurrency's: the function's timeout, within bounds.
        """
        within = max(self.least_ahead_init_limit_s, timeout_s)
        return min(within, self.most_ahead_init_limit_s)


@lru_cache(maxsize=1)
def load_limits() -> Limits:
    """Return the shipped limits."""
    where = "limits.json"
    data = read_json(where)
    return Limits(
        provenance=provenance(data, where),
        on_demand_init_limit_ms=number(data, "on_demand_init_limit_ms", where),
        longest_timeout_s=int(number(data, "longest_timeout_s", where)),
        least_ahead_init_limit_s=int(number(data, "least_ahead_init_limit_s", where)),
        most_ahead_init_limit_s=int(number(data, "most_ahead_init_limit_s", where)),
        mb_per_vcpu=number(data, "mb_per_vcpu", where),
        memory_min_mb=int(number(data, "memory_min_mb", where)),
        memory_max_mb=int(number(data, "memory_max_mb", where)),
        streamed_max_mb=int(number(data, "streamed_max_mb", where)),
        package_max_mb=int(number(data, "package_max_mb", where)),
        image_max_mb=int(number(data, "image_max_mb", where)),
    )


def check_memory(memory_mb: int) -> int:
    """Return a memory size that Lambda has. Raises UsageError for any other."""
    limits = load_limits()
    if not limits.memory_min_mb <= memory_mb <= limits.memory_max_mb:
        raise UsageError(
            f"Lambda has no memory size of {memory_mb} MB:"
            f" choose {limits.memory_min_mb} to {limits.memory_max_mb} MB."
        )
    return memory_mb


def check_arch(arch: str) -> str:
    """Return a Lambda architecture. Raises UsageError for any other."""
    if arch not in ARCHES:
        raise UsageError(f"Unknown architecture {arch!r}: choose {' or '.join(ARCHES)}.")
    return arch


def check_package_type(package_type: str) -> str:
    """Return a Lambda package type. Raises UsageError for any other."""
    if package_type not in PACKAGE_TYPES:
        raise UsageError(f"Unknown package type {package_type!r}: choose zip or image.")
    return package_type


def python_minor(name: str) -> int:
    """Return N of `python3.N`, `3.N` or `3.N.patch`. Raises UsageError for anything else."""
    parts = name.removeprefix("python").split(".")
    if len(parts) >= 2 and parts[0] == "3" and parts[1].isdecimal():
        return int(parts[1])
    raise UsageError(f"{name!r} is not a Python 3 runtime: write it like python3.12.")
