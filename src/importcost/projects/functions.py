"""A project's functions as its files describe them, with everything that the files leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from importcost.snapstart.support import NO_TRAITS, FunctionTraits
from importcost.targets.wrapped import product_of

SEPARATOR = "::"
"""Stands between a place and the name of one function in it: template.yaml::Orders."""


INLINE_FILE = "index.py"
"""The file as which Lambda stores a template's inline code, whatever its handler is called."""


class CodeForm(Enum):
    """The form in which a function's code is at hand."""

    FOLDER = "folder"
    ZIP = "zip"
    INLINE = "inline"
    IMAGE = "image"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """The code of one function.

    `path` is absolute: the folder that becomes /var/task, the ZIP, or the folder of an image's
    Dockerfile. `text` is inline source, stored as `text_file`. `image` is an image's name.
    `is_built` is True if the project's own tool made it, dependencies included.
    """

    form: CodeForm
    path: str | None = None
    text: str | None = None
    text_file: str = INLINE_FILE
    image: str | None = None
    is_built: bool = False


NO_CODE = FunctionCode(CodeForm.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class FunctionLayer:
    """A layer of a function, in its order.

    `path` is its folder or ZIP, None if it is not in the project; `reason` then says why.
    """

    name: str
    path: str | None = None
    reason: str | None = None


class Unresolved(NamedTuple):
    """A property that the files leave open, and the reason; the value in use is a guess."""

    what: str
    reason: str


class SourceLine(NamedTuple):
    """The line of a file that declares something; the path is absolute."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return the place as messages name it."""
        return f"{self.file} line {self.line}"


@dataclass(frozen=True, slots=True)
class ProjectFunction:
    """One Lambda function of a project.

    `name` is unique in the project: its logical id, behind those of the stacks that hold it.
    `memory_mb`, `arch` and `timeout_s` are the tool's defaults if the file has none. `environment`
    holds placeholders for what only the cloud knows; their names are in `placeholder_names`.
    `brings` are requirements that the tool itself deploys with the code, whatever the function asks
    for. `problem` says why the function cannot be measured here, None if it can. `deployed_name` is
    its name in the account, if the files fix it; `region` is that of a function which was read from
    there.
    """

    name: str
    declared: SourceLine
    handler: str | None = None
    runtime: str | None = None
    memory_mb: int = 128
    timeout_s: int = 3
    arch: str = "x86_64"
    package_type: str = "zip"
    code: FunctionCode = NO_CODE
    layers: tuple[FunctionLayer, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    placeholder_names: tuple[str, ...] = ()
    requirements: str | None = None
    brings: tuple[str, ...] = ()
    deployed_name: str | None = None
    region: str | None = None
    traits: FunctionTraits = NO_TRAITS
    """The settings that SnapStart depends on, as far as the files say them."""
    unresolved: tuple[Unresolved, ...] = ()
    problem: str | None = None

    @property
    def wrapper(self) -> str | None:
        """Return the product that wraps the function's own handler, None if none is known to."""
        found = product_of(self.handler) if self.handler else None
        return found.product if found is not None else None

    @property
    def own_handler(self) -> str | None:
        """Return the handler that the wrapper's variable names, else the configured one."""
        found = product_of(self.handler) if self.handler else None
        return self.handler if found is None else self.environment.get(found.variable)


@dataclass(frozen=True, slots=True)
class DeployedProject:
    """All functions of one project, in the order of its files.

    `place` is the file or folder that was read as the user names it, `folder` the absolute folder
    that paths are shown relative to; `tool` is the name of its tool. `notes` are sentences
    about the project as a whole: what was read instead of something else, what was left out.
    """

    place: str
    folder: str
    tool: str
    functions: tuple[ProjectFunction, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The user's words about a project: template parameters, and the stage or environment.

    `named` is the folder that the user named if its projects lie below it, None otherwise.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    region: str = "us-east-1"
    named: Path | None = None
