"""The package inside the function's own image, added up by a program that runs in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from importcost.measure.deployed.distributions import canonical
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Runner
from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, ImportGraph
from importcost.model.package.size import DistributionSize, ServiceData

IMAGE_PLACE = "image"
_TIMEOUT_S = 120.0


def distributions_in_image(
    runner: Runner, graph: ImportGraph
) -> tuple[tuple[DistributionSize, ...], ServiceData | None]:
    """Return the distributions of the task root and the search path, and botocore's services.

    The interpreter's own library and the runtime's folder belong to the base image and do not
    count. Both are empty if the program did not end, as in an image without room for it.
    """
    layout = runner.layout
    loaded = [one.file for one in graph.modules if one.file is not None]
    loaded += [one.path for one in graph.files or ()]
    spec = {
        "roots": list(dict.fromkeys((layout.task_root, *layout.search_path, *_sites(graph)))),
        "loaded": [layout.inside(path) for path in loaded],
    }
    words = ("{scratch}/package_files.py", "{scratch}/package.json", "{scratch}/result.json")
    files = {"package_files.py": read_program("package_files.py"), "package.json": json.dumps(spec)}
    launch = runner.launch(words, files, _TIMEOUT_S)
    if launch.result is None:
        return (), None
    return _sizes(launch.result), _services(launch.result)


def _sites(graph: ImportGraph) -> list[str]:
    """Return the site folders that init loaded packages from: pip without --target fills one."""
    found = []
    for module in graph.modules:
        if module.file is None or module.distribution in (STDLIB, RUNTIME, FUNCTION):
            continue
        head, mark, _ = module.file.rpartition("/site-packages/")
        if mark and not module.from_runtime:
            found.append(f"{head}/site-packages")
    return found


def _sizes(result: Mapping[str, Any]) -> tuple[DistributionSize, ...]:
    rows = []
    for name, version, files, size, loaded_files, loaded, native, data in result["sums"]:
        owner = FUNCTION if name is None else canonical(name)
        rows.append(
            DistributionSize(
                owner, version, IMAGE_PLACE, files, size, loaded_files, loaded, native, data
            )
        )
    return tuple(sorted(rows, key=lambda one: (-one.size_bytes, one.name)))


def _services(result: Mapping[str, Any]) -> ServiceData | None:
    rows = result["services"]
    if not rows:
        return None
    return ServiceData(
        distribution="botocore",
        services=len(rows),
        size_bytes=sum(size for _, size, _ in rows),
        loaded=tuple(sorted(name for name, _, is_loaded in rows if is_loaded)),
        named=(),
        used_bytes=sum(size for _, size, is_loaded in rows if is_loaded),
        is_certain=True,
    )
