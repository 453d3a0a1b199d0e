"""The bytecode of a built package, as Lambda finds it beside each source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ShippedState(str, Enum):
    """The bytecode beside one source of a package, once it is deployed."""

    VALID = "valid"
    """A timestamp `.pyc` whose date and size are those of its source on Lambda, or no source."""
    HASHED = "hash-based"
    MISSING = "missing"
    OTHER_PYTHON = "of another Python"
    OTHER_DATE = "of another date"
    """A timestamp `.pyc` whose source has another date on Lambda."""
    OTHER_SIZE = "of another size"
    """A timestamp `.pyc` of a source of another size."""
    OTHER_SOURCE = "of another source"
    """A checked-hash `.pyc` whose hash is not that of its source."""
    OLD_CODE = "of older code"
    """An unchecked-hash `.pyc` of another source: Python runs it, and not the source."""

    @property
    def is_compiled(self) -> bool:
        """True if Lambda compiles such a module at every cold start."""
        return self not in (ShippedState.VALID, ShippedState.HASHED, ShippedState.OLD_CODE)


@dataclass(frozen=True, slots=True)
class BytecodeCount:
    """Sources in one state: all of the package, and those among them that init loads."""

    state: ShippedState
    sources: int
    loaded: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """The way to ship valid bytecode with one packager.

    `packager` is its name. `dates` says which dates it gives to files, as a clause, `steps` are
    what to write or run, `source` is where that is documented and `date` when it was looked up.
    """

    packager: str
    dates: str
    steps: tuple[str, ...]
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class PackageBytecode:
    """The bytecode of what was built: a ZIP, a build folder, layers, an image.

    `python` is the deployed version, like `3.12`; `places` are the parts that were looked at.
    `examples` are a few sources that init loads and Lambda compiles, `old_code` a few whose
    bytecode is of older code. Paths are relative to their place.
    """

    python: str
    places: tuple[str, ...]
    counts: tuple[BytecodeCount, ...]
    examples: tuple[str, ...]
    old_code: tuple[str, ...]
    recipe: Recipe

    @property
    def loaded(self) -> int:
        """The sources that init loads."""
        return sum(one.loaded for one in self.counts)

    @property
    def compiled(self) -> int:
        """The sources that init loads and Lambda compiles at every cold start."""
        return sum(one.loaded for one in self.counts if one.state.is_compiled)
