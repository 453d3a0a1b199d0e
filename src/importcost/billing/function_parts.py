"""The parts of a function's own init on Lambda: interpreted code, module files, native code.

`function init = speed ratio x CPU time here + modules x time for one module's files + megabytes of
native code x time for one + waiting`. CPU time here was measured with files in a warm page cache;
Lambda reads them on every cold start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from importcost.billing.figures.cost_model import cost_model, load_cost_models
from importcost.billing.figures.datafiles import check_arch, python_minor
from importcost.billing.figures.speed import speed_ratio
from importcost.billing.file_loads import FileCosts, function_loads
from importcost.model.interval import Interval
from importcost.model.profile import Profile, Settings, significant_blocked_us

LAMBDA_LOG = "lambda-log"
"""`Profile.source` of a log that was written on Lambda itself."""

CONFIDENCE = 0.8
"""Confidence of all estimated intervals: that of the floor (p10 to p90) and of the cost model."""

NO_FILES = FileCosts(0.0, 0.0, {})


class InitPartKind(str, Enum):
    """A part of the estimated init, by its cause."""

    FLOOR = "floor"
    INTERPRETED = "interpreted code"
    """Compiling, unmarshalling and executing code: CPU time here times the speed ratio."""
    FILES = "module files"
    """Finding, opening and reading the files of modules."""
    NATIVE = "native code"
    """Mapping extension modules and shared libraries, and reading their pages."""
    WAITING = "waiting"
    """Sleep, network, disk: as long as here."""
    START = "interpreter start"
    COMPUTING = "computing"
    """All that the importing thread did here, module files in a warm page cache included."""
    POLLING = "wait for the adapter's poll"
    """A web app's wait for the poll that finds it ready."""


@dataclass(frozen=True, slots=True)
class InitPart:
    """One part of the estimated init; `ms` is milliseconds on Lambda."""

    kind: InitPartKind
    ms: float


@dataclass(frozen=True, slots=True)
class LambdaScale:
    """The cost model applied to one profile.

    `ratio` is Lambda's time for interpreted code over the time here. Its band, relative to its
    value, is that of the whole model. `files` are the files and what they cost.
    """

    ratio: Interval
    files: FileCosts
    notes: tuple[str, ...]

    def times(self, factor: Interval) -> LambdaScale:
        """Return the scale of a function whose own init takes `factor` times as long.

        Multiplies interval bounds: conservative.
        """
        ratio = Interval(
            self.ratio.low * factor.low,
            self.ratio.value * factor.value,
            self.ratio.high * factor.high,
            min(self.ratio.confidence, factor.confidence),
        )
        files = replace(
            self.files,
            module_ms=self.files.module_ms * factor.value,
            native_ms=self.files.native_ms * factor.value,
        )
        return LambdaScale(ratio, files, self.notes)


AS_MEASURED = LambdaScale(Interval(1.0, 1.0, 1.0, CONFIDENCE), NO_FILES, ())
"""Times as they are here, for platforms whose speed is not modelled."""


@dataclass(frozen=True, slots=True)
class FunctionParts:
    """The function's own init on Lambda, milliseconds.

    `scaled` is the sum of `interpreted_ms`, `files_ms` and `native_ms` with its band; waiting takes
    as long as here. `polling` is a web app's wait for the poll that finds it ready.
    """

    scaled: Interval
    interpreted_ms: float
    files_ms: float
    native_ms: float
    blocked_ms: float
    polling: Interval

    @property
    def total(self) -> Interval:
        """Return all of it, with the bands of the scaled part and of polling in quadrature."""
        value = self.scaled.value + self.blocked_ms + self.polling.value
        parts = (self.scaled, self.polling)
        down = math.hypot(*(part.value - part.low for part in parts))
        up = math.hypot(*(part.high - part.value for part in parts))
        return Interval(max(0.0, value - down), value, value + up, self.scaled.confidence)

    def with_floor(self, floor_ms: float) -> tuple[InitPart, ...]:
        """Return the parts of the whole init, the floor first; those that are 0 are left out."""
        amounts = (
            (InitPartKind.FLOOR, floor_ms),
            (InitPartKind.INTERPRETED, self.interpreted_ms),
            (InitPartKind.FILES, self.files_ms),
            (InitPartKind.NATIVE, self.native_ms),
            (InitPartKind.WAITING, self.blocked_ms),
            (InitPartKind.POLLING, self.polling.value),
        )
        always = (InitPartKind.FLOOR, InitPartKind.INTERPRETED)
        return tuple(InitPart(kind, ms) for kind, ms in amounts if ms or kind in always)

    def measured(self, start_ms: float) -> tuple[InitPart, ...]:
        """Return the parts of an init as measured here; `start_ms` is the interpreter's start."""
        amounts = (
            (InitPartKind.START, start_ms),
            (InitPartKind.COMPUTING, self.interpreted_ms),
            (InitPartKind.WAITING, self.blocked_ms),
            (InitPartKind.POLLING, self.polling.value),
        )
        return tuple(InitPart(kind, ms) for kind, ms in amounts if ms)


