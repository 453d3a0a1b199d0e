"""AWS prices: the shipped price table, and prices that the user sets over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importcost.billing.figures.datafiles import (
    FigureProvenance,
    child,
    items,
    number,
    provenance,
    read_json,
    text_field,
)
from importcost.declaration import ARCHES
from importcost.errors import UsageError

_FILE = "prices-us-east-1.json"
_OWN = "the user's price file"


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of the monthly volume: `gb_seconds` wide (None: all the rest), dollars each."""

    gb_seconds: float | None
    dollars: float


@dataclass(frozen=True, slots=True)
class ArchPrices:
    """Prices that differ by architecture; US dollars per GB-second."""

    gb_second: tuple[Tier, ...]
    provisioned_standing_gb_second: float
    provisioned_duration_gb_second: float


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table of one region, in US dollars; names say per what."""

    provenance: FigureProvenance
    region: str
    by_arch: Mapping[str, ArchPrices]
    requests_per_million: float
    snapstart_cache_gb_second: float
    snapstart_cache_minimum_seconds: float
    snapstart_restore_gb: float
    streaming_gb: float
    streaming_free_mb_per_request: float
    streaming_free_gb_per_month: float

    def gb_second(self, arch: str) -> float:
        """Return the tier-1 price of a GB-second, US dollars."""
        return self.by_arch[arch].gb_second[0].dollars


def load_prices(override: Mapping[str, Any] | None = None) -> Prices:
    """Return the shipped prices (us-east-1), with the user's own set over them.

    `override` is parsed JSON in the form of the shipped file. Prices that it leaves out stay as
    shipped, but it must carry the `date` of its prices. Raises UsageError naming the key that is
    unknown, missing or not a price.
    """
    shipped = read_json(_FILE)
    if override is None:
        return _parse(shipped, _FILE)
    if not isinstance(override, Mapping):
        raise UsageError(f"{_OWN}: must be a JSON object of prices.")
    text_field(override, "date", _OWN)
    own = {"source": _OWN, "figure": "AWS Lambda prices as set by the user", "licence": None}
    return _parse(_overlay({**shipped, **own}, override, ""), _OWN)


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any], path: str) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if key not in base:
            known = ", ".join(sorted(base))
            raise UsageError(f"{_OWN}: no price is known for `{path}{key}` (known: {known}).")
        if isinstance(base[key], Mapping):
            if not isinstance(value, Mapping):
                raise UsageError(f"{_OWN}: `{path}{key}` must be an object, not {value!r}.")
            merged[key] = _overlay(base[key], value, f"{path}{key}.")
        else:
            merged[key] = value
    return merged


def _tiers(data: Mapping[str, Any], arch: str, where: str) -> tuple[Tier, ...]:
    where = f"{where}: `gb_second`"
    tiers = []
    entries = items(data, arch, where)
    for position, entry in enumerate(entries):
        place = f"{where}: `{arch}[{position}]`"
        if not isinstance(entry, Mapping):
            raise UsageError(f"{place} must be an object with `gb_seconds` and `dollars`.")
        last = position == len(entries) - 1
        width = None if last else number(entry, "gb_seconds", place)
        tiers.append(Tier(width, number(entry, "dollars", place)))
    return tuple(tiers)


def _parse(data: Mapping[str, Any], where: str) -> Prices:
    gb_second = child(data, "gb_second", where)
    standing = child(data, "provisioned_standing_gb_second", where)
    duration = child(data, "provisioned_duration_gb_second", where)
    by_arch = {
        arch: ArchPrices(
            gb_second=_tiers(gb_second, arch, where),
            provisioned_standing_gb_second=number(standing, arch, f"{where}: standing"),
            provisioned_duration_gb_second=number(duration, arch, f"{where}: duration"),
        )
        for arch in ARCHES
    }
    return Prices(
        provenance=provenance(data, where),
        region=text_field(data, "region", where),
        by_arch=by_arch,
        requests_per_million=number(data, "requests_per_million", where),
        snapstart_cache_gb_second=number(data, "snapstart_cache_gb_second", where),
        snapstart_cache_minimum_seconds=number(data, "snapstart_cache_minimum_seconds", where),
        snapstart_restore_gb=number(data, "snapstart_restore_gb", where),
        streaming_gb=number(data, "streaming_gb", where),
        streaming_free_mb_per_request=number(data, "streaming_free_mb_per_request", where),
        streaming_free_gb_per_month=number(data, "streaming_free_gb_per_month", where),
    )
