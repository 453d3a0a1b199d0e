"""Read a service of the Serverless Framework as the functions that it deploys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.evaluator import Evaluator, TemplateScope
from importcost.projects.cloudformation.intrinsics import evaluator_of
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    FunctionLayer,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)
from importcost.projects.handlers import handler_problem
from importcost.projects.placeholders import OpenText
from importcost.projects.places import inside, project_top
from importcost.projects.serverless.packaged import (
    STATE_FILE,
    changed_since,
    logical_name,
    not_usable,
    packaged_functions,
    packaged_state,
)
from importcost.projects.serverless.variables import ServiceVariables
from importcost.projects.settings import RawSettings, language_problem

DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT_S = 1024, 6
"""The framework's own defaults (its reference of serverless.yml, read 2026-11-30)."""
FRAMEWORK = "Serverless Framework"
_REQUIREMENTS_LAYER = "PythonRequirementsLambdaLayer"


@dataclass(frozen=True, slots=True)
class Service:
    """A resolved service: its document, its place, and what evaluates CloudFormation in it."""

    file: Path
    top: Path
    document: DocumentTable
    evaluator: Evaluator

    @property
    def folder(self) -> Path:
        """The folder that is packaged."""
        return self.file.parent

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table of the document, empty if it is not there."""
        found: Any = self.document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def read_serverless(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of a service: of what was packaged if it is newer, else its file's.

    `file` is serverless.yml, a program, or the state that packaging wrote. Raises UsageError for
    one that cannot be read.
    """
    if file.name == STATE_FILE:
        reason = not_usable(file, options)
        if reason is not None:
            raise UsageError(f"{file} cannot be used: {reason}; package the service again.")
        return _packaged(file, file, options)
    state, notes = packaged_state(file), list[str]()
    if state.is_file():
        reason = not_usable(state, options)
        if reason is None and state.stat().st_mtime < file.stat().st_mtime:
            reason = f"it is older than {file.name}"
        if reason is None:
            return _packaged(file, state, options)
        notes.append(f"{state} was not read: {reason}; package the service to measure its ZIPs.")
    if file.suffix not in (".yml", ".yaml", ".json"):
        raise UsageError(
            f"{file} is a program, which importcost does not run: package the service with"
            " `serverless package` and name its folder."
        )
    service = _service(file, options)
    functions = tuple(_functions(service))
    notes += _notes(service)
    return DeployedProject(
        str(file), str(file.parent.resolve()), FRAMEWORK, functions, tuple(notes)
    )


def _packaged(file: Path, state: Path, options: ReadOptions) -> DeployedProject:
    functions = packaged_functions(state, options)
    folder = state.parent.resolve().parent
    notes = [f"Read {state.parent}, which was packaged of the service."]
    changed = changed_since(functions, folder)
    if changed:
        notes.append(
            f"{changed[0]} changed after it was packaged: package the service again to measure it"
            " as it is now."
        )
    return DeployedProject(str(file), str(folder), FRAMEWORK, functions, tuple(notes))


def _service(file: Path, options: ReadOptions) -> Service:
    raw = read_document(file)
    if not isinstance(raw, DocumentTable) or not ("provider" in raw or "functions" in raw):
        raise UsageError(f"{file} has neither provider nor functions: name a service's file.")
    folder, top = file.parent.resolve(), project_top(file.parent, options.named)
    variables = ServiceVariables(
        raw, folder, top, options.stage, options.region, options.parameters
    )
    wanted = ("provider", "functions", "layers", "custom", "resources", "plugins", "package")
    document = DocumentTable(line=raw.line)
    for key in (*wanted, "service"):
        if key in raw:
            document[key] = variables.resolved(raw[key])
    document.lines = raw.lines
    scope = TemplateScope(str(file), options.region, resources=_resources(document))
    return Service(file.parent.resolve() / file.name, top, document, evaluator_of(scope))


def _resources(document: DocumentTable) -> Mapping[str, Any]:
    """Return the raw CloudFormation resources, of one table or of a list of them."""
    raw = document.get("resources")
    found: dict[str, Any] = {}
    for one in raw if isinstance(raw, list) else [raw]:
        resources = one.get("Resources") if isinstance(one, dict) else None
        found.update(resources if isinstance(resources, dict) else {})
    return found


def _functions(service: Service) -> Iterator[ProjectFunction]:
    raw = service.document.get("functions")
    for table in raw if isinstance(raw, list) else [raw]:
        for name, one in table.items() if isinstance(table, dict) else ():
            if isinstance(one, dict):
                line = table.line_of(name) if isinstance(table, DocumentTable) else 1
                yield _function(name, one, service, line)


