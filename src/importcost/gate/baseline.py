"""The baseline: the modules and the cost of each handler when they were last accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from importcost.billing.estimate import Estimate, local_cpu_us
from importcost.errors import UsageError
from importcost.gate.attribution import function_modules
from importcost.model.codec import to_plain
from importcost.model.parsing.collection import collection_paused
from importcost.model.parsing.json_text import parse_json
from importcost.model.profile import Environment, Profile

SCHEMA_NAME = "importcost-baseline"
SCHEMA_VERSION = 1
AGAIN = "write it again with importcost check --update-baseline"


@dataclass(frozen=True, slots=True)
class Machine:
    """The conditions of figures: under other conditions figures tell nothing about the code.

    `platform` is the operating system's name: its kernel changes every week and init hardly ever
    changes with it. `image` is None without a container; `cpu_model` is set if the platform tells.
    """

    python_version: str
    python_implementation: str
    platform: str
    architecture: str
    cpu_model: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one handler. `init_cpu_us` is the local median with its interval's bounds.

    `speed_us` is the calibration workload's CPU time, None if not measured. `billed_init_ms` and
    `dollars_per_million` are the estimate's, for readers of the file; None where nothing
    is billed.
    """

    init_cpu_us: int
    init_cpu_low_us: int
    init_cpu_high_us: int
    speed_us: int | None
    billed_init_ms: int | None
    dollars_per_million: float | None
    memory_mb: int
    bytecodes: int | None = None
    """The bytecode instructions of init, None if they were not counted."""


@dataclass(frozen=True, slots=True)
class HandlerBaseline:
    """One handler's baseline; `modules` in order of name."""

    handler: str
    machine: Machine
    figures: Figures
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """All handlers' baselines, in order of name."""

    handlers: tuple[HandlerBaseline, ...]

    def find(self, handler: str) -> HandlerBaseline | None:
        """Return a handler's baseline, or None if it is not in it."""
        return next((one for one in self.handlers if one.handler == handler), None)


def handler_baseline(handler: str, profile: Profile, estimate: Estimate) -> HandlerBaseline:
    """Return the baseline of a profile. `handler` is its name in the configuration."""
    # Compared with a later one by the speed, so it needs the interval that holds the speed's error.
    cpu = local_cpu_us(profile, profile.function_init.cpu_us.confidence)
    billed, cost = estimate.billed_init_ms, estimate.dollars_per_million
    return HandlerBaseline(
        handler=handler,
        machine=machine_of(profile.environment),
        figures=Figures(
            init_cpu_us=round(cpu.value),
            init_cpu_low_us=round(cpu.low),
            init_cpu_high_us=round(cpu.high),
            speed_us=profile.speed_us,
            billed_init_ms=None if billed is None else round(billed.value),
            dollars_per_million=None if cost is None else round(cost.value, 4),
            memory_mb=estimate.memory_mb,
        ),
        modules=tuple(sorted(function_modules(profile))),
    )


def with_handlers(baseline: Baseline | None, renewed: Sequence[HandlerBaseline]) -> Baseline:
    """Return the baseline with these handlers in place of their old entries, the others kept."""
    kept = {one.handler: one for one in (baseline.handlers if baseline else ())}
    kept.update({one.handler: one for one in renewed})
    return Baseline(tuple(kept[name] for name in sorted(kept)))


def machine_of(environment: Environment) -> Machine:
    """Return the part of an environment that figures depend on."""
    return Machine(
        python_version=environment.python_version,
        python_implementation=environment.python_implementation,
        platform=environment.platform.partition("-")[0],
        architecture=environment.machine,
        cpu_model=environment.cpu_model,
        image=environment.image,
    )


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference of two machines on which figures do not compare.

    `part` names what differs; `there` is the baseline's, `here` the one of this measurement.
    """

    handler: str
    part: str
    there: str | None
    here: str | None

    @property
    def words(self) -> str:
        """Return the difference as a clause."""
        return (
            f"The baseline of {self.handler} was measured with {self.part} "
            f"{self.there or 'none'}, this is {self.here or 'none'}"
        )


def mismatch_of(entry: HandlerBaseline, environment: Environment) -> Mismatch | None:
    """Return the first difference for which a baseline's figures do not hold here, or None."""
    here = machine_of(environment)
    for name, part in _PARTS_IN_WORDS.items():
        there_value, here_value = getattr(entry.machine, name), getattr(here, name)
        if there_value != here_value:
            return Mismatch(entry.handler, part, there_value, here_value)
    return None


