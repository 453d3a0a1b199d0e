"""The platforms that run a function, as data: what each bills, and what of it is modelled."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from importcost.billing.figures.datafiles import child, items, number, read_json, text_field
from importcost.errors import UsageError, remedy, words
from importcost.parameters import Parameter

LAMBDA = "lambda"
GENERIC = "generic"
"""No platform: the times of this machine."""

_FILE = "platforms.json"
_NO_DATA = "is a platform that importcost has no data on"
_UNKNOWN = "is not a platform that importcost knows"


@dataclass(frozen=True, slots=True)
class PlatformFact:
    """One sentence on a platform by its topic, with its source and date."""

    topic: str
    says: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class MemoryChoice:
    """The memory sizes of a platform, MB: those between two ends, or a few."""

    least: int
    most: int
    usual: int
    sizes: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    """The sizes that a table by memory size has."""

    def has(self, memory_mb: int) -> bool:
        """Return True if the platform has a size."""
        return memory_mb in self.sizes if self.sizes else self.least <= memory_mb <= self.most

    @property
    def words(self) -> str:
        """Return `128 to 10,240 MB`, or `2,048 or 4,096 MB`."""
        if self.sizes:
            return f"{' or '.join(f'{size:,}' for size in self.sizes)} MB"
        return f"{self.least:,} to {self.most:,} MB"


@dataclass(frozen=True, slots=True)
class StartLimit:
    """The longest init in milliseconds, and a clause on an init that takes longer."""

    init_ms: float
    past: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class StartPrice:
    """The price of a start in US dollars a second; `says` is what is in it and what is not, and
    `unit` what it is the price of, with the memory size for `{memory_mb}`.

    Where vCPUs are allocated, a start bills `vcpus_at` the memory size and that memory, in steps of
    `step_ms`. Where use is billed (`step_ms` 0), it bills processor time and the memory that it
    holds, at least `least_memory_mb`.
    """

    step_ms: float
    vcpu_second: float
    gb_second: float
    vcpus: tuple[tuple[int, float], ...]
    least_memory_mb: float
    unit: str
    says: str
    source: str
    date: str

    def unit_at(self, memory_mb: int) -> str:
        """Return what the price of a start is of, at a memory size: `at 512 MB and 1 vCPU`."""
        return self.unit.format(memory_mb=memory_mb, vcpus=self.vcpus_at(memory_mb))

    def vcpus_at(self, memory_mb: int) -> float:
        """Return the fewest whole vCPUs that a memory size allows; 0 where none are allocated."""
        if not self.vcpus:
            return 0.0
        return next((count for most, count in self.vcpus if memory_mb <= most), self.vcpus[-1][1])


@dataclass(frozen=True, slots=True)
class SnapshotFact:
    """The snapshot from which a platform starts instances: `when` it is taken, by which version."""

    when: str
    version: str
    says: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class ServerCheck:
    """The check by which a platform finds a server ready: a connection, or a path's statuses.

    `port` is the one on which the server must listen, None if the platform names it in PORT.
    """

    path: str | None
    healthy: str | None
    port: int | None


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform. `title` is its name in a sentence.

    `is_modelled` is True if times there are modelled from those here; else all times that reports
    show are this machine's, and `not_modelled` is the sentence that says so. `runs_lambda_runtime`
    is True if Lambda's Python runtime imports the handler. `arches` and `package_types` are those
    to choose from, empty where there is no choice; `memory` is None without one. `bytecode` is the
    package type whose bytecode the code there has. `server` says how a web app is found ready, None
    where Lambda Web Adapter does that.
    """

    name: str
    title: str
    is_modelled: bool
    runs_lambda_runtime: bool
    counts_interpreter_start: bool
    has_regions: bool
    not_modelled: str | None
    arches: tuple[str, ...]
    package_types: tuple[str, ...]
    bytecode: str | None
    memory: MemoryChoice | None
    limit: StartLimit | None
    price: StartPrice | None
    snapshot: SnapshotFact | None
    server: ServerCheck | None
    facts: tuple[PlatformFact, ...]
    remedies: str | None
    """A clause on the remedies against its cold starts, None where they are compared."""


@lru_cache(maxsize=1)
def load_platforms() -> Mapping[str, Platform]:
    """Return the shipped platforms by name, in the order of the data file."""
    entries = child(read_json(_FILE), "platforms", _FILE)
    return {name: _platform(name, child(entries, name, _FILE)) for name in entries}


def check_platform(name: str) -> Platform:
    """Return a platform by its name. Raises UsageError for any other, with the nearest names."""
    if name in load_platforms():
        return load_platforms()[name]
    here = words("take ", Parameter.PLATFORM.of(GENERIC), " for the times of this machine")
    known = () if _is_without_data(name) else (f"name {_listed(_near(name) or load_platforms())}",)
    unknown = _NO_DATA if _is_without_data(name) else _UNKNOWN
    raise UsageError(
        words(Parameter.PLATFORM, f" is {name!r}, which {unknown}"), remedy(*known, here, mark=";")
    )


