"""Find out what is deployed with a measured function, and how large it is unpacked."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from importcost.app.profile.deployed import Deployed
from importcost.app.profile.prepare import Prepared
from importcost.deferral.cost.flow import PRELOADED_PHASES
from importcost.files.unpack import archive_of
from importcost.measure.deployed.distributions import (
    Distribution,
    canonical,
    closure,
    installed_distributions,
    marker_environment,
)
from importcost.measure.package.bytecode import MOST_EXAMPLES, PackedFolder, counts_of
from importcost.measure.package.contents import LayerFolder, PackageSources, package_size
from importcost.measure.package.in_image import IMAGE_PLACE, distributions_in_image
from importcost.measure.package.packagers import DOCKER, known_packagers, packager_of
from importcost.measure.runners.base import Runner
from importcost.measure.runners.engines import image_size_bytes
from importcost.model.graph import RUNTIME, STDLIB, BytecodeState, ImportGraph
from importcost.model.package.bytecode import PackageBytecode, Recipe, ShippedState
from importcost.model.package.size import PackageForm, PackageSize, PlaceSize
from importcost.model.profile import Target

BUILD_FOLDERS = frozenset({".aws-sam", "cdk.out", ".serverless", ".chalice"})
"""Folders in which tools leave what they built."""
NOT_SAID = (
    "no requirements or lock file, layer or built package says what is deployed: of the measuring "
    "environment, only the packages that init loads and those that they require are counted"
)


NO_BASE = "the base image, and what else a Dockerfile adds, is not counted"
_STATES = {
    BytecodeState.VALID: ShippedState.VALID,
    BytecodeState.STALE: ShippedState.OTHER_DATE,
    BytecodeState.ABSENT: ShippedState.MISSING,
    BytecodeState.CHECKED_HASH: ShippedState.HASHED,
    BytecodeState.UNCHECKED_HASH: ShippedState.HASHED,
}


def deployed_package(
    prepared: Prepared, runner: Runner, extra_folders: Iterable[str], graph: ImportGraph
) -> PackageSize | None:
    """Return the unpacked size of what is deployed; None if it cannot be found out.

    `extra_folders` hold the packages that were supplied for the measurement: the deployed function
    has them too. `runner` looks into an image of the function's own.
    """
    if prepared.place.is_own_image:
        return _of_image(prepared, runner, graph)
    target, deployed = prepared.target, prepared.deployed
    python = prepared.settings.runtime.removeprefix("python")
    root = Path(target.task_root)
    is_image = prepared.settings.package_type == "image"
    packed = None
    if prepared.place.is_built or is_built(root):
        # Files that are copied into an image keep their dates, as those of an unpacked ZIP do.
        packed = PackedFolder(str(root), is_archive=True) if is_image else packed_folder(root)
    layers = tuple(layer_folders(target))
    built = [Path(layer.packed.folder) for layer in layers]
    if packed is not None or not built:
        built.insert(0, root)
    environment, is_said = _environment(deployed, graph, prepared.place.python_version)
    lacking = (*(() if is_said else (NOT_SAID,)), *((NO_BASE,) if is_image else ()))
    sources = PackageSources(
        task_root=target.task_root,
        python_version=python,
        recipe=_docker(python) if is_image else recipe_for(built, python),
        packed=packed,
        layers=layers,
        installed=(*_installed(deployed), *extra_folders),
        environment=environment,
        lacking=lacking,
    )
    return package_size(sources, graph)


def packed_folder(folder: Path) -> PackedFolder:
    """Return a built folder with the dates that its files will have on Lambda."""
    origin = archive_of(folder)
    if origin is not None:
        return PackedFolder(str(folder), is_archive=True)
    moment_s = packager_of(folder.resolve()).zip_moment_s
    return PackedFolder(str(folder), is_archive=False, moment_s=moment_s)


def recipe_for(folders: Sequence[Path], python: str) -> Recipe:
    """Return the recipe of what packed the first of these built folders, for all of them.

    A folder is named from its tool's own folder on, an unpacked ZIP as the folder that is zipped.
    """
    first = (archive_of(folders[0]) or folders[0]).resolve()
    names = dict.fromkeys(_name_of(folder) for folder in folders)
    return packager_of(first).recipe(python, *names)


def _name_of(folder: Path) -> str:
    if archive_of(folder) is not None:
        return "."
    place = folder.resolve()
    named = [at for at, part in enumerate(place.parts) if part in BUILD_FOLDERS]
    return "/".join(place.parts[named[0] :]) if named else place.name


def is_built(root: Path) -> bool:
    """Return True if a task root holds what is deployed, dependencies included, and nothing else.

    That is an unpacked ZIP, a tool's own build folder, and a folder with distributions in it.
    """
    if archive_of(root) is not None or BUILD_FOLDERS & set(root.parts):
        return True
    return bool(installed_distributions([str(root)]))


def layer_folders(target: Target) -> Iterable[LayerFolder]:
    """Yield the layers in their order, named by number and by their folder or ZIP."""
    for number, folder in enumerate(target.layers, 1):
        origin = archive_of(Path(folder))
        name = origin.stem if origin is not None else Path(folder).name
        yield LayerFolder(packed_folder(Path(folder)), f"layer {number} ({name})")


def _installed(deployed: Deployed) -> tuple[str, ...]:
    """Return the folders of installed packages that are no views of an environment."""
    views = {view for view, _ in deployed.packages.views}
    return tuple(one for one in deployed.packages.installed if one not in views)


def _environment(
    deployed: Deployed, graph: ImportGraph, python_version: str
) -> tuple[tuple[Distribution, ...], bool]:
    """Return the environment's distributions that are deployed, and False if that is a guess."""
    if not deployed.packages.views:
        return (), True
    shown = {name: deployed.environment[name] for name in deployed.shown}
    if deployed.is_said:
        return tuple(shown.values()), True
    needed = _needed(shown, graph, python_version)
    return tuple(shown[name] for name in sorted(needed)), not needed


