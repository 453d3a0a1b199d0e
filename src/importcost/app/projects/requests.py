"""Turn one function of a project into the request that measures it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from importcost.app.account.target import names_a_deployed_function
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.listing import list_functions
from importcost.declaration import REGIONS
from importcost.errors import UsageError, remedy, words
from importcost.files.unpack import unpacked, written_sources
from importcost.parameters import Parameter
from importcost.projects.find import is_of_a_tool
from importcost.projects.functions import CodeForm, DeployedProject, ProjectFunction


def names_a_project(text: str) -> bool:
    """Return True for a target that is a project's place, not a handler or a saved profile."""
    if "::" in text or names_a_deployed_function(text):
        return True
    if not text or "\0" in text or len(text) > 4_000:
        return False
    try:
        path = Path(text)
        if path.is_dir():
            return True
        if not path.is_file():
            return False
        if path.suffix.lower() == ".json":  # a saved profile has this suffix, too
            return is_of_a_tool(path)
        return path.suffix.lower() in PLACE_SUFFIXES
    except OSError:
        return False


_WHOLE = (CodeForm.FOLDER, CodeForm.ZIP)
PLACE_SUFFIXES = (".yaml", ".yml", ".template", ".zip", ".tf", ".toml")
"""Suffixes of files that are a project's place whatever is in them, beside JSON of a tool."""


def request_in_project(
    request: ProfileRequest,
    given: Collection[str],
    *,
    parameters: tuple[str, ...] = (),
    stage: str | None = None,
    with_values: bool = False,
    project: DeployedProject | None = None,
) -> ProfileRequest:
    """Return the request for the one function that `request.target` names in a project.

    `project` is what it names if it has been read already. `given` are the request's fields that
    the user set: they override what the project says.
    Raises UsageError for a place with several functions, and for one that cannot be measured here.
    """
    if project is None:
        project = list_functions(
            request.target, parameters=parameters, stage=stage, with_values=with_values
        )
    return request_for_function(_only(project), request, given)


def request_for_function(
    function: ProjectFunction, request: ProfileRequest, given: Collection[str]
) -> ProfileRequest:
    """Return `request` with what a project says about `function`, but for the fields in `given`.

    Raises UsageError for a function that cannot be measured here.
    """
    if function.problem is not None:
        raise UsageError(
            f"{function.name} cannot be measured here: {function.problem} ({function.declared})",
            remedy("name another function", "its handler's .py file", mark=";"),
        )
    if function.code.form is CodeForm.IMAGE and not (function.code.image or "image" in given):
        raise UsageError(
            f"The image of {function.name} is not built: build it from {function.code.path}",
            remedy(words("name what was built with ", Parameter.IMAGE), mark=" and"),
        )
    found: dict[str, Any] = {
        "memory_mb": function.memory_mb,
        "arch": function.arch,
        "package_type": function.package_type,
        "layers": _layers(function),
        "traits": function.traits,
        "is_built": function.code.is_built
        and function.code.form in _WHOLE
        and "task_root" not in given,
        **_code(function),
    }
    if function.region in REGIONS:  # the others have no prices
        found["region"] = function.region
    if function.runtime is not None:
        found["runtime"] = function.runtime
    if function.requirements is not None:
        found["requirements"] = function.requirements
    if request.installs:
        brought = [one for one in function.brings if one not in request.packages]
        found["packages"] = (*brought, *request.packages)
    kept = {name: one for name, one in found.items() if name == "packages" or name not in given}
    environment = {**function.environment, **request.environment}
    return replace(request, environment=environment, **kept)


def _code(function: ProjectFunction) -> dict[str, Any]:
    """Return target, task root and image of a function, its code unpacked or written if need be."""
    code = function.code
    handler = function.handler or ""
    if code.form is CodeForm.IMAGE:
        return {"target": handler, "image": code.image}
    if ".py:" in handler:  # found in the sources: its task root follows from its imports
        return {"target": handler}
    if code.form is CodeForm.INLINE:
        written = written_sources({code.text_file: code.text or ""})
        return {"target": handler, "task_root": str(written)}
    if code.form is CodeForm.ZIP:
        return {"target": handler, "task_root": str(unpacked(Path(str(code.path))))}
    return {"target": handler, "task_root": code.path}


def _layers(function: ProjectFunction) -> tuple[str, ...]:
    """Return the folders of the layers that are here; a ZIP is unpacked."""
    paths = [Path(one.path) for one in function.layers if one.path is not None]
    return tuple(str(unpacked(path) if path.is_file() else path) for path in paths)


def _only(project: DeployedProject) -> ProjectFunction:
    ready = [one for one in project.functions if one.problem is None]
    if len(ready) == 1:
        return ready[0]
    if len(project.functions) == 1:
        return project.functions[0]
    if not ready:
        raise nothing_measurable(project)
    names = ", ".join(one.name for one in ready[:8])
    more = f" and {len(ready) - 8} more" if len(ready) > 8 else ""
    raise UsageError(
        f"{project.place} has {len(ready)} functions, {names}{more}: name one as"
        f" {project.place}::{ready[0].name}."
    )


def measurable_functions(project: DeployedProject) -> list[ProjectFunction]:
    """Return the functions that can be measured here. Raises UsageError if there is none."""
    ready = [one for one in project.functions if one.problem is None]
    if not ready:
        raise nothing_measurable(project)
    return ready


def nothing_measurable(project: DeployedProject) -> UsageError:
    """Return the error for a project of which no function can be measured, with the reasons."""
    functions = project.functions
    if not functions:
        return UsageError(
            f"{project.place} has no Lambda function that importcost can see: name a template, a"
            " project's folder, or a handler's .py file."
        )
    reasons = Counter(one.problem or "" for one in functions)
    (reason, times), *others = reasons.most_common()
    if not others:
        which = "its only function" if times == 1 else f"each of its {times} functions"
        return UsageError(
            f"{project.place} has no function to measure here: of {which}, {reason}; name another"
            f" project, or see all with importcost list {project.place}."
        )
    return UsageError(
        f"None of the {len(functions)} functions of {project.place} can be measured here: of"
        f" {times}, {reason}; see all with importcost list {project.place}."
    )
