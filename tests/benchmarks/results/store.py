"""What was measured: `measured.json`, values by figure with date, machine, version and load.

A figure keeps the last value that a run gave, and every value that was measured by hand. The last
one in its list counts; the others are shown below the table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
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
class Store:
    """Values and failed attempts by the names of their figures."""

    values: Mapping[str, Sequence[Measured]]
    failures: Mapping[str, Failure]

    def last_of(self, figure: str) -> Measured | None:
        """Return the value that counts, None if the figure was never measured."""
        values = self.values.get(figure, ())
        return values[-1] if values else None

    def with_value(self, figure: str, measured: Measured) -> Store:
        """Return a store in which this value counts; one of an earlier run is dropped."""
        kept = [one for one in self.values.get(figure, ()) if one.by != BY_RUN]
        failures = {name: one for name, one in self.failures.items() if name != figure}
        return Store({**self.values, figure: (*kept, measured)}, failures)

    def with_failure(self, figure: str, failure: Failure) -> Store:
        """Return a store that says so; the values before it stay."""
        return replace(self, failures={**self.failures, figure: failure})


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
    )


def _measured(plain: dict[str, Any], machines: Mapping[str, Machine]) -> Measured:
    value = plain["value"]
    if value is not None and not math.isfinite(value):
        raise ValueError(f"not a value: {value}")
    known = {
        **plain,
        "day": date.fromisoformat(plain["day"]),
        "machine": machines[plain["machine"]],
    }
    return Measured(**known)


def store_text(store: Store) -> str:
    """Return the store as JSON; each value is one line, so that a change is a line."""
    machines = machines_of(store)
    values = {
        name: [_plain(one, machines) for one in found]
        for name, found in sorted(store.values.items())
    }
    lines = ['{"machines": {']
    lines.append(_members({name: asdict(one) for one, name in machines.items()}))
    lines.append('},\n"failures": {')
    lines.append(
        _members(
            {
                name: {"day": one.day.isoformat(), "words": one.words}
                for name, one in sorted(store.failures.items())
            }
        )
    )
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


def _plain(measured: Measured, machines: Mapping[Machine, str]) -> dict[str, Any]:
    plain = {field.name: getattr(measured, field.name) for field in fields(measured)}
    return {**plain, "day": measured.day.isoformat(), "machine": machines[measured.machine]}


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
