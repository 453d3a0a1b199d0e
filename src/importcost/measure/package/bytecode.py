"""Look at the bytecode of a built package as Lambda's Python will: version, date, size, hash."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from importcost.measure.package.loaded import LoadedPaths
from importcost.measure.package.paths import bytecode_of_source
from importcost.model.package.bytecode import BytecodeCount, ShippedState

_HEAD_BYTES = 16
_U32 = 0xFFFFFFFF
MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class PackedFolder:
    """A folder of a package, and how its files are dated on Lambda.

    `moment_s` is the date that the packager gives to every file, in seconds since 1970. Without one
    the files keep their own: as they are if the folder is an unpacked ZIP, else in steps of two
    seconds, as a ZIP will have them.
    """

    folder: str
    is_archive: bool
    moment_s: int | None = None

    def deployed_s(self, facts: os.stat_result) -> int:
        """Return the date of a file on Lambda, seconds since 1970."""
        own = int(facts.st_mtime)
        if self.is_archive:
            return own
        return own // 2 * 2 if self.moment_s is None else self.moment_s


class BytecodeReader:
    """Finds the state of the bytecode of sources, for one version of Python like `3.12`."""

    def __init__(self, python: str) -> None:
        self._tag = f"cpython-{python.replace('.', '')}"
        self._magic = _magic_numbers().get(python)

    def state(self, source: str, facts: os.stat_result, packed: PackedFolder) -> ShippedState:
        """Return the state of a source's bytecode; `facts` are the source's."""
        try:
            with Path(bytecode_of_source(source, self._tag)).open("rb") as stream:
                head = stream.read(_HEAD_BYTES)
        except OSError:
            return self._without(source)
        if len(head) < _HEAD_BYTES or not self._is_of_this_python(head):
            return ShippedState.OTHER_PYTHON
        flags = int.from_bytes(head[4:8], "little")
        if flags & 1:
            return self._hashed(source, head, is_checked=bool(flags & 2))
        if int.from_bytes(head[12:16], "little") != facts.st_size & _U32:
            return ShippedState.OTHER_SIZE
        moment_s = int.from_bytes(head[8:12], "little")
        is_same = moment_s == packed.deployed_s(facts) & _U32
        return ShippedState.VALID if is_same else ShippedState.OTHER_DATE

    def _is_of_this_python(self, head: bytes) -> bool:
        return self._magic is None or int.from_bytes(head[:2], "little") == self._magic

    def _without(self, source: str) -> ShippedState:
        """Return the state of a source without bytecode for this Python."""
        folder, _, name = source.rpartition("/")
        stem = name.removesuffix(".py")
        others = Path(folder, "__pycache__").glob(f"{_escaped(stem)}.*.pyc")
        return ShippedState.OTHER_PYTHON if any(others) else ShippedState.MISSING

    @staticmethod
    def _hashed(source: str, head: bytes, *, is_checked: bool) -> ShippedState:
        """Compare a hash with its source's, if this Python calculates it in the same way."""
        if head[:4] != importlib.util.MAGIC_NUMBER:
            return ShippedState.HASHED
        try:
            is_same = importlib.util.source_hash(Path(source).read_bytes()) == head[8:16]
        except OSError:
            return ShippedState.HASHED
        if is_same:
            return ShippedState.HASHED
        return ShippedState.OTHER_SOURCE if is_checked else ShippedState.OLD_CODE


class BytecodeTally:
    """Counts the states of the sources of a package while it is walked."""

    def __init__(self, python: str, loaded: LoadedPaths) -> None:
        self._reader = BytecodeReader(python)
        self._loaded = loaded
        self._all: Counter[ShippedState] = Counter()
        self._of_loaded: Counter[ShippedState] = Counter()
        self.examples: list[str] = []
        self.old_code: list[str] = []
        self._dates: set[str] = set()

    def add(self, source: str, facts: os.stat_result, packed: PackedFolder) -> None:
        """Take one source into account."""
        state = self._reader.state(source, facts, packed)
        self._all[state] += 1
        is_loaded = self._loaded.has(source)
        self._of_loaded[state] += is_loaded
        name = source.removeprefix(f"{os.path.realpath(packed.folder)}/")
        if is_loaded and state.is_compiled and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(name)
        if is_loaded and state is ShippedState.OTHER_DATE:
            self._dates.add(_date(packed.deployed_s(facts)))
        if state is ShippedState.OLD_CODE and len(self.old_code) < MOST_EXAMPLES:
            self.old_code.append(name)

    @property
    def one_date(self) -> str | None:
        """The date of all loaded sources whose bytecode is of another one, if they share it."""
        return next(iter(self._dates)) if len(self._dates) == 1 else None

    def counts(self) -> tuple[BytecodeCount, ...]:
        """Return the states that were met, in a fixed order."""
        return counts_of(self._all, self._of_loaded)


def counts_of(
    sources: Mapping[ShippedState, int], loaded: Mapping[ShippedState, int]
) -> tuple[BytecodeCount, ...]:
    """Return the states that any source has, in a fixed order."""
    return tuple(
        BytecodeCount(state, sources[state], loaded.get(state, 0))
        for state in ShippedState
        if sources.get(state)
    )


@cache
def _magic_numbers() -> Mapping[str, int]:
    file = resources.files("importcost.measure").joinpath("data", "bytecode-magic.json")
    found: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))["magic"]
    return found


def _date(moment_s: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment_s))


def _escaped(stem: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in stem)
