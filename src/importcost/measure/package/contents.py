"""Put a package's size together: the task root, the packages deployed with it, and the layers."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.measure.deployed.distributions import Distribution
from importcost.measure.layout import layer_search_path
from importcost.measure.package.bytecode import BytecodeTally, PackedFolder
from importcost.measure.package.files import MOST_FILES, FolderWalk
from importcost.measure.package.loaded import LoadedPaths
from importcost.measure.package.owners import FileOwners
from importcost.measure.package.paths import name_of
from importcost.measure.package.services import ServiceFiles
from importcost.model.graph import FUNCTION, ImportGraph
from importcost.model.package.bytecode import PackageBytecode, Recipe
from importcost.model.package.size import DistributionSize, PackageForm, PackageSize, PlaceSize

FUNCTION_PLACE = "function"
_PYTHON = (".py", ".pyc")
_NATIVE = (".so", ".pyd", ".dll", ".dylib")


@dataclass(frozen=True, slots=True)
class LayerFolder:
    """A layer: the folder that it is unpacked in, and its name in reports."""

    packed: PackedFolder
    name: str


@dataclass(frozen=True, slots=True)
class PackageSources:
    """The folders and distributions that a function's package is put together from.

    `packed` is the task root if it holds what is deployed, dependencies included. `installed` are
    folders of packages that are deployed with it, and `environment` the distributions of the
    measuring environment that are. `lacking` says why there may be more, as sentences. `recipe` is
    the packager's for valid bytecode.
    """

    task_root: str
    python_version: str
    recipe: Recipe
    packed: PackedFolder | None = None
    layers: tuple[LayerFolder, ...] = ()
    installed: tuple[str, ...] = ()
    environment: tuple[Distribution, ...] = ()
    lacking: tuple[str, ...] = ()


def package_size(sources: PackageSources, graph: ImportGraph) -> PackageSize:
    """Return the unpacked size of what is deployed, with what of it init loaded."""
    loaded = LoadedPaths(graph)
    tally = BytecodeTally(sources.python_version, loaded)
    sums = _Sums(loaded, tally)
    is_built = sources.packed is not None
    walks = [FolderWalk(sources.task_root, is_built)]
    walks += [FolderWalk(folder, is_built=False) for folder in sources.installed]
    for number, walk in enumerate(walks):
        packed = sources.packed if number == 0 else None
        sums.add_walk(FUNCTION_PLACE, walk, FileOwners([walk.start]), packed)
    for distribution in sources.environment:
        sums.add_distribution(FUNCTION_PLACE, distribution)
    for layer in sources.layers:
        folder = layer.packed.folder
        walk = FolderWalk(folder, is_built=True)
        owners = FileOwners(layer_search_path(folder, sources.python_version))
        sums.add_walk(layer.name, walk, owners, layer.packed)
        walks.append(walk)
    return PackageSize(
        form=PackageForm.BUILT if is_built else PackageForm.SOURCES,
        places=sums.places(FUNCTION_PLACE, *(layer.name for layer in sources.layers)),
        distributions=sums.distributions(),
        services=sums.services.result(sums.own_sources),
        is_loading_known=loaded.is_known,
        lacking=(*sources.lacking, *_not_seen(walks)),
        left_out=tuple(sorted(walks[0].left_out)),
        bytecode=_bytecode(sources, tally),
    )


def _bytecode(sources: PackageSources, tally: BytecodeTally) -> PackageBytecode | None:
    """Return the bytecode of what was built, None if nothing was or it holds no source."""
    counts = tally.counts()
    if not counts:
        return None
    recipe = sources.recipe
    if tally.one_date is not None:
        recipe = replace(recipe, dates=f"their files are dated {tally.one_date} on Lambda")
    own = [FUNCTION_PLACE] if sources.packed is not None else []
    return PackageBytecode(
        python=sources.python_version,
        places=(*own, *(layer.name for layer in sources.layers)),
        counts=counts,
        examples=tuple(tally.examples),
        old_code=tuple(tally.old_code),
        recipe=recipe,
    )


def _not_seen(walks: Iterable[FolderWalk]) -> Iterator[str]:
    for walk in walks:
        if walk.is_cut:
            yield f"{walk.start} has more than {MOST_FILES:,} files: the rest is not counted"
        if walk.unread:
            yield f"{', '.join(walk.unread[:3])} in {walk.start} cannot be read"


class _Sums:
    """Adds files up by place and owner."""

    def __init__(self, loaded: LoadedPaths, tally: BytecodeTally) -> None:
        self._loaded = loaded
        self._tally = tally
        self._sizes: dict[tuple[str, str], DistributionSize] = {}
        self.services = ServiceFiles()
        self.own_sources: list[str] = []

    def add_walk(
        self, place: str, walk: FolderWalk, owners: FileOwners, packed: PackedFolder | None
    ) -> None:
        """Add a folder's files; the sources of one that was built also by their bytecode."""
        for path, facts in walk.files():
            if packed is not None and path.endswith(".py"):
                self._tally.add(path, facts, packed)
            owner = owners.of(path)
            if owner is None and path.endswith(".py"):
                self.own_sources.append(path)
            version = owners.versions.get(owner) if owner is not None else None
            self._add(place, owner or FUNCTION, version, path, facts.st_size)

    def add_distribution(self, place: str, distribution: Distribution) -> None:
        """Add the files of an environment's distribution, without its bytecode."""
        folder = os.path.realpath(distribution.folder)
        for parts in distribution.files():
            if parts[-1].endswith(".pyc"):
                continue
            path = "/".join((folder, *parts))
            try:
                facts = Path(path).stat()
            except OSError:
                continue
            if stat.S_ISREG(facts.st_mode):
                self._add(place, distribution.name, distribution.version, path, facts.st_size)

    def _add(self, place: str, owner: str, version: str | None, path: str, size: int) -> None:
        is_loaded = self._loaded.has(path)
        is_native = path.endswith(_NATIVE) or ".so." in name_of(path)
        is_data = not is_native and not path.endswith(_PYTHON)
        before = self._sizes.get((place, owner))
        if before is None:
            before = DistributionSize(owner, version, place, 0, 0, 0, 0, 0, 0)
        self._sizes[place, owner] = replace(
            before,
            files=before.files + 1,
            size_bytes=before.size_bytes + size,
            loaded_files=before.loaded_files + is_loaded,
            loaded_bytes=before.loaded_bytes + size * is_loaded,
            native_bytes=before.native_bytes + size * is_native,
            data_bytes=before.data_bytes + size * is_data,
        )
        self.services.add(path, size, is_loaded=is_loaded)

    def places(self, *names: str) -> tuple[PlaceSize, ...]:
        found = [
            (name, [one for one in self._sizes.values() if one.place == name]) for name in names
        ]
        return tuple(
            PlaceSize(name, sum(one.files for one in own), sum(one.size_bytes for one in own))
            for name, own in found
        )

    def distributions(self) -> tuple[DistributionSize, ...]:
        order = sorted(self._sizes.values(), key=lambda one: (-one.size_bytes, one.name))
        return tuple(order)
