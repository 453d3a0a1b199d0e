"""Find out what a failed init lacks, by launches with stand-ins and placeholders.

One launch finds the modules and variables whose absence the source would not catch. If init still
fails, its error names the variable, or the placeholder that was rejected. Each launch then adds
something, so the search ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from importcost.errors import LackingError, remedy, words
from importcost.measure.runners.base import Layout
from importcost.measure.session import Session
from importcost.model.supplies import MissingModule, Placeholder
from importcost.parameters import Parameter

MAX_VARIABLES = 50
MAX_LAUNCHES = 80
LONGEST_VALUE = 128
NO_SAMPLES: Mapping[str, str] = {}
_NUMBERS = re.compile(r"\b\d{1,3}\b")
_MISSING = ("missing", "value_error.missing")
_STAGES = ("dev", "prod")
_QUOTED = re.compile(r"'([^']+)'")


@dataclass(frozen=True, slots=True)
class InitFailure:
    """The failure that ended init even with all supplies, from the probe.

    `blamed` are the placeholders that it names.
    """

    type: str
    message: str
    traceback: str
    blamed: tuple[Placeholder, ...]


@dataclass(frozen=True, slots=True)
class InitNeeds:
    """The missing modules and variables of init; `failure` is None if it then succeeds.

    `failure` is also None if the last launch gave no answer (`is_answered` False): a stand-in may
    keep init from ending.
    """

    modules: tuple[MissingModule, ...]
    placeholders: tuple[Placeholder, ...]
    failure: InitFailure | None
    is_answered: bool = True


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("importcost.measure").joinpath("data", "placeholders.json")
    data: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return data


def may_lack_something(result: Mapping[str, Any] | None, layout: Layout) -> bool:
    """Return True if a graph run's init may have failed for a missing module or variable."""
    error = (result or {}).get("error")
    if result is None or error is None:
        return False
    if error["missing_module"] or error["missing_variable"]:
        return True
    if error["type"] == "ImportError":  # of a module that is there, or of its own words
        return not error["message"].startswith("cannot import name")
    if error["type"] in ("ValidationError", "SettingsError"):
        return True
    never = re.compile(_data()["never"])
    root = layout.task_root.rstrip("/") + "/"
    return any(
        (file.startswith(root) or name in error["message"]) and not never.match(name)
        for name, file, _ in result.get("absent") or ()
    )


def diagnose(
    session: Session,
    layout: Layout,
    known: Sequence[Placeholder] = (),
    samples: Mapping[str, str] = NO_SAMPLES,
) -> InitNeeds:
    """Find out what init lacks; `known` are placeholders that the runner sets already.

    `samples` are values that the project itself suggests for its variables: they are used if init
    does not take placeholders.

    Raises LackingError if init reads more than MAX_VARIABLES absent variables.
    """
    search = _Search(layout, samples)
    search.values.update({one.name: one for one in known})
    for _ in range(MAX_LAUNCHES):
        result = session.launch_diagnosis(search.wanted())
        if result is None or result.get("diagnosis") is None:
            return search.needs(None, is_answered=False)
        search.take(result["diagnosis"])
        if len(search.values) > MAX_VARIABLES:
            raise _too_many(search.values)
        error = result["error"]
        if error is None:
            return search.needs(None)
        if not search.step(result["diagnosis"], error):
            return search.needs(search.failure(result["diagnosis"], error))
    return search.needs(None, is_answered=False)


def _too_many(values: Mapping[str, Placeholder]) -> LackingError:
    names = list(values)
    return LackingError(
        f"Init reads more than {MAX_VARIABLES} environment variables that are not set "
        f"({', '.join(names[:3])}, ..., {names[MAX_VARIABLES]})",
        remedy(words("set them with ", Parameter.ENV_FILE.named())),
    )


