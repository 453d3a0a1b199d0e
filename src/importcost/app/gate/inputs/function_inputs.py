"""The inputs of one handler's check: its own code, packages, layers and further files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from importcost.app.gate.inputs.closure import (
    AskedBy,
    LoadableFiles,
    SourceIndex,
    looked_for,
    reach,
)
from importcost.app.gate.inputs.mentions import Manner, names_in
from importcost.app.gate.inputs.search_folders import TASK_ROOT
from importcost.app.profile.prepare import find_plain
from importcost.app.profile.request import ProfileRequest
from importcost.files.cache import cache_folder
from importcost.files.unpack import archive_of
from importcost.model.plain import PlainChoice, TargetKind
from importcost.processes.local_projects import project_of
from importcost.targets.handler import resolve_target
from importcost.targets.plain.package import is_module_name
from importcost.targets.plain.tree import PROJECT_FILE, imported_names
from importcost.targets.requirements import Requirements, find_requirements

_PATH_VARIABLE = "PYTHONPATH"


@dataclass(frozen=True, slots=True)
class WholeFolder:
    """A folder of which every file counts, or every module; `why` is a clause for the user."""

    path: str
    why: str
    only_modules: bool = False


@dataclass(frozen=True, slots=True)
class FunctionInputs:
    """Everything in files that a handler's check depends on, by absolute paths.

    `files` are single files with a clause that says why each counts. `requirements` is what the
    function sees of its list of packages. `unknown` says why the files cannot be told, None if
    they can: such a handler depends on everything.
    """

    reached: LoadableFiles = field(default_factory=LoadableFiles)
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[WholeFolder, ...] = ()
    requirements: Requirements | None = None
    task_root: str | None = None
    unknown: str | None = None


def inputs_of(request: ProfileRequest, sources: SourceIndex, top: str) -> FunctionInputs:
    """Return the inputs of the handler that a request measures, in the repository at `top`.

    Raises UsageError if its files or requirements are not there.
    """
    choice = request.plain
    if choice is not None:
        return _plain_inputs(request, choice, sources)
    if request.is_own_image:
        return FunctionInputs(unknown=f"its code is in the image {request.image}")
    target = resolve_target(
        request.target,
        task_root=request.task_root,
        layers=request.layers,
        environment=request.environment,
        elsewhere=True,
    )
    files: dict[str, str] = {}
    folders: list[WholeFolder] = []
    roots = [target.task_root]
    for layer in target.layers:
        _add_place(layer, "its layer", files, folders)
        roots += _layer_roots(layer)
    if is_in_cache(target.task_root):
        _add_place(target.task_root, "its package", files, folders)
    elif request.adapter is not None:
        folders.append(WholeFolder(target.task_root, "its server may load it", only_modules=True))
    elif weighs_package(request):
        folders.append(WholeFolder(target.task_root, "its package is judged"))
    found = find_requirements(
        request.requirements, target.handler_file, target.task_root
    ).requirements
    if found is not None:
        files[found.path] = "its list of packages"
        folders += [WholeFolder(one, f"{_name(found.path)} names it") for one in _projects(found)]
    _add_linked(folders, files, sources)
    _add_said(request, folders, files)
    texts = [word for value in request.environment.values() for word in names_in(value)]
    added = request.environment.get(_PATH_VARIABLE, "").split(":")
    roots += [place for one in added if (place := _deployed_at(one, target.task_root))]
    reached = reach([target.module], roots, sources, texts)
    if any("$" in one for one in added):
        reached.anywhere = reached.anywhere or AskedBy(None, 0, Manner.FILES)
    if request.task_root is None:
        _watch_root(target.handler_file, top, sources, reached)
    return FunctionInputs(reached, files, tuple(folders), found, target.task_root)


def _plain_inputs(
    request: ProfileRequest, choice: PlainChoice, sources: SourceIndex
) -> FunctionInputs:
    """Return the inputs of what is not a handler: the user's own modules that it may load."""
    target = find_plain(request, choice)[0]
    plain, files, folders = target.plain, dict[str, str](), list[WholeFolder]()
    modules = [target.module]
    if choice.kind is TargetKind.FILE:
        files[os.path.realpath(target.handler_file)] = "it is run"
        modules = [Path(target.handler_file).stem]
    elif plain is not None and plain.text is not None:
        modules = [*imported_names(plain.text)]
    if not all(is_module_name(one) for one in modules):
        folders.append(WholeFolder(target.task_root, "it may load it", only_modules=True))
    if plain is not None:
        files[str(Path(plain.folder, PROJECT_FILE))] = "it names scripts and extras"
    _add_said(request, folders, files)
    texts = [word for value in request.environment.values() for word in names_in(value)]
    roots = [*(plain.search_path if plain else ()), target.task_root]
    reached = reach([one for one in modules if is_module_name(one)], roots, sources, texts)
    return FunctionInputs(reached, files, tuple(folders), None, target.task_root)


