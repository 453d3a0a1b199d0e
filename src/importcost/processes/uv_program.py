"""Find a uv that starts here: a version manager's shim may refuse in a folder of another Python."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path

from importcost.processes.bounded import run

SHIM_TIMEOUT_S = 30.0


def find_uv() -> str | None:
    """Return the path of a uv that starts in the current folder, None if there is none.

    pyenv's shim ends with an error where a .python-version names a Python that has no uv, or that
    is not installed; uv itself needs neither.
    """
    return _found(os.environ.get("PATH", ""), str(Path.cwd()))


@lru_cache(maxsize=64)
def _found(path: str, _folder: str) -> str | None:
    folders = path.split(os.pathsep)
    uv = shutil.which("uv", path=path)
    if uv is None or not _is_shim(Path(uv)) or _starts(uv):
        return uv
    behind = sorted(Path(uv).parents[1].glob("versions/*/bin/uv"), reverse=True)
    rest = [one for one in folders if Path(one).name != "shims"]
    other = shutil.which("uv", path=os.pathsep.join(rest))
    return next((one for one in (other, *map(str, behind)) if one and _starts(one)), None)


def _is_shim(uv: Path) -> bool:
    return uv.parent.name == "shims"


def _starts(uv: str) -> bool:
    try:
        return run([uv, "--version"], timeout_s=SHIM_TIMEOUT_S).exit_code == 0
    except OSError:
        return False
