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
from importcost.projects.handlers import dockerfile_command, handler_problem
from importcost.projects.placeholders import OpenText
from importcost.projects.settings import RawSettings, language_problem
from importcost.snapstart.support import FunctionTraits

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
        name = construct_name(resource) or prefix + logical_id
        yield _function(name, logical_id, raw, stack)


def construct_name(resource: dict[str, Any]) -> str | None:
    """Return the path of the CDK construct that made a resource, which no hash changes."""
    path = _metadata(resource, "aws:cdk:path")
    return path.removesuffix("/Resource") if path else None


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
    found = _code(values, raw, logical_id, stack)
    is_image = values.get("PackageType") == "Image" or found.code.form is CodeForm.IMAGE
    handler = settings.text(values.get("Handler"), "handler")
    if is_image:
        handler = _command(values, found.code, stack.resources[logical_id])
    variables = values.get("Environment")
    variables = variables.get("Variables") if isinstance(variables, dict) else None
    environment, opened = settings.environment(variables)
    deployed_name = values.get("FunctionName")
    problem = language_problem(runtime) or found.problem
    if problem is None and found.code.form is CodeForm.FOLDER:
        folders = [Path(one.path) for one in layers if one.path]
        problem = handler_problem(
            handler,
            Path(str(found.code.path)),
            folders,
            is_built=found.code.is_built,
            environment=environment,
        )
    return ProjectFunction(
        name=name,
        declared=SourceLine(str(stack.file), stack.resources.line_of(logical_id)),
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(values.get("MemorySize")),
        timeout_s=settings.timeout(values.get("Timeout")),
        arch=settings.arch(values.get("Architectures")),
        package_type="image" if is_image else "zip",
        code=found.code,
        layers=layers,
        environment=environment,
        placeholder_names=opened,
        deployed_name=_fixed(deployed_name),
        traits=_traits(values),
        unresolved=tuple(settings.unresolved),
        problem=problem,
    )


def _traits(values: DocumentTable) -> FunctionTraits:
    """Return what rules SnapStart out or in; what is not a plain value counts as not said."""
    storage, snapstart = values.get("EphemeralStorage"), values.get("SnapStart")
    size = storage.get("Size") if isinstance(storage, dict) else None
    applies = snapstart.get("ApplyOn") if isinstance(snapstart, dict) else None
    return FunctionTraits(
        tmp_mb=int(size) if isinstance(size, (int, str)) and str(size).isdigit() else None,
        uses_efs=bool(values.get("FileSystemConfigs")),
        is_provisioned=bool(values.get("ProvisionedConcurrencyConfig")),
        applies=applies if isinstance(applies, str) else None,
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
    code = values.get("Code")
    uri = values.get("ImageUri", code.get("ImageUri") if isinstance(code, dict) else None)
    found = code_at({"ImageUri": uri}, stack, where) if isinstance(uri, str) else None
    if found is not None and (found.code.path or found.code.image):
        return found
    context = _metadata(stack.resources[logical_id], "DockerContext")
    if context is not None:
        built = code_at(context, stack, where)
        if built.code.path:
            return FoundCode(FunctionCode(CodeForm.IMAGE, built.code.path, is_built=True))
    return elsewhere("the name of its image is not known before it is built")


def _command(values: DocumentTable, code: FunctionCode, resource: dict[str, Any]) -> str | None:
    """Return the handler of an image: its configured command, else that of its Dockerfile."""
    configured = values.get("ImageConfig")
    command = configured.get("Command") if isinstance(configured, dict) else None
    if isinstance(command, list) and command and isinstance(command[0], str):
        return command[0]
    name = _metadata(resource, "Dockerfile") or "Dockerfile"
    return dockerfile_command(Path(code.path) / name) if code.path else None


def _metadata(resource: dict[str, Any], key: str) -> str | None:
    metadata = resource.get("Metadata")
    found = metadata.get(key) if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else None


def _fixed(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, OpenText) else None
