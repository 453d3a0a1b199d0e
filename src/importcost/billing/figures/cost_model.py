"""The cost model's coefficients: what Lambda takes for the parts of a function's own init.

Each package type has its own: a ZIP's files lie on a local disk, an image's blocks are loaded on
demand. Method, intervals and errors: tests/benchmarks/SPEED_RATIO.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from importcost.billing.figures.datafiles import (
    FigureProvenance,
    check_package_type,
    child,
    number,
    provenance,
    read_json,
)
from importcost.errors import UsageError
from importcost.model.interval import Interval

MODEL_CONFIDENCE = 0.8
"""Confidence of bands and coefficients: 10th and 90th percentiles."""

_FILE = "cost-model.json"


@dataclass(frozen=True, slots=True)
class CostModel:
    """The coefficients of one package type on x86_64.

    `computing` is a factor on the speed ratio, `module_ms` the milliseconds of one module's files,
    `native_ms` those of one megabyte of native code. `band` are factors on the sum of the three
    that hold 80 % of functions that were left out of the fit. `alone` is the factor on the speed
    ratio if the files are not known, and `alone_band` its band.
    """

    computing: Interval
    module_ms: Interval
    native_ms: Interval
    band: Interval
    alone: Interval
    alone_band: Interval


@dataclass(frozen=True, slots=True)
class CostModels:
    """The models of both package types; `arm64` are factors that relate arm64 to x86_64."""

    provenance: FigureProvenance
    by_package_type: Mapping[str, CostModel]
    arm64: Interval


@lru_cache(maxsize=1)
def load_cost_models() -> CostModels:
    """Return the shipped coefficients."""
    data = read_json(_FILE)
    models = {name: _model(child(data, name, _FILE), name) for name in ("zip", "image")}
    return CostModels(provenance(data, _FILE), models, _interval(data, "arm64", _FILE))


def cost_model(package_type: str) -> CostModel:
    """Return the coefficients of a package type. Raises UsageError for one that Lambda lacks."""
    return load_cost_models().by_package_type[check_package_type(package_type)]


def _model(entry: Mapping[str, Any], name: str) -> CostModel:
    place = f"{_FILE}: `{name}`"
    return CostModel(
        computing=_interval(entry, "computing", place),
        module_ms=_interval(entry, "module_ms", place),
        native_ms=_interval(entry, "native_ms_per_mb", place),
        band=_interval(entry, "band", place),
        alone=_interval(entry, "computing_alone", place),
        alone_band=_interval(entry, "band_alone", place),
    )


def _interval(data: Mapping[str, Any], key: str, where: str) -> Interval:
    entry = child(data, key, where)
    place = f"{where}: `{key}`"
    low, value, high = (number(entry, name, place) for name in ("low", "value", "high"))
    if not low <= value <= high:
        raise UsageError(f"{place}: low, value and high are out of order.")
    return Interval(low, value, high, MODEL_CONFIDENCE)