def why_modules_only(entry: HandlerBaseline, environment: Environment) -> str | None:
    """Say in one sentence why a baseline's figures do not hold here; None if they do.

    Its modules are used nevertheless: they change with the code, hardly with the machine.
    """
    mismatch = mismatch_of(entry, environment)
    if mismatch is None:
        return None
    return (
        f"{mismatch.words}: its modules are used, its figures are not; to compare figures too, "
        f"{AGAIN} here."
    )


_PARTS_IN_WORDS = {
    "python_implementation": "interpreter",
    "python_version": "Python",
    "platform": "platform",
    "architecture": "architecture",
    "image": "container image",
    "cpu_model": "processor",
}


def baseline_to_text(baseline: Baseline) -> str:
    """Return the baseline as JSON to be committed: sorted, one module a line."""
    handlers = {
        one.handler: {name: to_plain(getattr(one, name)) for name in _PARTS}
        for one in sorted(baseline.handlers, key=lambda one: one.handler)
    }
    data = {"schema": SCHEMA_NAME, "schema_version": SCHEMA_VERSION, "handlers": handlers}
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


_PARTS = ("machine", "figures", "modules")


@collection_paused()
def baseline_from_text(text: str, name: str) -> Baseline:
    """Return the baseline in JSON text; `name` is the file's. Keys not known are ignored.

    Raises UsageError that names the file and the place if it is not a baseline.
    """
    try:
        data: Any = parse_json(text)
    except ValueError as error:
        raise UsageError(f"The baseline {name} is not valid JSON ({error}): {AGAIN}.") from error
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA_NAME:
        raise UsageError(f"{name} is not an importcost baseline: {AGAIN}.")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"The baseline {name} has schema version {data.get('schema_version')!r} and this "
            f"importcost reads {SCHEMA_VERSION}: {AGAIN}."
        )
    handlers = _mapping(data, "handlers", name)
    return Baseline(tuple(_entry(key, handlers, name) for key in sorted(handlers)))


def _entry(handler: str, handlers: Mapping[str, Any], name: str) -> HandlerBaseline:
    place = f"{name}: handlers.{handler}"
    entry = _mapping(handlers, handler, f"{name}: handlers")
    modules = entry.get("modules")
    if not isinstance(modules, list) or not all(type(one) is str for one in modules):
        raise UsageError(f"{place}.modules must be a list of names: {AGAIN}.")
    machine = _values(Machine, _mapping(entry, "machine", place), f"{place}.machine")
    figures = Figures(**_values(Figures, _mapping(entry, "figures", place), f"{place}.figures"))
    if not _are_possible(figures):
        raise UsageError(f"{place}.figures cannot have been measured: {AGAIN}.")
    # Merging two branches by hand leaves duplicates and another order.
    return HandlerBaseline(handler, Machine(**machine), figures, _sorted(modules))


def _are_possible(figures: Figures) -> bool:
    """Return True if times are in order: a lower bound of years would let every slowdown pass."""
    in_order = 0 <= figures.init_cpu_low_us <= figures.init_cpu_us <= figures.init_cpu_high_us
    return in_order and (figures.speed_us is None or figures.speed_us > 0)


def _sorted(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _mapping(data: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    value = data.get(key)
    if not isinstance(value, Mapping):
        raise UsageError(f"{place}: {key} must be an object: {AGAIN}.")
    return value


_LARGEST = 2**63 - 1
_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "int | None": (int, type(None)),
    "float | None": (int, float, type(None)),
}


def _is_beyond(value: object) -> bool:
    return isinstance(value, (int, float)) and not abs(value) <= _LARGEST


def _values(kind: type[Machine | Figures], data: Mapping[str, Any], place: str) -> dict[str, Any]:
    values = {}
    for one in fields(kind):
        value = data.get(one.name)
        if type(value) not in _KINDS[str(one.type)] or _is_beyond(value):
            raise UsageError(f"{place}.{one.name} is missing or of the wrong type: {AGAIN}.")
        values[one.name] = value
    return values