def _needed(
    shown: Mapping[str, Distribution], graph: ImportGraph, python_version: str
) -> frozenset[str]:
    """Return the distributions that init loads, and what they require."""
    folders = {os.path.realpath(one) for one in {one.folder for one in shown.values()}}
    loaded = {
        name
        for module in graph.modules
        if module.file is not None
        and not module.from_runtime
        and (name := canonical(module.distribution)) in shown
        and any(os.path.realpath(module.file).startswith(f"{folder}/") for folder in folders)
    }
    return closure(sorted(loaded), shown, marker_environment(python_version)).names


def _docker(python: str) -> Recipe:
    return known_packagers()[DOCKER].recipe(python, ".")


def _of_image(prepared: Prepared, runner: Runner, graph: ImportGraph) -> PackageSize | None:
    engine = prepared.choice.engine
    size = image_size_bytes(engine, prepared.image) if engine is not None else None
    if size is None:
        return None
    distributions, services = distributions_in_image(runner, graph)
    place = PlaceSize(IMAGE_PLACE, sum(one.files for one in distributions), size)
    python = prepared.settings.runtime.removeprefix("python")
    return PackageSize(
        form=PackageForm.IMAGE,
        places=(place,),
        distributions=distributions,
        services=services,
        is_loading_known=bool(distributions) and graph.files is not None,
        bytecode=bytecode_in_image(graph, python),
    )


def bytecode_in_image(graph: ImportGraph, python: str) -> PackageBytecode | None:
    """Return the bytecode of the modules that init loads from an image, as the probe saw it there.

    The interpreter's own library and the runtime's packages are the base image's affair.
    """
    loaded = [
        (one.file or one.name, _STATES[one.bytecode])
        for one in graph.modules
        if one.bytecode in _STATES
        and one.distribution not in (STDLIB, RUNTIME)
        and one.phase not in PRELOADED_PHASES
        and not one.from_runtime
    ]
    counts = Counter(state for _, state in loaded)
    if not loaded:
        return None
    return PackageBytecode(
        python=python,
        places=(IMAGE_PLACE,),
        counts=counts_of(counts, counts),
        examples=tuple(file for file, state in loaded if state.is_compiled)[:MOST_EXAMPLES],
        old_code=(),
        recipe=_docker(python),
    )
