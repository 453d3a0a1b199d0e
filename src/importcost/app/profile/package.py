"""Find out what is deployed with a measured function, and how large it is unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from importcost.app.profile.deployed import Deployed
from importcost.app.profile.prepare import Prepared
from importcost.files.unpack import archive_of
from importcost.measure.deployed.distributions import (
    Distribution,
    canonical,
    closure,
    installed_distributions,
    marker_environment,
)
from importcost.measure.package.contents import LayerFolder, PackageSources, package_size
from importcost.measure.runners.engines import image_size_bytes
from importcost.model.graph import ImportGraph
from importcost.model.package.size import PackageForm, PackageSize, PlaceSize
from importcost.model.profile import Target

BUILD_FOLDERS = frozenset({".aws-sam", "cdk.out", ".serverless", ".chalice"})
"""Folders in which tools leave what they built."""
NOT_SAID = (
    "no requirements or lock file, layer or built package says what is deployed: of the measuring "
    "environment, only the packages that init loads and those that they require are counted"
)


def deployed_package(
    prepared: Prepared, extra_folders: Iterable[str], graph: ImportGraph
) -> PackageSize | None:
    """Return the unpacked size of what is deployed; None if it cannot be found out.

    `extra_folders` hold the packages that were supplied for the measurement: the deployed function
    has them too.
    """
    if prepared.place.is_own_image:
        return _of_image(prepared)
    target = prepared.target
    deployed = prepared.deployed
    python_version = prepared.place.minor_version
    environment, is_said = _environment(deployed, graph, prepared.place.python_version)
    sources = PackageSources(
        task_root=target.task_root,
        python_version=python_version,
        is_built=is_built(target.task_root),
        layers=tuple(layer_folders(target)),
        installed=(*_installed(deployed), *extra_folders),
        environment=environment,
        lacking=() if is_said else (NOT_SAID,),
    )
    return package_size(sources, graph)


def is_built(task_root: str) -> bool:
    """Return True if a task root holds what is deployed, dependencies included, and nothing else.

    That is an unpacked ZIP, a tool's own build folder, and a folder with distributions in it.
    """
    root = Path(task_root)
    if archive_of(root) is not None or BUILD_FOLDERS & set(root.parts):
        return True
    return bool(installed_distributions([task_root]))


def layer_folders(target: Target) -> Iterable[LayerFolder]:
    """Yield the layers in their order, named by number and by their folder or ZIP."""
    for number, folder in enumerate(target.layers, 1):
        origin = archive_of(Path(folder))
        name = origin.stem if origin is not None else Path(folder).name
        yield LayerFolder(folder, f"layer {number} ({name})")


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
    folders = {os.path.realpath(one.folder) for one in shown.values()}
    loaded = {
        canonical(module.distribution)
        for module in graph.modules
        if module.file is not None
        and not module.from_runtime
        and any(os.path.realpath(module.file).startswith(f"{folder}/") for folder in folders)
    }
    return closure(sorted(loaded & set(shown)), shown, marker_environment(python_version)).names


def _of_image(prepared: Prepared) -> PackageSize | None:
    engine = prepared.choice.engine
    size = image_size_bytes(engine, prepared.image) if engine is not None else None
    if size is None:
        return None
    place = PlaceSize("image", 0, size)
    return PackageSize(PackageForm.IMAGE, (place,), (), is_loading_known=False)
