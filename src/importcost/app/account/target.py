"""A deployed function as a target: `aws:NAME`, `aws:NAME:QUALIFIER`, or its ARN."""

from __future__ import annotations

import re
from typing import NamedTuple

from importcost.account.door import AccountDoor
from importcost.account.packages import FetchedFunction, fetch_function
from importcost.account.troubles import GoneError
from importcost.errors import UsageError
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    FunctionLayer,
    ProjectFunction,
    SourceLine,
    Unresolved,
)
from importcost.projects.placeholders import plain_placeholder

PREFIX = "aws:"
_NAME = re.compile(r"[\w-]{1,140}")
_QUALIFIER = re.compile(r"\$LATEST|[\w-]{1,128}")
_ARN = re.compile(r"arn:aws[\w-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+)(?::(.+))?")


class DeployedName(NamedTuple):
    """A deployed function as the user names it; `region` is None for a bare name."""

    name: str
    qualifier: str | None
    region: str | None


def names_a_deployed_function(text: str) -> bool:
    """Return True for a target in an account."""
    return text.startswith((PREFIX, "arn:aws"))


def deployed_name(text: str) -> DeployedName:
    """Return what `aws:NAME[:QUALIFIER]` or an ARN names. Raises UsageError for anything else."""
    rest = text.removeprefix(PREFIX)
    found = _ARN.fullmatch(rest)
    if found:
        region, _, _, qualifier = found.groups()
        arn = rest if qualifier is None else rest.removesuffix(f":{qualifier}")
        return DeployedName(arn, _checked(qualifier, text), region)
    name, _, qualifier = rest.partition(":")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{text} does not name a deployed function: write aws:NAME, aws:NAME:VERSION, or its"
            " ARN."
        )
    return DeployedName(name, _checked(qualifier or None, text), None)


def _checked(qualifier: str | None, text: str) -> str | None:
    if qualifier is not None and not _QUALIFIER.fullmatch(qualifier):
        raise UsageError(
            f"{text} has no version or alias behind its last colon: write aws:NAME:VERSION."
        )
    return qualifier


def deployed_project(
    text: str, *, with_values: bool = False, door: AccountDoor | None = None
) -> DeployedProject:
    """Return the one function that the text names, its files fetched.

    The values of its variables come along only if they are asked for; else each has a placeholder.
    Raises UsageError and AccountError.
    """
    wanted = deployed_name(text)
    door = door or AccountDoor()
    region = region_of(wanted, door)
    try:
        fetched = fetch_function(door, region, wanted.name, wanted.qualifier)
    except GoneError as error:
        version = f" with the version or alias {wanted.qualifier}" if wanted.qualifier else ""
        raise UsageError(
            f"There is no function {wanted.name}{version} in {region} of this account: look at its"
            " name and its region (AWS_REGION), or list them with importcost account."
        ) from error
    function = _project_function(fetched, text, with_values=with_values)
    return DeployedProject(text, "", "AWS Lambda", (function,))


def region_of(wanted: DeployedName, door: AccountDoor) -> str:
    """Return the region of a function. Raises UsageError if nothing names one."""
    region = wanted.region or door.region
    if not region:
        raise UsageError(
            f"The region of {wanted.name} is not known: set AWS_REGION, or name it by its ARN."
        )
    return region


def _project_function(fetched: FetchedFunction, text: str, *, with_values: bool) -> ProjectFunction:
    own = fetched.function
    reason = "the values of variables are read only with --with-values"
    if with_values:
        environment = dict(fetched.values)
    else:
        environment = {name: str(plain_placeholder(reason)) for name in own.variable_names}
    return ProjectFunction(
        name=own.name,
        declared=SourceLine(text, 1),
        handler=own.handler,
        runtime=own.runtime,
        memory_mb=own.memory_mb,
        timeout_s=own.timeout_s,
        arch=own.arch,
        package_type=own.package_type,
        code=_code(fetched),
        layers=tuple(
            FunctionLayer(one.arn, str(one.path) if one.path else None, one.reason)
            for one in fetched.layers
        ),
        environment=environment,
        placeholder_names=() if with_values else own.variable_names,
        deployed_name=own.name,
        region=own.region,
        unresolved=tuple(
            Unresolved("layer", one.reason) for one in fetched.layers if one.reason is not None
        ),
        problem=_problem(fetched),
    )


def _code(fetched: FetchedFunction) -> FunctionCode:
    if fetched.image is not None:
        return FunctionCode(CodeForm.IMAGE, image=fetched.image, is_built=True)
    return FunctionCode(CodeForm.ZIP, str(fetched.package), is_built=True)


def _problem(fetched: FetchedFunction) -> str | None:
    own = fetched.function
    if own.package_type != "image" and not (own.runtime or "").startswith("python"):
        return f"its runtime is {own.runtime}, not Python"
    return None