def _function(name: str, own: dict[str, Any], service: Service, line: int) -> ProjectFunction:
    provider = service.table("provider")
    settings = RawSettings()
    runtime = settings.text(own.get("runtime", provider.get("runtime")), "runtime")
    handler = settings.text(own.get("handler"), "handler")
    layers = tuple(_layers(own.get("layers", provider.get("layers")), service))
    variables = {**_table(provider.get("environment")), **_table(own.get("environment"))}
    environment, opened = settings.environment(service.evaluator.value(variables))
    code, problem = _code(own, service)
    problem = _cloud_problem(service) or language_problem(runtime) or problem
    if problem is None and code.form is CodeForm.FOLDER:
        folders = [Path(layer.path) for layer in layers if layer.path]
        problem = handler_problem(
            handler, Path(str(code.path)), folders, is_built=False, environment=environment
        )
        problem = problem and (
            _wsgi_problem(handler, service) or _default_runtime(runtime, problem)
        )
    return ProjectFunction(
        name=name,
        declared=SourceLine(str(service.file), line),
        handler=handler,
        runtime=runtime,
        memory_mb=settings.memory(
            own.get("memorySize", provider.get("memorySize")), DEFAULT_MEMORY_MB
        ),
        timeout_s=settings.timeout(own.get("timeout", provider.get("timeout")), DEFAULT_TIMEOUT_S),
        arch=settings.arch(own.get("architecture", provider.get("architecture"))),
        package_type="image" if code.form is CodeForm.IMAGE else "zip",
        code=code,
        layers=layers,
        environment=environment,
        placeholder_names=opened,
        requirements=_requirements(code, service),
        deployed_name=_fixed(own.get("name")) or _usual_name(name, service),
        unresolved=tuple(settings.unresolved),
        problem=problem,
    )


def _cloud_problem(service: Service) -> str | None:
    cloud = service.table("provider").get("name", "aws")
    return None if cloud == "aws" else f"it is deployed to {cloud}, not to AWS Lambda"


def _wsgi_problem(handler: str | None, service: Service) -> str | None:
    """Return why the handler that the plugin serverless-wsgi brings is not here."""
    if handler != "wsgi_handler.handler":
        return None
    app = _fixed(service.table("custom", "wsgi").get("app"))
    what = f" for {app}" if app else ""
    return f"serverless-wsgi makes its handler{what} when it packages: name the app's own file"


def _default_runtime(runtime: str | None, problem: str) -> str:
    """Return the reason for a function without a runtime, whose default is Node.js."""
    return problem if runtime else "no runtime is named, and the framework's default is Node.js"


def _code(own: dict[str, Any], service: Service) -> tuple[FunctionCode, str | None]:
    where = str(service.file)
    if "image" in own:
        image = own["image"]
        uri = image.get("uri") if isinstance(image, dict) else image
        if isinstance(uri, str) and ("/" in uri or "@" in uri) and not isinstance(uri, OpenText):
            return FunctionCode(CodeForm.IMAGE, image=uri, is_built=True), None
        return FunctionCode(CodeForm.ELSEWHERE), "its image is built when it is deployed"
    package = own.get("package")
    artifact = package.get("artifact") if isinstance(package, dict) else None
    artifact = artifact or service.table("package").get("artifact")
    try:
        if isinstance(artifact, str) and not isinstance(artifact, OpenText):
            path = inside(artifact, service.folder, service.top, where)
            if path.is_file():
                return FunctionCode(CodeForm.ZIP, str(path), is_built=True), None
            return FunctionCode(CodeForm.ELSEWHERE), f"its artefact {artifact} is not here"
        module = own.get("module")
        folder = service.folder
        if isinstance(module, str) and module not in ("", "."):
            folder = inside(module, service.folder, service.top, where)
    except UsageError as error:
        return FunctionCode(CodeForm.ELSEWHERE), str(error).rstrip(".")
    return FunctionCode(CodeForm.FOLDER, str(folder)), None


def _layers(raw: Any, service: Service) -> Iterator[FunctionLayer]:
    own = {f"{logical_name(name)}LambdaLayer": one for name, one in service.table("layers").items()}
    for one in raw if isinstance(raw, list) else []:
        name = one.get("Ref") if isinstance(one, dict) else None
        if name == _REQUIREMENTS_LAYER:
            continue  # what it holds is installed from the requirements
        layer = own.get(str(name))
        path = layer.get("path") if isinstance(layer, dict) else None
        if isinstance(path, str):
            yield _own_layer(str(name), path, service)
        else:
            text = str(name or service.evaluator.value(one))
            yield FunctionLayer(text, reason="it is not in this project")


def _own_layer(name: str, path: str, service: Service) -> FunctionLayer:
    try:
        folder = inside(path, service.folder, service.top, str(service.file))
    except UsageError as error:
        return FunctionLayer(name, reason=str(error).rstrip("."))
    if not folder.is_dir():
        return FunctionLayer(name, reason=f"its folder {path} is not here")
    return FunctionLayer(name, str(folder))


def _requirements(code: FunctionCode, service: Service) -> str | None:
    """Return the requirements file that the plugin is told to read, if it is another than usual."""
    named = service.table("custom", "pythonRequirements").get("fileName")
    if not isinstance(named, str) or isinstance(named, OpenText) or code.path is None:
        return None
    try:
        file = inside(named, Path(code.path), service.top, str(service.file))
    except UsageError:
        return None
    return str(file) if file.is_file() else None


def _notes(service: Service) -> Iterator[str]:
    options = service.table("custom", "pythonRequirements")
    if options.get("zip"):
        yield f"{service.file} ships its dependencies zipped: the handler unpacks them in its init."
    if options.get("slim"):
        yield f"{service.file} strips its dependencies (pythonRequirements.slim)."


def _usual_name(name: str, service: Service) -> str | None:
    """Return the name that the framework gives a function: service, stage, function."""
    raw = service.document.get("service")
    title = raw.get("name") if isinstance(raw, dict) else raw
    stage = service.table("provider").get("stage", "dev")
    if _fixed(title) is None or _fixed(stage) is None:
        return None
    return f"{title}-{stage}-{name}"


def _fixed(value: Any) -> str | None:
    return value if isinstance(value, str) and not isinstance(value, OpenText) else None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
