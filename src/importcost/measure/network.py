"""Read the probe's record of what init asked of other machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from importcost.measure.runners.base import Layout
from importcost.model.profile import Target
from importcost.model.results.network import NetworkAttempt


def network_attempts(
    result: Mapping[str, Any], target: Target, layout: Layout
) -> tuple[NetworkAttempt, ...]:
    """Return the requests in a probe's result, with files as the host names them.

    A name that was looked up and then asked for is one place.
    """
    installed = _installed_in(target.task_root)
    attempts = []
    for place, frames in result.get("network") or ():
        shown = [(layout.on_host(file), line, module) for file, line, module in frames]
        attempts.append(_attempt(place, shown, target, installed))
    return tuple(attempts)


def _attempt(
    place: str,
    frames: Sequence[tuple[str, int, str | None]],
    target: Target,
    installed: frozenset[str],
) -> NetworkAttempt:
    own = next((one for one in frames if _is_own(one[0], target, installed)), None)
    library = frames[0][2] if frames and frames[0] is not own else None
    if own is None:
        return NetworkAttempt(place, None, None, library)
    return NetworkAttempt(place, own[0], own[1], library)


def _is_own(file: str, target: Target, installed: frozenset[str]) -> bool:
    """Return True for the function's own code: in its task root, of no package installed there."""
    if file == target.handler_file:
        return True
    path, root = Path(file), Path(target.task_root)
    if not path.is_relative_to(root):
        return False
    parts = path.relative_to(root).parts
    return parts[0].removesuffix(".py") not in installed and "site-packages" not in parts


def _installed_in(folder: str) -> frozenset[str]:
    """Return the top-level modules of the packages that are installed into a folder."""
    return frozenset(_tops(Path(folder)))


def _tops(folder: Path) -> Iterator[str]:
    for record in folder.glob("*.dist-info/RECORD"):
        try:
            lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            yield line.partition("/")[0].partition(",")[0].removesuffix(".py")
