"""Use case: write a starting configuration, with budgets from a measurement plus a margin."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from importcost.app.bill.place import bill
from importcost.app.gate.handler_requests import HowToMeasure, request_for
from importcost.app.gate.pace import Pace
from importcost.app.profile.measured import profile_handler
from importcost.app.profile.request import Listener
from importcost.app.projects.configured import PlaceReader, of_project, project_reader
from importcost.app.projects.requests import names_a_project, nothing_measurable
from importcost.config.read import OWN_FILE, PROJECT_FILE, has_section, read_config
from importcost.config.start import MARGIN, StartingHandler, starting_configuration
from importcost.errors import Audience, MeasurementError, UsageError, worded
from importcost.files.read import read_named, reason_of
from importcost.files.replace import check_default_name, write_named
from importcost.gate.attribution import function_modules
from importcost.gate.subject import local_time
from importcost.model.profile import Profile, RunKind
from importcost.model.stats import median
from importcost.projects.find import chosen, project_file, split_place
from importcost.projects.folder import handler_in
from importcost.projects.functions import SEPARATOR, ProjectFunction
from importcost.targets.handler import resolve_target
from importcost.targets.plain.tree import project_packages, project_scripts
from importcost.targets.web_app import split_app


@dataclass(frozen=True, slots=True)
class FoundHandler:
    """A handler for the configuration; paths are relative to its folder.

    `source` is the file that names it. `project` is the place whose functions are all configured,
    if it is one of them.
    """

    name: str
    handler: str
    source: str
    root: str | None = None
    project: str | None = None
    plain: tuple[str, str] | None = None
    """The setting, and its value, of what is measured instead of a handler."""


@dataclass(frozen=True, slots=True)
class InitRequest:
    """The options of `importcost init`.

    `targets` are handlers and projects as for `importcost profile`, empty for those of `folder`.
    `in_project_file` appends to pyproject.toml instead of writing importcost.toml. `margin` is a
    share of each measured figure.
    """

    targets: tuple[str, ...] = ()
    folder: str = "."
    task_root: str | None = None
    memory_mb: int | None = None
    in_project_file: bool = False
    margin: float = MARGIN
    measure: bool = True
    how: HowToMeasure = field(default_factory=HowToMeasure)


@dataclass(frozen=True, slots=True)
class Started:
    """The file that was written, its handlers' names, and why some were not measured, by name."""

    file: str
    handlers: tuple[str, ...]
    unmeasured: tuple[tuple[str, str], ...]
    next_step: str = "importcost check holds the code against these budgets."


def write_configuration(request: InitRequest, listener: Listener) -> Started:
    """Measure the handlers and write the configuration; nothing existing is overwritten.

    A handler that cannot be measured is written with its budgets commented out. Raises UsageError
    if a configuration exists already, or no handler is found.
    """
    folder = Path(request.folder).resolve()
    file = folder / (PROJECT_FILE if request.in_project_file else OWN_FILE)
    check_default_name(file)
    before = _text_before(folder, file, request)
    read = project_reader()
    found = _named(request, folder, read) if request.targets else _found(folder, folder, read)
    found = found or _library(folder)
    if not found:
        raise UsageError(
            f"There is no handler in {folder}: no template names one, and no source "
            "defines handler(event, context) or lambda_handler; name it: importcost init FILE.py. "
            "Nor does a pyproject.toml with a table project name a package that is here."
        )
    started, unmeasured, pace = [], [], Pace(len(found))
    for one in found:
        where = pace.next() if request.measure else ""
        listener.note(f"Found {one.name}: {one.handler} (in {one.source}){where}.")
        start = _starting(one, request)
        try:
            start = _with_figures(start, folder, request, listener, read)
        except (MeasurementError, UsageError) as error:
            unmeasured.append((one.name, worded(error, Audience.SETTINGS)))
        started.append(start)
    text = starting_configuration(
        started,
        in_project_file=request.in_project_file,
        margin=request.margin,
        project=found[0].project,
    )
    text = f"{before.rstrip()}\n\n{text}" if before.strip() else text
    read_config(text, str(file))  # check must be able to read the file
    try:
        write_named(file, text.encode("utf-8"))
    except OSError as error:
        raise UsageError(
            f"The configuration {file} cannot be written ({error.strerror}): make its folder "
            "writable, or run importcost init in another one."
        ) from error
    return Started(str(file), tuple(one.name for one in started), tuple(unmeasured))


def _text_before(folder: Path, file: Path, request: InitRequest) -> str:
    """Return the content of pyproject.toml. Raises UsageError if a configuration is there."""
    own, project = folder / OWN_FILE, folder / PROJECT_FILE
    if own.exists():
        raise UsageError(
            f"{own} exists already: edit it, or remove it first to have it written again."
        )
    if not project.is_file():
        if request.in_project_file:
            raise UsageError(f"There is no {file} to add to: leave --pyproject out.")
        return ""
    try:
        text = read_named(project).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{project} cannot be read: {reason_of(error)}.") from error
    if has_section(text):
        raise UsageError(
            f"{project} has [tool.importcost] already: edit it, or remove it first to have it "
            "written again."
        )
    return text if request.in_project_file else ""


