"""What a measurement was given beside the function's own files, so that its init could run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The value of an environment variable that init reads and nobody has set.

    `file` and `line` say where it is read: by the function's own code where that is on the
    stack. None where nobody can tell, as for the fields of a settings class.
    """

    name: str
    value: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class SuppliedPackage:
    """A requirement that was installed for this measurement only.

    `requirement` is as it was asked for; `installed` names distribution and version (like
    `requests 2.32.3`). `is_automatic` tells that nobody asked: the module `module` was missing.
    """

    requirement: str
    installed: str
    is_automatic: bool = False
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Supplies:
    """The packages and the placeholders of one measurement."""

    packages: tuple[SuppliedPackage, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()


NO_SUPPLIES = Supplies()


@dataclass(frozen=True, slots=True)
class MissingModule:
    """A module that init imports and nobody has; `file` and `line` say which statement.

    `wanted` are the full names that the statement asks for below it, such as
    `google.cloud.storage` for the module `google`.
    """

    name: str
    file: str | None
    line: int | None
    wanted: tuple[str, ...] = ()
