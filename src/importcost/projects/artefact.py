"""A ZIP, or a folder of ZIPs, as a project: packages as they are deployed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.unpack import BROKEN_ARCHIVE, damage_of
from importcost.projects.folder import MAX_SOURCE_BYTES, handler_in_source
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)

MAX_LOOKED_AT_BYTES = 20_000_000
"""Bytes of all sources that are looked at for a handler."""
_USUAL_NAMES = ("lambda_function", "handler", "app", "main", "index", "function")


def read_artefact(file: Path, _options: ReadOptions) -> DeployedProject:
    """Return the function of a ZIP. Raises UsageError for a file that is not a ZIP.

    A ZIP does not say what its handler is: it is the one at its top that looks like one.
    """
    here = file.resolve()
    function = ProjectFunction(
        name=file.stem,
        declared=SourceLine(str(here), 1),
        handler=(found := _handler_in(here)),
        code=FunctionCode(CodeForm.ZIP, str(here), is_built=True),
        problem=None if found else "no file at its top has a function that looks like a handler",
    )
    return DeployedProject(str(file), str(here.parent), "ZIP", (function,))


def read_artefacts(folder: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of all ZIPs in a folder. Raises UsageError for a broken one."""
    files = sorted(folder.glob("*.zip"))
    functions = [one for file in files for one in read_artefact(file, options).functions]
    return DeployedProject(str(folder), str(folder.resolve()), "ZIP", tuple(functions))


def _handler_in(file: Path) -> str | None:
    try:
        with zipfile.ZipFile(file) as opened:
            sources = {
                info.filename.removesuffix(".py"): info
                for info in opened.infolist()
                if info.filename.endswith(".py")
                and "/" not in info.filename
                and info.file_size <= MAX_SOURCE_BYTES
            }
            usual = [name for name in _USUAL_NAMES if name in sources]
            left = MAX_LOOKED_AT_BYTES
            for name in (*usual, *sorted(set(sources) - set(usual))):
                left -= sources[name].file_size
                if left < 0:
                    break
                found = handler_in_source(opened.read(sources[name]))
                if found is not None:
                    return f"{name}.{found[0]}"
    except (*BROKEN_ARCHIVE, RuntimeError, OSError) as error:
        raise UsageError(
            f"{file} cannot be read as a ZIP ({damage_of(error)}): build it again."
        ) from error
    return None