def lambda_scale(profile: Profile, settings: Settings) -> LambdaScale:
    """Return the published cost model for a profile. Raises UsageError for unknown settings."""
    if profile.source == LAMBDA_LOG:
        note = "The rows were timed on Lambda itself: they are not scaled."
        return LambdaScale(Interval(1.0, 1.0, 1.0, CONFIDENCE), NO_FILES, (note,))
    scale = _on_x86(profile, settings)
    if check_arch(settings.arch) == "arm64":
        note = (
            "arm64 times are modelled: x86_64 times a factor from inits published for both"
            " architectures."
        )
        scale = replace(scale.times(load_cost_models().arm64), notes=(*scale.notes, note))
    return replace(scale, notes=(*scale.notes, *python_notes(profile, settings)))


def function_parts(
    profile: Profile, cpu_us: Interval, scale: LambdaScale, polling: Interval
) -> FunctionParts:
    """Return the parts of a function's own init.

    `cpu_us` is its local CPU time, microseconds, at the confidence of estimates. Significant
    blocked wall time is added unscaled: a sleep, a connection or a disk is assumed to wait as long
    on Lambda as here.
    """
    ratio, load = scale.ratio, scale.files.total
    interpreted = cpu_us.value * ratio.value / 1000
    files, native = scale.files.files_ms(load), scale.files.mapped_ms(load)
    value = interpreted + files + native
    relative = max(ratio.value, 1e-9)
    down = math.hypot(
        (cpu_us.value - cpu_us.low) * ratio.value / 1000, value * (1 - ratio.low / relative)
    )
    up = math.hypot(
        (cpu_us.high - cpu_us.value) * ratio.value / 1000, value * (ratio.high / relative - 1)
    )
    init = profile.function_init
    # A log's rows are wall time, so they include waiting.
    from_log = profile.source == LAMBDA_LOG
    blocked_us = 0.0 if from_log else significant_blocked_us(init.blocked_us, init.wall_us)
    scaled = Interval(max(0.0, value - down), value, value + up, CONFIDENCE)
    return FunctionParts(scaled, interpreted, files, native, blocked_us / 1000, polling)


def python_notes(profile: Profile, settings: Settings) -> tuple[str, ...]:
    """Return notes on a Python that is not the runtime's, or not CPython."""
    version = profile.environment.python_version
    notes = []
    # A log from elsewhere does not always say which Python wrote it.
    if profile.speed_us and python_minor(version) != python_minor(settings.runtime):
        notes.append(
            f"Measured with Python {version}: {settings.runtime} may take another time for"
            " the same imports."
        )
    if profile.environment.python_implementation not in ("CPython", "unknown"):
        notes.append(
            f"The speed reference was fitted on CPython, not on"
            f" {profile.environment.python_implementation}."
        )
    if profile.web is not None:
        notes.append(
            "The floor is that of Lambda's own Python runtime: none is published for Lambda Web"
            " Adapter, which starts the server's interpreter in its place."
        )
    return tuple(notes)


def _on_x86(profile: Profile, settings: Settings) -> LambdaScale:
    found = speed_ratio(profile.speed_us, python_version=profile.environment.python_version)
    if found.is_unknown:
        return LambdaScale(found.ratio, NO_FILES, found.notes)
    model, loads = cost_model(settings.package_type), function_loads(profile.graph)
    if loads is None:
        # The totals of a measurement under way have no graph yet, and no reader of notes either.
        note = (
            "The files that init loads were not recorded, so their cost is part of a higher speed"
            " ratio with a wider band: measure again for the parts."
        )
        ratio = _banded(found.ratio.value * model.alone.value, model.alone_band)
        return LambdaScale(ratio, NO_FILES, (*found.notes, note))
    ratio = _banded(found.ratio.value * model.computing.value, model.band)
    files = FileCosts(model.module_ms.value, model.native_ms.value, *loads)
    return LambdaScale(ratio, files, found.notes)


def _banded(value: float, band: Interval) -> Interval:
    return Interval(value * band.low, value * band.value, value * band.high, band.confidence)
