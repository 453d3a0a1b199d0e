"""Packages and variables that a measurement got in addition, so that its init could run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The value of an environment variable that init reads and that is not set.

    `file` and `line` tell where it is read: in the function's own code if that is on the stack.
    They are None if the place is unknown, as for the fields of a settings class.
    """

    name: str
    value: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class SuppliedPackage:
    """A requirement that was installed for this measurement only.

    `requirement` is as it was requested; `installed` names distribution and version (like `requests
    2.32.3`). `is_automatic` is True if it was not requested: the module `module` was missing.
    """

    requirement: str
    installed: str
    is_automatic: bool = False
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Supplies:
    """The packages and the placeholders of one measurement.

    `mocked` are the AWS operations of init that a mock answered, like `ssm GetParameter`, and
    `made` the resources that were made for them to find.
    """

    packages: tuple[SuppliedPackage, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    mocked: tuple[str, ...] = ()
    made: tuple[str, ...] = ()


NO_SUPPLIES = Supplies()


@dataclass(frozen=True, slots=True)
class MissingModule:
    """A module that init imports and that is missing; `file` and `line` are the statement's.

    `wanted` are the full names that the statement imports below it, such as `google.cloud.storage`
    for the module `google`.
    """

    name: str
    file: str | None
    line: int | None
    wanted: tuple[str, ...] = ()
