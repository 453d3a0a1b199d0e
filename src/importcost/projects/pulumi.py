"""A Pulumi project: what `pulumi preview --json` plans, or a program written in YAML.

The marks of archives, assets and secrets are those of Pulumi's SDKs (read 2026-11-30).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)
from importcost.projects.handlers import handler_problem, is_plain_file
from importcost.projects.placeholders import OpenText, plain_placeholder
from importcost.projects.places import inside, project_top
from importcost.projects.settings import RawSettings, language_problem, layers_elsewhere

FUNCTION_TYPES = ("aws:lambda/function:Function", "aws:lambda:Function")
_MARK = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, not a secret
_UNKNOWN = ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[unknown]", "[secret]", "output<string>")
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_GONE = ("delete", "delete-replaced", "discard", "remove-pending-replace")


class _Code(NamedTuple):
    code: FunctionCode
    problem: str | None = None


class _Place(NamedTuple):
    """The folder from which a program's paths start, and the one that they must not leave."""

    folder: Path
    top: Path


def read_pulumi(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of a preview, or of a Pulumi.yaml whose program is written in YAML.

    Raises UsageError for files that cannot be read, and for programs in another language, which
    are not run.
    """
    document = read_document(file)
    if not isinstance(document, DocumentTable):
        raise UsageError(f"{file} is neither a Pulumi project nor a preview: name another file.")
    folder = file.resolve().parent
    place = _Place(folder, project_top(folder))
    if file.suffix == ".json":
        functions = tuple(_of_preview(document, file, place))
    else:
        _check_language(document, file)
        functions = tuple(_of_program(document, file, place, options))
    return DeployedProject(str(file), str(folder), "Pulumi", functions)


def _check_language(document: DocumentTable, file: Path) -> None:
    runtime = document.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "yaml":
        raise UsageError(
            f"{file} is a program, which importcost does not run: write its plan with"
            " `pulumi preview --json > preview.json` there and name its folder."
        )


def _of_preview(document: DocumentTable, file: Path, place: _Place) -> Iterator[ProjectFunction]:
    steps = document.get("steps")
    if not isinstance(steps, list):
        raise UsageError(f"{file} has no steps: write it with `pulumi preview --json`.")
    seen = set[str]()
    for step in steps:
        state = step.get("newState") if isinstance(step, dict) else None
        if not isinstance(state, dict) or step.get("op") in _GONE:
            continue
        urn, inputs = str(state.get("urn", step.get("urn", ""))), state.get("inputs")
        if state.get("type") in FUNCTION_TYPES and isinstance(inputs, dict) and urn not in seen:
            seen.add(urn)
            name = urn.rpartition("::")[2]
            yield _function(name, _plain(inputs), SourceLine(str(file), 1), place)


def _of_program(
    document: DocumentTable, file: Path, place: _Place, options: ReadOptions
) -> Iterator[ProjectFunction]:
    resources = document.get("resources")
    given = {**_configured(document), **options.parameters}
    if not isinstance(resources, DocumentTable):
        return
    for name, resource in resources.items():
        if isinstance(resource, dict) and resource.get("type") in FUNCTION_TYPES:
            values = _resolved(resource.get("properties"), given)
            line = SourceLine(str(file), resources.line_of(name))
            yield _function(name, values if isinstance(values, dict) else {}, line, place)


def _configured(document: DocumentTable) -> Mapping[str, Any]:
    """Return the defaults of a program's configuration, by name with and without its project."""
    found = {}
    for section in ("config", "configuration"):
        for name, one in _table(document.get(section)).items():
            value = one.get("default", one.get("value")) if isinstance(one, dict) else one
            if value is not None:
                found[name.rpartition(":")[2]] = value
    return found


def _resolved(raw: Any, given: Mapping[str, Any]) -> Any:
    """Return a value with its references filled in; those to resources become placeholders."""
    if isinstance(raw, dict):
        return {key: _resolved(one, given) for key, one in raw.items()}
    if isinstance(raw, list):
        return [_resolved(one, given) for one in raw]
    if not isinstance(raw, str) or "${" not in raw:
        return raw
    names = [name.strip() for name in _REFERENCE.findall(raw)]
    whole = _REFERENCE.fullmatch(raw)
    if whole and names[0] in given:
        return given[names[0]]
    unknown = next((name for name in names if name not in given), None)
    if unknown is not None:
        return plain_placeholder(f"{unknown} is known only when it is deployed")
    return _REFERENCE.sub(lambda one: str(given[one[1].strip()]), raw)


def _plain(raw: Any) -> Any:
    """Return a preview's value with placeholders for secrets and for what is not known yet."""
    if isinstance(raw, dict):
        if raw.get(_MARK) == _SECRET:
            return plain_placeholder("it is a secret")
        return {key: _plain(one) for key, one in raw.items() if not key.startswith("__")}
    if isinstance(raw, list):
        return [_plain(one) for one in raw]
    if isinstance(raw, str) and raw in _UNKNOWN:
        return plain_placeholder("it is known only when it is deployed")
    return raw


def _function(
    name: str, values: Mapping[str, Any], declared: SourceLine, place: _Place
) -> ProjectFunction:
    settings = RawSettings()
    runtime = settings.text(values.get("runtime"), "runtime")
    handler = settings.text(values.get("handler"), "handler")
    variables = _table(values.get("environment")).get("variables")
    environment, opened = settings.environment(variables)
    is_image = values.get("packageType") == "Image" or "imageUri" in values
    found = _image(values) if is_image else _code(values.get("code"), place, str(declared))
    problem = language_problem(runtime) or found.problem
    if problem is None and found.code.form is CodeForm.FOLDER:
        problem = handler_problem(handler, Path(str(found.code.path)), (), is_built=False)
    return ProjectFunction(
        name=name,
        declared=declared,
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(values.get("memorySize")),
        timeout_s=settings.timeout(values.get("timeout")),
        arch=settings.arch(values.get("architectures")),
        package_type="image" if is_image else "zip",
        code=found.code,
        layers=layers_elsewhere(values.get("layers")),
        environment=environment,
        placeholder_names=opened,
        deployed_name=_fixed(values.get("name")),
        unresolved=tuple(settings.unresolved),
        problem=problem,
    )


def _image(values: Mapping[str, Any]) -> _Code:
    image = _fixed(values.get("imageUri"))
    if image is None:
        return _elsewhere("the name of its image is not known before it is built")
    return _Code(FunctionCode(CodeForm.IMAGE, image=image, is_built=True))


def _code(raw: Any, place: _Place, where: str) -> _Code:
    """Return the code of an archive: a folder or a ZIP, or one put together of assets."""
    if isinstance(raw, OpenText) or raw is None:
        reason = raw.reason if isinstance(raw, OpenText) else "it is not in the project"
        return _elsewhere(f"where its code lies is not known: {reason}")
    if isinstance(raw, str):
        return _at(raw, place, where)
    archive = _table(raw)
    path = archive.get("path", archive.get("fn::fileArchive", archive.get("Fn::FileArchive")))
    if isinstance(path, str):
        return _at(path, place, where)
    assets = archive.get("assets", archive.get("fn::assetArchive", archive.get("Fn::AssetArchive")))
    return _put_together(_table(assets), place, where)


def _put_together(assets: Mapping[str, Any], place: _Place, where: str) -> _Code:
    """Return the code of an archive of assets, if one folder or text is all of it."""
    if len(assets) == 1:
        ((name, asset),) = assets.items()
        text = _table(asset).get("text", _table(asset).get("fn::stringAsset"))
        if is_plain_file(name) and isinstance(text, str) and not isinstance(text, OpenText):
            return _Code(FunctionCode(CodeForm.INLINE, text=text, text_file=name, is_built=True))
        path = _table(asset).get("path", _table(asset).get("fn::fileAsset"))
        if name == "." and isinstance(asset, dict):
            return _code(asset, place, where)
        if isinstance(path, str) and Path(path).name == name:
            return _at(path, place, where)
    return _elsewhere("its archive is put together of several assets: name a ZIP of it")


def _at(text: str, place: _Place, where: str) -> _Code:
    if isinstance(text, OpenText):
        return _elsewhere(f"where its code lies is not known: {text.reason}")
    try:
        path = inside(text, place.folder, place.top, where)
    except UsageError as error:
        return _elsewhere(str(error).rstrip("."))
    if path.is_dir():
        return _Code(FunctionCode(CodeForm.FOLDER, str(path)))
    if path.is_file() and path.suffix == ".zip":
        return _Code(FunctionCode(CodeForm.ZIP, str(path), is_built=True))
    if path.is_file():
        return _Code(FunctionCode(CodeForm.FOLDER, str(path.parent)))
    return _elsewhere(f"its code {text} is not here")


def _elsewhere(reason: str) -> _Code:
    return _Code(FunctionCode(CodeForm.ELSEWHERE), reason)


def _fixed(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, OpenText) else None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
