"""What was measured: `measured.json`, values by figure with date, machine, version and load.

A figure keeps the last value that a run gave, and every value that was measured by hand. The last
one in its list counts; the others are shown below the table. The file also holds how long each
script took, and which ones a whole run that was stopped has done.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from importcost.files.replace import replace_file

BY_RUN, BY_HAND = "run", "hand"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a value was measured; empty words where nobody wrote it down."""

    cpu: str
    cores: int
    python: str
    kernel: str

    @property
    def words(self) -> str:
        """Return the machine in a few words."""
        kernel = f", kernel {self.kernel}" if self.kernel else ""
        return f"{self.cpu}, {self.cores} cores, Python {self.python}{kernel}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a figure, or None where only words were written down.

    `words` say what a number cannot, such as a spread. `by` is `run` or `hand`, `how` the command
    or what was done, `load` the machine's load at the time if it was written down.
    """

    value: float | None
    words: str
    day: date
    version: str
    machine: Machine
    load: float | None
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The last attempt to measure a figure, which failed."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Took:
    """How long a run took the last time: seconds, those of them on a processor, and the load."""

    day: date
    seconds: float
    cpu_s: float
    load: float | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A whole run that was stopped: its first day, and the names of the runs that it has done."""

    day: date
    version: str
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Values and failed attempts by the names of their figures, and times by those of runs."""

    values: Mapping[str, Sequence[Measured]]
    failures: Mapping[str, Failure]
    took: Mapping[str, Took] = field(default_factory=dict)
    unfinished: Unfinished | None = None

    def last_of(self, figure: str) -> Measured | None:
        """Return the value that counts, None if the figure was never measured."""
        values = self.values.get(figure, ())
        return values[-1] if values else None

    def with_value(self, figure: str, measured: Measured) -> Store:
        """Return a store in which this value counts; one of an earlier run is dropped."""
        kept = [one for one in self.values.get(figure, ()) if one.by != BY_RUN]
        failures = {name: one for name, one in self.failures.items() if name != figure}
        return replace(self, values={**self.values, figure: (*kept, measured)}, failures=failures)

    def with_failure(self, figure: str, failure: Failure) -> Store:
        """Return a store that says so; the values before it stay."""
        return replace(self, failures={**self.failures, figure: failure})

    def with_time(self, run: str, took: Took) -> Store:
        """Return a store that knows how long a run took; an unfinished whole run has done it."""
        last = self.unfinished
        if last is not None and run not in last.done:
            last = replace(last, done=(*last.done, run))
        return replace(self, took={**self.took, run: took}, unfinished=last)


def read_store(file: Path) -> Store:
    """Return what a file holds, an empty store if there is none. Raises ValueError if damaged."""
    if not file.exists():
        return Store({}, {})
    try:
        return _store(json.loads(file.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file.name} is damaged: {error!r}") from None


def _store(data: dict[str, Any]) -> Store:
    machines = {name: Machine(**plain) for name, plain in data["machines"].items()}
    return Store(
        {
            name: tuple(_measured(one, machines) for one in found)
            for name, found in data["values"].items()
        },
        {
            name: Failure(date.fromisoformat(one["day"]), one["words"])
            for name, one in data["failures"].items()
        },
        {name: Took(**_dated(one)) for name, one in data.get("took", {}).items()},
        _unfinished(data.get("unfinished")),
    )


def _dated(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "day": date.fromisoformat(plain["day"])}


def _unfinished(plain: dict[str, Any] | None) -> Unfinished | None:
    if plain is None:
        return None
    return Unfinished(**{**_dated(plain), "done": tuple(plain["done"])})


def _measured(plain: dict[str, Any], machines: Mapping[str, Machine]) -> Measured:
    value = plain["value"]
    if value is not None and not math.isfinite(value):
        raise ValueError(f"not a value: {value}")
    return Measured(**{**_dated(plain), "machine": machines[plain["machine"]]})


def store_text(store: Store) -> str:
    """Return the store as JSON; each value is one line, so that a change is a line."""
    machines = machines_of(store)
    values = {
        name: [_plain(one, machines) for one in found]
        for name, found in sorted(store.values.items())
    }
    lines = ['{"machines": {']
    lines.append(_members({name: asdict(one) for one, name in machines.items()}))
    for name, table in (("failures", store.failures), ("took", store.took)):
        lines.append(f'}},\n"{name}": {{')
        lines.append(_members({key: _undated(one) for key, one in sorted(table.items())}))
    if store.unfinished is not None:
        lines.append(f'}},\n"unfinished": {_json(_undated(store.unfinished))[:-1]}')
    lines.append('},\n"values": {')
    lines.append(
        ",\n".join(
            f"{json.dumps(name)}: [\n" + ",\n".join(f" {_json(one)}" for one in found) + "]"
            for name, found in values.items()
        )
    )
    return "\n".join(lines) + "\n}}\n"


def _members(table: Mapping[str, Any]) -> str:
    return ",\n".join(f" {json.dumps(name)}: {_json(one)}" for name, one in table.items())


def _json(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _undated(kept: Measured | Failure | Took | Unfinished) -> dict[str, Any]:
    """Return the fields of what is kept, its day as text."""
    plain = {one.name: getattr(kept, one.name) for one in fields(kept)}
    return {**plain, "day": kept.day.isoformat()}


def _plain(measured: Measured, machines: Mapping[Machine, str]) -> dict[str, Any]:
    return {**_undated(measured), "machine": machines[measured.machine]}


def machines_of(store: Store) -> dict[Machine, str]:
    """Return a letter for each machine, in the order of their first values by date."""
    found = [one for values in store.values.values() for one in values]
    ordered = sorted(found, key=lambda one: (one.day, one.machine.words))
    return {
        machine: f"{chr(ord('A') + number % 26)}{number // 26 or ''}"
        for number, machine in enumerate(dict.fromkeys(one.machine for one in ordered))
    }


def write_store(file: Path, store: Store) -> None:
    """Replace the file by the store. Raises OSError."""
    replace_file(file, store_text(store).encode())
