"""A service as it was packaged: the template and the ZIPs in its folder .serverless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.resources import stack_functions
from importcost.projects.cloudformation.stack import StackPlace, read_stack
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import CodeForm, ProjectFunction, ReadOptions
from importcost.projects.handlers import handler_module, module_file
from importcost.projects.places import inside, project_top

PACKAGED = ".serverless"
STATE_FILE = "serverless-state.json"
TEMPLATE_FILE = "cloudformation-template-update-stack.json"
FUNCTION_SUFFIX = "LambdaFunction"


def packaged_state(service_file: Path) -> Path:
    """Return the place of what the framework writes when it packages a service."""
    return service_file.parent / PACKAGED / STATE_FILE


def not_usable(state_file: Path, options: ReadOptions) -> str | None:
    """Return why what was packaged does not say what is deployed now, None if it does.

    It holds for one stage, and for the variables that were given when it was made. Raises
    UsageError for a state that cannot be read.
    """
    folder = state_file.parent
    if not (folder / TEMPLATE_FILE).is_file():
        return f"its {TEMPLATE_FILE} is not here"
    stage = _table(_service(state_file).get("provider")).get("stage")
    if options.stage is not None and stage != options.stage:
        return f"it was made for stage {stage}"
    if options.parameters:
        return "it was made without the parameters that are given"
    missing = [name for name in _uploads(folder).values() if not (folder / name).is_file()]
    return f"its {missing[0]} is not here" if missing else None


def packaged_functions(state_file: Path, options: ReadOptions) -> tuple[ProjectFunction, ...]:
    """Return the functions that were packaged, called as in serverless.yml, with their ZIPs.

    Raises UsageError for a state or a template that cannot be read.
    """
    folder = state_file.parent.resolve()
    top, where = project_top(folder, options.named), str(folder / TEMPLATE_FILE)
    assets = {key: inside(name, folder, top, where) for key, name in _uploads(folder).items()}
    place = StackPlace(folder / TEMPLATE_FILE, top, is_built=True, assets=assets)
    stack = read_stack(place, {}, options.region)
    own = _service(state_file).get("functions")
    names = {logical_name(name) + FUNCTION_SUFFIX: name for name in _table(own)}
    return tuple(
        replace(function, name=names.get(function.name, function.name))
        for function in stack_functions(stack)
    )


def changed_since(functions: tuple[ProjectFunction, ...], sources: Path) -> list[str]:
    """Return the functions whose handler's file is newer than the ZIP with it."""
    found = []
    for function in functions:
        parts = handler_module(function.handler or "")
        file = module_file(sources, parts) if parts else None
        code = function.code
        if file is None or code.form is not CodeForm.ZIP or code.path is None:
            continue
        if file.stat().st_mtime > Path(code.path).stat().st_mtime:
            found.append(function.name)
    return found


def logical_name(name: str) -> str:
    """Return a name as the framework begins a logical id with it."""
    text = name.replace("-", "Dash").replace("_", "Underscore")
    return text[:1].upper() + text[1:]


def _service(state_file: Path) -> Mapping[str, Any]:
    """Return the resolved service in a state. Raises UsageError for a file without one."""
    state = read_document(state_file)
    service = state.get("service") if isinstance(state, DocumentTable) else None
    if not isinstance(service, dict):
        raise UsageError(
            f"{state_file} has no service: package it again with `serverless package`."
        )
    return service


def _uploads(folder: Path) -> Mapping[str, str]:
    """Return the name of each ZIP that the template uploads, by its key in S3."""
    document = read_document(folder / TEMPLATE_FILE)
    resources = document.get("Resources") if isinstance(document, DocumentTable) else None
    return {key: key.rpartition("/")[2] for key in _keys(_table(resources))}


def _keys(resources: Mapping[str, Any]) -> Iterator[str]:
    for resource in resources.values():
        properties = _table(_table(resource).get("Properties"))
        for section in ("Code", "Content"):
            key = _table(properties.get(section)).get("S3Key")
            if isinstance(key, str) and key.endswith(".zip"):
                yield key


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
