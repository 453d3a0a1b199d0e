"""Make functions of Terraform's values, from a plan or from evaluated files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.projects.functions import (
    INLINE_FILE,
    CodeForm,
    FunctionCode,
    FunctionLayer,
    ProjectFunction,
    SourceLine,
)
from importcost.projects.handlers import handler_problem, is_plain_file
from importcost.projects.placeholders import OpenText
from importcost.projects.places import inside
from importcost.projects.settings import RawSettings, language_problem

MadeOf = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class TerraformPlace:
    """The folder from which a function's paths start, and the sources of its archives."""

    root: Path
    top: Path
    made_of: MadeOf


class TerraformCode(NamedTuple):
    """A function's code, and why it cannot be measured, if so."""

    code: FunctionCode
    problem: str | None = None


def function_of(
    name: str, values: Mapping[str, Any], declared: SourceLine, place: TerraformPlace
) -> ProjectFunction:
    """Return the function of an `aws_lambda_function`, or of a call of the Lambda module."""
    settings = RawSettings()
    runtime = settings.text(values.get("runtime"), "runtime")
    handler = settings.text(values.get("handler"), "handler")
    variables = values.get("environment_variables", _first(values.get("environment")))
    environment, opened = settings.environment(variables)
    is_image = values.get("package_type") == "Image" or bool(values.get("image_uri"))
    found = _image(values) if is_image else _code(values, place, str(declared))
    problem = language_problem(runtime) or found.problem
    if problem is None and handler is None and not is_image:
        problem = "its handler is not known"
    if problem is None and found.code.form is CodeForm.FOLDER:
        folder = Path(str(found.code.path))
        problem = handler_problem(
            handler, folder, (), is_built=found.code.is_built, environment=environment
        )
    return ProjectFunction(
        name=name,
        declared=declared,
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(values.get("memory_size")),
        timeout_s=settings.timeout(values.get("timeout")),
        arch=settings.arch(values.get("architectures")),
        package_type="image" if is_image else "zip",
        code=found.code,
        layers=tuple(_layers(values.get("layers"), place, str(declared))),
        environment=environment,
        placeholder_names=opened,
        deployed_name=_known(values.get("function_name")),
        unresolved=tuple(settings.unresolved),
        problem=problem,
    )


def _image(values: Mapping[str, Any]) -> TerraformCode:
    image = _known(values.get("image_uri"))
    if image is None:
        return _elsewhere("the name of its image is not known before it is applied")
    return TerraformCode(FunctionCode(CodeForm.IMAGE, image=image, is_built=True))


def _code(values: Mapping[str, Any], place: TerraformPlace, where: str) -> TerraformCode:
    if "source_path" in values:
        return _source_path(values["source_path"], place, where)
    file = values.get("filename", values.get("local_existing_package"))
    if file is None and (values.get("s3_bucket") or values.get("s3_existing_package")):
        return _elsewhere("its code lies in S3, not in this project")
    if isinstance(file, OpenText):
        return _elsewhere(f"where its code lies is not known: {file.reason}")
    if not isinstance(file, str):
        return _elsewhere("the configuration does not say where its code lies")
    archive = place.made_of(file)
    if archive is not None:
        return _archive(archive, place, where)
    return _at(file, place, where, is_built=True)


def _archive(archive: Mapping[str, Any], place: TerraformPlace, where: str) -> TerraformCode:
    folder, file = archive.get("source_dir"), archive.get("source_file")
    if isinstance(folder, str):
        return _at(folder, place, where, is_built=False)
    if isinstance(file, str):
        return _at(file, place, where, is_built=False)
    sources = archive.get("source")
    if isinstance(sources, list) and len(sources) > 1:
        return _elsewhere("its archive is put together of several texts: name a ZIP of it")
    content, name = _first(sources, "content"), _first(sources, "filename")
    if isinstance(content, str) and not isinstance(content, OpenText):
        stored = name if isinstance(name, str) and is_plain_file(name) else INLINE_FILE
        code = FunctionCode(CodeForm.INLINE, text=content, text_file=stored, is_built=True)
        return TerraformCode(code)
    return _elsewhere("what its archive is made of is not known")


def _source_path(raw: Any, place: TerraformPlace, where: str) -> TerraformCode:
    """Return the first folder of the Lambda module's source_path."""
    first = raw[0] if isinstance(raw, list) and raw else raw
    path = first.get("path") if isinstance(first, dict) else first
    if not isinstance(path, str) or isinstance(path, OpenText):
        return _elsewhere("its source_path is not known before it is applied")
    return _at(path, place, where, is_built=False)


def _at(text: str, place: TerraformPlace, where: str, *, is_built: bool) -> TerraformCode:
    if isinstance(text, OpenText):
        return _elsewhere(f"where its code lies is not known: {text.reason}")
    try:
        path = inside(text, place.root, place.top, where)
    except UsageError as error:
        return _elsewhere(str(error).rstrip("."))
    if path.is_dir():
        return TerraformCode(FunctionCode(CodeForm.FOLDER, str(path), is_built=is_built))
    if path.suffix == ".zip" and path.is_file():
        return TerraformCode(FunctionCode(CodeForm.ZIP, str(path), is_built=True))
    if path.is_file():
        return TerraformCode(FunctionCode(CodeForm.FOLDER, str(path.parent), is_built=is_built))
    return _elsewhere(f"its code {text} is not here")


def _layers(raw: Any, place: TerraformPlace, where: str) -> Iterator[FunctionLayer]:
    for one in raw if isinstance(raw, list) else []:
        name = str(one)
        values = place.made_of(name)
        if values is None:
            yield FunctionLayer(name, reason="it is not in this project")
            continue
        title = str(values.get("layer_name", name))
        code, problem = _code(values, place, where)
        yield FunctionLayer(title, code.path, None if code.path else problem)


def _elsewhere(reason: str) -> TerraformCode:
    return TerraformCode(FunctionCode(CodeForm.ELSEWHERE), reason)


def _first(raw: Any, key: str = "variables") -> Any:
    """Return a value of a block, which is a list with one table."""
    one = raw[0] if isinstance(raw, list) and raw else raw
    return one.get(key) if isinstance(one, dict) else None


def _known(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, OpenText) else None