def _found(place: Path, folder: Path, read: PlaceReader) -> tuple[FoundHandler, ...]:
    """Return the functions of the project at a place, those that cannot be measured left out.

    Functions that a template names keep their settings there; those that only sources define are
    written with settings of their own. Paths are relative to `folder`. Raises UsageError if there
    are functions, and none can be measured here.
    """
    project = read(str(place))
    ready = [one for one in project.functions if one.problem is None]
    if project.functions and not ready:
        raise nothing_measurable(project)
    file = place / project_file(place) if place.is_dir() else place
    return tuple(_function(one, _relative(file, folder), folder) for one in ready)


def _library(folder: Path) -> tuple[FoundHandler, ...]:
    """Return the packages and scripts that the pyproject.toml of a folder names, for a library."""
    packages, scripts = project_packages(folder), project_scripts(folder)
    found = [
        FoundHandler(one, f"-m {one}", PROJECT_FILE, plain=("module", one)) for one in packages
    ]
    for name in scripts:
        line = f"{name} --help"
        own = f"{name}-help" if name in packages else name
        found.append(FoundHandler(own, f"--script {name}", PROJECT_FILE, plain=("script", line)))
    return tuple(found)


def _function(one: ProjectFunction, place: str, folder: Path) -> FoundHandler:
    """Return a function of the project at a place, as the file in `folder` has to name it."""
    if ".py:" in (one.handler or ""):
        file, _, function = str(one.handler).rpartition(":")
        path = _relative(Path(file), folder)
        return FoundHandler(one.name, f"{path}:{function}", path)
    source = _relative(Path(one.declared.file), folder)
    return FoundHandler(one.name, f"{place}{SEPARATOR}{one.name}", source, project=place)


def _of_project(text: str, folder: Path, read: PlaceReader) -> tuple[FoundHandler, ...]:
    """Return the functions that a project's place, or one function of it, names."""
    place, name = split_place(text)
    if name is None:
        return _found(Path(place).resolve(), folder, read)
    found = chosen(read(place), name)
    if found.problem is not None:
        raise nothing_measurable(replace(read(place), functions=(found,)))
    return (replace(_function(found, _relative(Path(place), folder), folder), project=None),)


def _named(request: InitRequest, folder: Path, read: PlaceReader) -> tuple[FoundHandler, ...]:
    """Return the targets named on the command line, as the file in `folder` has to name them."""
    found: list[FoundHandler] = []
    for text in request.targets:
        if names_a_project(text):
            several = len(request.targets) > 1  # only one project can be the configuration's own
            found += [
                replace(one, project=None) if several else one
                for one in _of_project(text, folder, read)
            ]
            continue
        if split_app(text) is not None:
            raise UsageError(
                f"init measures handlers, and {text} is a web app: write its table yourself, with "
                f'handler = "{text}" and adapter = "lwa".'
            )
        target = resolve_target(text, task_root=request.task_root)
        file = Path(target.handler_file)
        found_there = handler_in(file)
        function = target.function or (found_there and found_there[0])
        name = file.parent.name if file.stem in ("handler", "app", "main") else file.stem
        name = name or file.stem
        if any(one.name == name for one in found):
            name = f"{name}-{len(found) + 1}"
        path = _relative(file, folder)
        root = None if request.task_root is None else _relative(Path(target.task_root), folder)
        found.append(
            FoundHandler(name, f"{path}:{function}" if function else path, path, root=root)
        )
    counts = Counter(one.name for one in found)
    # Functions of two projects may have one name: each is called by its place, too.
    return tuple(
        replace(one, name=one.handler) if counts[one.name] > 1 and SEPARATOR in one.handler else one
        for one in found
    )


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _starting(one: FoundHandler, request: InitRequest) -> StartingHandler:
    return StartingHandler(
        name=one.name,
        handler=one.handler,
        root=one.root,
        memory_mb=request.memory_mb or 128,
        is_of_project=one.project is not None,
        plain=one.plain,
    )


def _with_figures(
    start: StartingHandler,
    folder: Path,
    request: InitRequest,
    listener: Listener,
    read: PlaceReader,
) -> StartingHandler:
    """Measure a handler with the configuration that will be written for it."""
    if not request.measure:
        return start
    text = starting_configuration([replace(start, is_of_project=False)], in_project_file=False)
    handler = read_config(text, str(folder / OWN_FILE)).handlers[0]
    own = of_project(handler, read)
    wanted = replace(request_for(own, request.how), placeholders=True, installs_missing=True)
    profile = profile_handler(wanted, listener)
    found = bill(profile, own).estimate
    local = local_time(profile)
    billed, cost = found.billed_init_ms, found.dollars_per_million
    return replace(
        start,
        init_ms=found.init_ms.value,
        import_ms=None if local is None else local.value,
        billed_init_ms=None if billed is None else billed.value,
        cost_per_million=None if cost is None else cost.value,
        modules=len(function_modules(profile)) or None,
        memory_mb_used=_memory_mb(profile),
        package_mb=_package_mb(profile),
        placeholders=bool(profile.supplies.placeholders),
        packages=tuple(dict.fromkeys(one.requirement for one in profile.supplies.packages)),
    )


def _package_mb(profile: Profile) -> float | None:
    """Return the unpacked size, None if it is only a lower bound."""
    package = profile.package
    return package.size_mb if package is not None and not package.lacking else None


def _memory_mb(profile: Profile) -> float | None:
    peaks: Sequence[float] = [
        run.peak_rss_kb / 1024
        for run in profile.runs
        if run.kind is RunKind.TIMED and run.peak_rss_kb is not None
    ]
    return median(peaks) if peaks else None
