"""Show a function's layers at /opt to one launch: programs in them name files by that path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from importcost.measure.runners.container.host_folder import HostFolder
from importcost.measure.runners.private_folders import NotPrivateError

OPT = "/opt"


class ShownInOpt(NamedTuple):
    """The folders to hide, and what is to be seen in them instead: pairs of source and path."""

    folders: tuple[str, ...]
    binds: tuple[tuple[str, str], ...]


def shown_in_opt(merged: HostFolder, layers: tuple[str, ...]) -> ShownInOpt:
    """Return what shows these layers at /opt; `merged` holds several as one.

    Raises NotPrivateError if this machine has no such folder to show them in.
    """
    if os.path.realpath(OPT) != OPT or not Path(OPT).is_dir():
        raise NotPrivateError(f"it has no folder {OPT} in which to show the layers")
    folder = merged.opt_folder(tuple(Path(layer) for layer in layers))
    entries = sorted(folder.iterdir()) if folder is not None else []
    binds = tuple((os.path.realpath(entry), f"{OPT}/{entry.name}") for entry in entries)
    return ShownInOpt((OPT,), binds)