def require_lambda(name: str, command: str) -> None:
    """Raise UsageError if a command about Lambda is asked about a function of another platform."""
    platform = check_platform(name)
    if platform.name != LAMBDA:
        raise UsageError(
            f"importcost {command} is about Lambda, and the function runs on {platform.title}",
            remedy(words("leave ", Parameter.PLATFORM, " out for figures on Lambda")),
        )


def check_size(name: str, memory_mb: int) -> int:
    """Return a memory size that a platform has. Raises UsageError for any other.

    Where there is none to choose, any size is returned: nothing is worked out from it.
    """
    platform = check_platform(name)
    if platform.memory is not None and not platform.memory.has(memory_mb):
        raise UsageError(
            f"{platform.title} has no memory size of {memory_mb} MB:"
            f" choose {platform.memory.words}."
        )
    return memory_mb


def unknown_platform(name: str) -> str | None:
    """Return a clause on a name that no platform has, with the nearest names; None for a platform.

    Platforms that exist but have no data here are told from names that do not exist.
    """
    if name in load_platforms():
        return None
    if _is_without_data(name):
        return _NO_DATA
    close = _near(name)
    hint = f" (did you mean {_listed(close)}?)" if close else ""
    return f"{_UNKNOWN}{hint}"


def _is_without_data(name: str) -> bool:
    return _spelled(name) in items(read_json(_FILE), "without_data", _FILE)


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(_spelled(name), load_platforms(), 2)


def _spelled(name: str) -> str:
    return "-".join(name.strip().lower().replace("_", " ").split())


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
        counts_interpreter_start=entry.get("counts_interpreter_start") is True,
        has_regions=entry.get("has_regions") is True,
        not_modelled=None if is_modelled else text_field(entry, "not_modelled", place),
        arches=tuple(entry["arches"]),
        package_types=tuple(entry["package_types"]),
        bytecode=entry.get("bytecode"),
        memory=_memory(entry.get("memory_mb"), place),
        limit=_limit(entry.get("limit"), place),
        price=_price(entry.get("billing"), place),
        snapshot=_snapshot(entry.get("snapshot"), place),
        server=_server(entry.get("server")),
        facts=tuple(_fact(fact, place) for fact in entry["facts"]),
        remedies=None if name == LAMBDA else text_field(entry, "remedies", place),
    )


def _memory(entry: Mapping[str, Any] | None, place: str) -> MemoryChoice | None:
    if entry is None:
        return None
    sizes = tuple(entry.get("sizes", ()))
    ends = (min(sizes), max(sizes)) if sizes else (entry["from"], entry["to"])
    shown = tuple(entry.get("shown", ()))
    return MemoryChoice(*ends, int(number(entry, "usual", place)), sizes, shown)


def _limit(entry: Mapping[str, Any] | None, place: str) -> StartLimit | None:
    if entry is None:
        return None
    past, source, date = (text_field(entry, key, place) for key in ("past", "source", "date"))
    return StartLimit(number(entry, "init_ms", place), past, source, date)


def _price(entry: Mapping[str, Any] | None, place: str) -> StartPrice | None:
    if entry is None:
        return None
    is_used = text_field(entry, "kind", place) == "used"
    unit, per = ("hour", 3600.0) if is_used else ("second", 1.0)
    gb = "gb" if is_used else "gib"
    return StartPrice(
        step_ms=0.0 if is_used else number(entry, "step_ms", place),
        vcpu_second=number(entry, f"dollars_per_vcpu_{unit}", place) / per,
        gb_second=number(entry, f"dollars_per_{gb}_{unit}", place) / per,
        vcpus=tuple((int(most), float(count)) for most, count in entry.get("vcpus", ())),
        least_memory_mb=number(entry, "least_memory_mb", place) if is_used else 0.0,
        unit=text_field(entry, "unit", place),
        says=text_field(entry, "says", place),
        source=text_field(entry, "source", place),
        date=text_field(entry, "date", place),
    )


def _snapshot(entry: Mapping[str, Any] | None, place: str) -> SnapshotFact | None:
    if entry is None:
        return None
    keys = ("when", "version", "says", "source", "date")
    return SnapshotFact(*(text_field(entry, key, place) for key in keys))


def _server(entry: Mapping[str, Any] | None) -> ServerCheck | None:
    if entry is None:
        return None
    return ServerCheck(entry.get("path"), entry.get("healthy"), entry.get("port"))


def _fact(entry: Mapping[str, Any], place: str) -> PlatformFact:
    keys = ("topic", "says", "source", "date")
    return PlatformFact(*(text_field(entry, key, place) for key in keys))
