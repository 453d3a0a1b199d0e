"""The Lambda functions among a template's resources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importcost.projects.cloudformation.code import FoundCode, code_at, elsewhere, layers_of
from importcost.projects.cloudformation.globals import with_globals
from importcost.projects.cloudformation.stack import Stack
from importcost.projects.documents import DocumentTable
from importcost.projects.functions import CodeForm, FunctionCode, ProjectFunction, SourceLine
from importcost.projects.handlers import handler_problem
from importcost.projects.placeholders import OpenText
from importcost.projects.settings import RawSettings, language_problem

SAM_FUNCTION = "AWS::Serverless::Function"
FUNCTION = "AWS::Lambda::Function"


def stack_functions(stack: Stack, prefix: str = "") -> Iterator[ProjectFunction]:
    """Yield the functions of a template; `prefix` names the stacks that hold it."""
    shared = stack.document.get("Globals")
    shared = shared.get("Function") if isinstance(shared, dict) else None
    for logical_id, resource in stack.resources.items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if kind not in (SAM_FUNCTION, FUNCTION) or not is_deployed(resource, stack):
            continue
        raw = resource.get("Properties")
        raw = raw if isinstance(raw, dict) else DocumentTable()
        if kind == SAM_FUNCTION and isinstance(shared, dict):
            raw = with_globals(shared, raw)
        yield _function(prefix + logical_id, logical_id, raw, stack)


def is_deployed(resource: dict[str, Any], stack: Stack) -> bool:
    """Return False for a resource whose condition is known not to hold."""
    condition = resource.get("Condition")
    return not isinstance(condition, str) or stack.evaluator.holds(condition) is not False


def _function(name: str, logical_id: str, raw: DocumentTable, stack: Stack) -> ProjectFunction:
    where = stack.where(logical_id)
    layers = layers_of(raw.get("Layers"), stack, where)
    open_parts = DocumentTable({key: one for key, one in raw.items() if key != "Layers"}, raw.line)
    values = stack.evaluator.value(open_parts)
    settings = RawSettings()
    runtime = settings.text(values.get("Runtime"), "runtime")
    handler = settings.text(values.get("Handler"), "handler")
    is_image = values.get("PackageType") == "Image"
    found = _code(values, raw, logical_id, stack)
    variables = values.get("Environment")
    variables = variables.get("Variables") if isinstance(variables, dict) else None
    environment, opened = settings.environment(variables)
    deployed_name = values.get("FunctionName")
    problem = language_problem(runtime) or found.problem
    if problem is None and found.code.form is CodeForm.FOLDER:
        folders = [Path(one.path) for one in layers if one.path]
        problem = handler_problem(
            handler, Path(str(found.code.path)), folders, is_built=found.code.is_built
        )
    return ProjectFunction(
        name=name,
        declared=SourceLine(str(stack.file), stack.resources.line_of(logical_id)),
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(values.get("MemorySize")),
        timeout_s=settings.timeout(values.get("Timeout")),
        arch=settings.arch(values.get("Architectures")),
        package_type="image" if is_image or found.code.form is CodeForm.IMAGE else "zip",
        code=found.code,
        layers=layers,
        environment=environment,
        placeholder_names=opened,
        deployed_name=_fixed(deployed_name),
        unresolved=tuple(settings.unresolved),
        problem=problem,
    )


def _code(values: DocumentTable, raw: DocumentTable, logical_id: str, stack: Stack) -> FoundCode:
    """Return where a function's code lies; a path is read before it is evaluated away."""
    where = stack.where(logical_id)
    if isinstance(values.get("InlineCode"), str):
        return FoundCode(
            FunctionCode(CodeForm.INLINE, text=str(values["InlineCode"]), is_built=True)
        )
    if values.get("PackageType") == "Image" or "ImageUri" in values:
        return _image(values, logical_id, stack, where)
    if "CodeUri" in values or "Code" in values:
        return code_at(values.get("CodeUri", values.get("Code")), stack, where)
    if stack.resources[logical_id].get("Type") == SAM_FUNCTION and "CodeUri" not in raw:
        return code_at(".", stack, where)
    return elsewhere("the template does not say where its code lies")


def _image(values: DocumentTable, logical_id: str, stack: Stack, where: str) -> FoundCode:
    metadata = stack.resources[logical_id].get("Metadata")
    context = metadata.get("DockerContext") if isinstance(metadata, dict) else None
    code = values.get("Code")
    uri = values.get("ImageUri", code.get("ImageUri") if isinstance(code, dict) else None)
    image = uri if isinstance(uri, str) and not isinstance(uri, OpenText) else None
    if isinstance(context, str):
        found = code_at(context, stack, where)
        if found.code.path:
            made = FunctionCode(CodeForm.IMAGE, found.code.path, image=image, is_built=True)
            return FoundCode(made)
    if image is None:
        return elsewhere("the name of its image is not known before it is built")
    return FoundCode(FunctionCode(CodeForm.IMAGE, image=image, is_built=True))


def _fixed(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, OpenText) else None
