"""Figures of Lambda Managed Instances: limits of an environment, and the instances under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from importcost.billing.figures.datafiles import (
    FigureProvenance,
    items,
    number,
    provenance,
    read_json,
    text_field,
)
from importcost.errors import UsageError

_FILE = "managed-instances.json"


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An EC2 instance type: its size and its price in US dollars an hour."""

    name: str
    arch: str
    vcpus: int
    memory_gb: float
    dollars_per_hour: float


@dataclass(frozen=True, slots=True)
class ManagedFigures:
    """Limits and prices of Managed Instances; memory in MB. `management_share` is on top of EC2's.

    `most_busy_share` of the processors are busy at most, so that traffic may double.
    """

    provenance: FigureProvenance
    region: str
    minimum_python: int
    least_environments: int
    workers_per_vcpu: int
    management_share: float
    most_busy_share: float
    memory_min_mb: int
    memory_max_mb: int
    gb_per_vcpu: tuple[int, ...]
    instances: tuple[InstanceType, ...]


@lru_cache(maxsize=1)
def load_managed() -> ManagedFigures:
    """Return the shipped figures."""
    data = read_json(_FILE)

    def whole(key: str) -> int:
        return int(number(data, key, _FILE))

    return ManagedFigures(
        provenance=provenance(data, _FILE),
        region=text_field(data, "region", _FILE),
        minimum_python=whole("minimum_python"),
        least_environments=whole("least_environments"),
        workers_per_vcpu=whole("workers_per_vcpu"),
        management_share=number(data, "management_share", _FILE),
        most_busy_share=number(data, "most_busy_share", _FILE),
        memory_min_mb=whole("memory_min_mb"),
        memory_max_mb=whole("memory_max_mb"),
        gb_per_vcpu=tuple(int(one) for one in items(data, "gb_per_vcpu", _FILE)),
        instances=tuple(_instance(one) for one in items(data, "instances", _FILE)),
    )


def _instance(entry: object) -> InstanceType:
    if not isinstance(entry, Mapping):
        raise UsageError(f"{_FILE}: each of `instances` must be an object, not {entry!r}.")
    return InstanceType(
        name=text_field(entry, "type", _FILE),
        arch=text_field(entry, "arch", _FILE),
        vcpus=int(number(entry, "vcpus", _FILE)),
        memory_gb=number(entry, "memory_gb", _FILE),
        dollars_per_hour=number(entry, "dollars_per_hour", _FILE),
    )
