"""AWS prices: the shipped price table, and prices that the user sets over it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
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
from importcost.declaration import ARCHES, REGIONS
from importcost.errors import UsageError

_FILE = "prices-us-east-1.json"
_BY_REGION = "prices-by-region.json"
DEFAULT_REGION = REGIONS[0]
_OWN = "the user's price file"


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of the monthly volume: `gb_seconds` wide (None: all the rest), dollars each."""

    gb_seconds: float | None
    dollars: float


@dataclass(frozen=True, slots=True)
class ArchPrices:
    """Prices that differ by architecture; US dollars per GB-second, infinite if not found."""

    gb_second: tuple[Tier, ...]
    provisioned_standing_gb_second: float
    provisioned_duration_gb_second: float


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table of one region, in US dollars; names say per what.

    A price that was not found is infinite. `by_arch` lacks an architecture whose GB-second has no
    price. The free requests and GB-seconds are an account's, in all regions together.
    """

    provenance: FigureProvenance
    region: str
    by_arch: Mapping[str, ArchPrices]
    requests_per_million: float
    free_requests_per_month: float
    free_gb_seconds_per_month: float
    snapstart_cache_gb_second: float
    snapstart_cache_minimum_seconds: float
    snapstart_restore_gb: float
    streaming_gb: float
    streaming_free_mb_per_request: float
    streaming_free_gb_per_month: float

    def gb_second(self, arch: str) -> float:
        """Return the tier-1 price of a GB-second, US dollars. Raises UsageError for none."""
        if arch not in self.by_arch:
            raise UsageError(
                f"No price of {arch} was found for {self.region}: choose the other architecture, or"
                " another region."
            )
        return self.by_arch[arch].gb_second[0].dollars

    @property
    def has_snapstart(self) -> bool:
        """Return True if both prices of SnapStart are known."""
        return math.isfinite(self.snapstart_cache_gb_second + self.snapstart_restore_gb)

    def has_provisioned(self, arch: str) -> bool:
        """Return True if both prices of provisioned concurrency are known."""
        rates = self.by_arch[arch]
        return math.isfinite(
            rates.provisioned_standing_gb_second + rates.provisioned_duration_gb_second
        )


def load_prices(override: Mapping[str, Any] | None = None, region: str = DEFAULT_REGION) -> Prices:
    """Return the shipped prices of a region, with the user's own set over those of us-east-1.

    `override` is parsed JSON in the form of the shipped file. Prices that it leaves out stay as
    shipped, but it must carry the `date` of its prices. Raises UsageError naming the key that is
    unknown, missing or not a price.
    """
    if override is None:
        return _shipped(region)
    shipped = read_json(_FILE)
    if not isinstance(override, Mapping):
        raise UsageError(f"{_OWN}: must be a JSON object of prices.")
    text_field(override, "date", _OWN)
    own = {"source": _OWN, "figure": "AWS Lambda prices as set by the user", "licence": None}
    return _parse(_overlay({**shipped, **own}, override, ""), _OWN)


@lru_cache(maxsize=len(REGIONS))
def _shipped(region: str) -> Prices:
    return _parse(read_json(_FILE), _FILE) if region == DEFAULT_REGION else _of_region(region)


def _of_region(region: str) -> Prices:
    """Return the prices of a region, which has one tier of the GB-second: others were not found."""
    data = read_json(_BY_REGION)
    regions = child(data, "regions", _BY_REGION)
    if region not in regions:
        raise UsageError(f"No prices are known for {region}: there are {', '.join(REGIONS)}.")
    where = f"{_BY_REGION}: `{region}`"
    own = child(regions, region, _BY_REGION)
    copy = child(child(data, "sources", _BY_REGION), text_field(own, "source", where), where)
    general = _parse(read_json(_FILE), _FILE)
    gb_second = child(own, "gb_second", where)
    by_arch = {
        arch: ArchPrices(
            (Tier(None, number(gb_second, arch, where)),),
            _known(own, "provisioned_standing", where, arch),
            _known(own, "provisioned_duration", where, arch),
        )
        for arch in gb_second
    }
    return replace(
        general,
        provenance=FigureProvenance(
            f"AWS Lambda prices, {region}, US dollars",
            text_field(copy, "source", where),
            text_field(copy, "date", where),
            None,
        ),
        region=region,
        by_arch=by_arch,
        requests_per_million=number(own, "requests_per_million", where),
        snapstart_cache_gb_second=_known(own, "snapstart_cache", where),
        snapstart_restore_gb=_known(own, "snapstart_restore", where),
        streaming_gb=math.inf,
    )


def _known(own: Mapping[str, Any], key: str, where: str, arch: str | None = None) -> float:
    """Return a price, of one architecture if there is one for each; infinite if not found."""
    prices = child(own, key, where) if arch is not None and key in own else own
    name = key if arch is None else arch
    return number(prices, name, where) if name in prices else math.inf


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
        free_requests_per_month=number(data, "free_requests_per_month", where),
        free_gb_seconds_per_month=number(data, "free_gb_seconds_per_month", where),
        snapstart_cache_gb_second=number(data, "snapstart_cache_gb_second", where),
        snapstart_cache_minimum_seconds=number(data, "snapstart_cache_minimum_seconds", where),
        snapstart_restore_gb=number(data, "snapstart_restore_gb", where),
        streaming_gb=number(data, "streaming_gb", where),
        streaming_free_mb_per_request=number(data, "streaming_free_mb_per_request", where),
        streaming_free_gb_per_month=number(data, "streaming_free_gb_per_month", where),
    )