def _deployed_at(path: str, task_root: str) -> str | None:
    """Return the source folder of a folder on PYTHONPATH, None for one that is not deployed."""
    if path.startswith(TASK_ROOT):
        path = path[len(TASK_ROOT) :].lstrip("/") or "."
    if not path or path.startswith("/"):
        return None  # /opt: layers count with all their files
    return os.path.normpath(Path(task_root, path))


def _watch_root(handler_file: str, top: str, sources: SourceIndex, reached: LoadableFiles) -> None:
    """Note changed files by which the handler's task root is recognised in the folders above it."""
    above = [str(one) for one in Path(handler_file).parents if one.is_relative_to(top)]
    mentions = sources.names(handler_file).mentions
    names = {one.name for one in mentions if one.manner is Manner.IMPORT and not one.level}
    for probe, origin in looked_for(["__init__", *sorted(names)], above, sources).items():
        reached.hits.setdefault(probe, origin)


def weighs_package(request: ProfileRequest) -> bool:
    """Return True if a budget or rule looks at every file of the package, not at modules alone."""
    configured = request.configured
    return request.is_built or (
        configured is not None and configured.budgets.max_package_mb is not None
    )


def _add_linked(folders: list[WholeFolder], files: dict[str, str], sources: SourceIndex) -> None:
    """Add what symbolic links in folders lead to: it is deployed with them."""
    for one in tuple(folders):
        for link in sources.links(one.path):
            real, why = sources.real(link), f"{one.why}, by its link {Path(link).name}"
            if os.path.isdir(real):  # noqa: PTH112
                folders.append(WholeFolder(real, why, one.only_modules))
            elif os.path.isfile(real) and (real.endswith(".py") or not one.only_modules):  # noqa: PTH113
                files.setdefault(real, why)


def _add_said(request: ProfileRequest, folders: list[WholeFolder], files: dict[str, str]) -> None:
    """Add the files that the handler's setting `inputs` names."""
    configured = request.configured
    for pattern in configured.inputs if configured is not None else ():
        place = Path(pattern)
        if place.is_dir():
            folders.append(WholeFolder(str(place.resolve()), "its setting inputs names it"))
        else:
            files[os.path.realpath(place)] = "its setting inputs names it"


def _add_place(place: str, why: str, files: dict[str, str], folders: list[WholeFolder]) -> None:
    """Add a folder; one in the cache stands for the ZIP that it was unpacked from."""
    if not is_in_cache(place):
        folders.append(WholeFolder(os.path.realpath(place), why))
        return
    archive = archive_of(Path(place))
    if archive is not None:
        files[os.path.realpath(archive)] = why


def is_in_cache(place: str) -> bool:
    """Return True for what was unpacked or written from a ZIP or a template: those count."""
    return Path(place).resolve().is_relative_to(cache_folder().resolve())


def _layer_roots(layer: str) -> list[str]:
    inner = Path(layer, "python")
    versions = sorted(inner.glob("lib/python3.*/site-packages"))
    return [str(one) for one in (*versions, inner)]


def _projects(requirements: Requirements) -> list[str]:
    """Return the folders of local projects that a list of packages names."""
    folder = Path(requirements.path).parent
    found = (project_of(line, folder) for line in requirements.lines)
    return list(dict.fromkeys(str(one) for one in found if one is not None))


def _name(path: str) -> str:
    return Path(path).name