@dataclass(slots=True)
class _Search:
    """The known facts so far, and the attempts of the next launch."""

    layout: Layout
    samples: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, Placeholder] = field(default_factory=dict)
    modules: dict[str, MissingModule] = field(default_factory=dict)
    sites: list[tuple[str, int]] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)

    def wanted(self) -> dict[str, Any]:
        data = _data()
        return {
            "placeholders": {one.name: one.value for one in self.values.values()},
            "stand_ins": list(self.modules),
            "sites": self.sites,
            "rules": data["rules"],
            "drivers": data["drivers"],
            "never": data["never"],
            "limit": MAX_VARIABLES,
        }

    def take(self, found: Mapping[str, Any]) -> None:
        """Record what the launch itself supplied."""
        for name, file, line, names in found["modules"]:
            self.modules[name] = MissingModule(name, self._shown(file), line, tuple(names))
        for name, value, file, line in found["variables"]:
            self.values.setdefault(name, Placeholder(name, value, self._shown(file), line))

    def _shown(self, file: str | None) -> str | None:
        return None if file is None else self.layout.on_host(file)

    def needs(self, failure: InitFailure | None, *, is_answered: bool = True) -> InitNeeds:
        modules = tuple(self.modules.values())
        return InitNeeds(modules, tuple(self.values.values()), failure, is_answered)

    def failure(self, found: Mapping[str, Any], error: Mapping[str, Any]) -> InitFailure:
        suspects = found["suspects"]
        names = [*suspects["shown"], *suspects["linked"], *(row[0] for row in found["settings"])]
        blamed = [self.values[name] for name in dict.fromkeys(names) if name in self.values]
        return InitFailure(error["type"], error["message"], error["traceback"], tuple(blamed))

    def step(self, found: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
        """Decide what the next launch tries; return False if there is nothing."""
        return (
            self._stand_in(found)
            or self._settings(found)
            or self._retry(found["suspects"]["shown"], error)
            or self._add_suspects(found)
            or self._retry(found["suspects"]["linked"], error)
            or self._lengthen(found["suspects"]["mentioned"], error["message"])
            or self._add_all_reads(found)
            or self._take_samples(found)
        )

    def _lengthen(self, names: Sequence[str], message: str) -> bool:
        """Lengthen placeholders whose length the error names beside a greater one.

        Whatever its language says, the value is too short.
        """
        lengths = [int(number) for number in _NUMBERS.findall(message)]
        wanted = max((one for one in lengths if one <= LONGEST_VALUE), default=0)
        is_new = False
        for name in names:
            if name in self.values and name not in self.retried:
                value = self.values[name].value
                if value and len(value) in lengths and len(value) < wanted:
                    is_new = self._replace(name, (value * wanted)[:wanted]) or is_new
        return is_new

    def _take_samples(self, found: Mapping[str, Any]) -> bool:
        """Use the project's own sample values for all variables that init reads, once."""
        samples, self.samples = self.samples, {}
        names = dict.fromkeys((*self.values, *_read_names(found)))
        wanted = {name: samples[name] for name in names if name in samples}
        new = [
            name
            for name, value in wanted.items()
            if name not in self.values or self.values[name].value != value
        ]
        for name in new:
            if name not in self.values:
                self._add(name, found)
            self.retried.discard(name)
            self._replace(name, wanted[name])
        return bool(new)

    def _stand_in(self, found: Mapping[str, Any]) -> bool:
        if found["module"] is None or found["module"][0] in self.modules:
            return False
        name, file, line = found["module"]
        self.modules[name] = MissingModule(name, self._shown(file), line)
        return True

    def _settings(self, found: Mapping[str, Any]) -> bool:
        """Give a value to the fields of a settings class that are missing, or were rejected."""
        is_new = False
        for name, kind, expected in found["settings"]:
            if kind in _MISSING and name not in self.values:
                self._add(name, found)
                is_new = True
            elif name in self.values and name not in self.retried:
                quoted = _QUOTED.search(expected)
                other = quoted[1] if quoted else _other_form(kind, f"{kind} {expected}", "")
                is_new = self._replace(name, other) or is_new
        return is_new

    def _retry(self, names: Sequence[str], error: Mapping[str, Any]) -> bool:
        """Try another form for placeholders that the error names, once for each."""
        is_new = False
        for name in names:
            if name in self.values and name not in self.retried:
                value = self.values[name].value
                other = _other_form(error["type"], error["message"], value)
                is_new = self._replace(name, other) or is_new
        return is_new

    def _replace(self, name: str, value: str | None) -> bool:
        old = self.values[name]
        if value is None or value == old.value:
            return False
        self.retried.add(name)
        self.values[name] = Placeholder(name, value, old.file, old.line)
        return True

    def _add_suspects(self, found: Mapping[str, Any]) -> bool:
        suspects = found["suspects"]
        named = {*suspects["required"], *suspects["mentioned"], *suspects["linked"]}
        names = [name for name in (*suspects["required"], *_read_names(found)) if name in named]
        new = [name for name in dict.fromkeys(names) if name not in self.values]
        for name in new:
            self._add(name, found)
            self._add_sites(name, found)
        return bool(new)

    def _add_all_reads(self, found: Mapping[str, Any]) -> bool:
        """Use every variable that the function's own code read in vain, as the last resort."""
        new = [
            read[0] for read in found["reads"] if read[5] and read[6] and read[0] not in self.values
        ]
        for name in dict.fromkeys(new):
            self._add(name, found)
        return bool(new)

    def _add(self, name: str, found: Mapping[str, Any]) -> None:
        read = next((read for read in found["reads"] if read[0] == name), None)
        # The fields of a settings class are read where an instance of it is created.
        file, line = (read[1], read[2]) if read else found["place"]
        value = found["values"].get(name, "importcost")
        self.values[name] = Placeholder(name, value, self._shown(file), line)

    def _add_sites(self, name: str, found: Mapping[str, Any]) -> None:
        """Let a helper function of the handler's that reads for many callers count as one."""
        for read in found["reads"]:
            site = (read[3], read[4])
            if read[0] == name and read[6] and site not in self.sites:
                self.sites.append(site)


def _read_names(found: Mapping[str, Any]) -> list[str]:
    return [read[0] for read in found["reads"]]


def _other_form(kind: str, message: str, value: str) -> str | None:
    """Return another plausible value for a placeholder that an error names, or None."""
    if value in _STAGES:
        return _STAGES[1] if value == _STAGES[0] else None
    for of_kind, of_message, other in _data()["retries"]:
        if re.search(of_kind, kind) and re.search(of_message, message):
            return str(other)
    return None
