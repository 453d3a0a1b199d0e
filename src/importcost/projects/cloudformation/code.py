"""The places of the code and the layers of a template's functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.projects.cloudformation.stack import Stack
from importcost.projects.functions import CodeForm, FunctionCode, FunctionLayer
from importcost.projects.placeholders import OpenText
from importcost.projects.places import inside

LAYER_TYPES = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")


class FoundCode(NamedTuple):
    """The code of a function, and why it cannot be measured, if so."""

    code: FunctionCode
    problem: str | None = None


def elsewhere(reason: str) -> FoundCode:
    """Return code that is not in the project."""
    return FoundCode(FunctionCode(CodeForm.ELSEWHERE), reason)


def code_at(value: Any, stack: Stack, where: str) -> FoundCode:
    """Return the code that a CodeUri, ContentUri or Code names by path, bucket or image."""
    if isinstance(value, OpenText):
        return elsewhere(f"where its code lies is not known: {value.reason}")
    if isinstance(value, dict):
        return _of_table(value, stack)
    if not isinstance(value, str):
        return elsewhere("the template does not say where its code lies")
    if "://" in value:
        return elsewhere(f"its code lies in {value.partition('://')[0]}, not in this project")
    try:
        path = inside(value, stack.folder, stack.top, where)
    except UsageError as error:
        return elsewhere(str(error).rstrip("."))
    if path.is_dir():
        return FoundCode(FunctionCode(CodeForm.FOLDER, str(path), is_built=stack.is_built))
    if path.is_file():
        if path.suffix in (".zip", ".jar"):
            return FoundCode(FunctionCode(CodeForm.ZIP, str(path), is_built=True))
        return FoundCode(FunctionCode(CodeForm.FOLDER, str(path.parent), is_built=stack.is_built))
    return elsewhere(f"its code {value} is not here")


def _of_table(value: dict[str, Any], stack: Stack) -> FoundCode:
    if isinstance(value.get("ZipFile"), str):
        return FoundCode(FunctionCode(CodeForm.INLINE, text=str(value["ZipFile"]), is_built=True))
    image = value.get("ImageUri")
    if isinstance(image, str):
        built = stack.assets.get(image.rpartition(":")[2])
        if built is not None:
            return FoundCode(FunctionCode(CodeForm.IMAGE, str(built), is_built=True))
        if isinstance(image, OpenText):
            return elsewhere("the name of its image is not known before it is built")
        return FoundCode(FunctionCode(CodeForm.IMAGE, image=image, is_built=True))
    key = str(value.get("S3Key", ""))
    asset = stack.assets.get(key) or stack.assets.get(key.partition(".")[0])
    if asset is not None:
        form = CodeForm.FOLDER if asset.is_dir() else CodeForm.ZIP
        return FoundCode(FunctionCode(form, str(asset), is_built=True))
    if "S3Bucket" in value or "Bucket" in value:
        return elsewhere("its code lies in S3, not in this project")
    return elsewhere("the template does not say where its code lies")


def asset_path(resource: dict[str, Any]) -> str | None:
    """Return the path of what CDK uploads for a resource, as its template notes it."""
    metadata = resource.get("Metadata")
    found = metadata.get("aws:asset:path") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else None


def layers_of(raw: Any, stack: Stack, where: str) -> tuple[FunctionLayer, ...]:
    """Return a function's layers; `raw` is the list as the template has it."""
    found = []
    for one in raw if isinstance(raw, list) else []:
        name = _referred(one)
        resource = stack.resources.get(name) if name else None
        if name and isinstance(resource, dict) and resource.get("Type") in LAYER_TYPES:
            found.append(_own_layer(name, resource, stack, where))
            continue
        text = str(stack.evaluator.value(one))
        found.append(FunctionLayer(text, reason="it is not in this project"))
    return tuple(found)


def _own_layer(name: str, resource: dict[str, Any], stack: Stack, where: str) -> FunctionLayer:
    properties = stack.evaluator.value(resource.get("Properties") or {})
    code, problem = code_at(properties.get("ContentUri", properties.get("Content")), stack, where)
    if code.path is None:
        return FunctionLayer(name, reason=problem)
    metadata = resource.get("Metadata")
    method = metadata.get("BuildMethod") if isinstance(metadata, dict) else None
    folder = Path(code.path)
    is_listed = (folder / "requirements.txt").is_file()
    if method and not stack.is_built and not (is_listed or (folder / "python").is_dir()):
        return FunctionLayer(name, reason=f"sam build makes it ({method}): run sam build first")
    return FunctionLayer(name, code.path)


def _referred(value: Any) -> str | None:
    """Return the logical id that `Ref` names, None for anything else."""
    if isinstance(value, dict) and len(value) == 1:
        found = value.get("Ref")
        return found if isinstance(found, str) else None
    return None
