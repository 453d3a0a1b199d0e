"""Find out what a place is, a project's folder, template or artefact, and read its functions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from importcost.errors import UsageError
from importcost.projects.folder import SKIPPED_FOLDERS, read_folder
from importcost.projects.functions import SEPARATOR, DeployedProject, ProjectFunction, ReadOptions
from importcost.projects.tools import TEMPLATE_NAMES, TOOLS, Tool

MAX_PROJECTS = 5_000
MAX_FOLDERS_DEEP = 8


def read_project_place(place: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of a folder, a template or an artefact.

    A folder without a file of a known tool is searched below for folders that have one, and if
    none has, for sources. Raises UsageError for a place that is no project or cannot be read.
    """
    if place.is_dir():
        return _of_folder(place, options)
    if not place.exists():
        raise UsageError(f"There is no {place}: name a project's folder, template or artefact.")
    tool = _tool_of(place)
    if tool is not None:
        return tool.read(place, options)
    raise UsageError(
        f"{place} is neither a template nor an artefact that importcost knows: name the project's"
        " folder, its template, or a handler's .py file."
    )


def is_of_a_tool(file: Path) -> bool:
    """Return True if a file is one that a known tool reads or writes."""
    return _tool_of(file) is not None


def _tool_of(file: Path) -> Tool | None:
    return next((tool for tool in TOOLS if tool.knows(file)), None)


def tool_files(folder: Path) -> Iterator[tuple[Tool, Path]]:
    """Yield the tools of a project's folder with their files, the one to be asked first first."""
    for tool in TOOLS:
        found = tool.finds(folder)
        if found is not None:
            yield tool, found


def project_file(folder: Path) -> str:
    """Return the name of the file that says what a folder deploys, `.` if none does."""
    found = next(tool_files(folder), None)
    return "." if found is None else found[1].relative_to(folder).as_posix()


def chosen(project: DeployedProject, name: str) -> ProjectFunction:
    """Return one function of a project by its name, or by the end of it if that is unique.

    Raises UsageError that lists what there is.
    """
    exact = [one for one in project.functions if one.name == name]
    ends = [one for one in project.functions if one.name.endswith(f"/{name}")]
    found = exact or ends or [one for one in project.functions if one.deployed_name == name]
    if len(found) == 1:
        return found[0]
    if found:
        same = _listed([one.name for one in found])
        raise UsageError(f"{project.place} has several functions {name}: name one of {same}.")
    import difflib

    names = [one.name for one in project.functions]
    lasts = {one.rpartition("/")[2].lower(): one for one in names}
    close = [lasts[one] for one in difflib.get_close_matches(name.lower(), lasts, 3)]
    hint = f"did you mean {' or '.join(close)}?" if close else f"it has {_listed(names)}."
    raise UsageError(f"{project.place} has no function {name}: {hint}")


def same_place(one: str, other: str) -> bool:
    """Return True if two places are the same project: a folder is that of the file it deploys."""
    first, second = Path(one).resolve(), Path(other).resolve()
    if first == second:
        return True
    if not (first.exists() and second.exists()) or first.is_dir() == second.is_dir():
        return False
    folder, file = (first, second) if first.is_dir() else (second, first)
    return file.parent == folder and project_file(folder) == file.name


def split_place(text: str) -> tuple[str, str | None]:
    """Return the place and the function's name of `PLACE::NAME`; None for all of a place."""
    place, mark, name = text.partition(SEPARATOR)
    return (place, name) if mark and name else (text.removesuffix(SEPARATOR), None)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return (", ".join(names[:10]) + more) if names else "none"


def _check_readable(folder: Path) -> None:
    """Raise UsageError for a template in a project's folder that may not be read."""
    for name in TEMPLATE_NAMES:
        file = folder / name
        if os.path.isfile(file) and not os.access(file, os.R_OK):  # noqa: PTH113
            raise UsageError(
                f"{file} cannot be read (Permission denied): allow reading it, or name another"
                " template."
            )


def _of_folder(folder: Path, options: ReadOptions) -> DeployedProject:
    _check_readable(folder)
    empty = None
    for tool, file in tool_files(folder):
        project = replace(tool.read(file, options), place=str(folder))
        if project.functions or project.notes:
            return replace(project, notes=(*project.notes, *_beside(folder, tool, file)))
        empty = empty or project
    found = list(_projects_below(folder))
    if not found:
        from importcost.projects.artefact import read_artefacts

        sources = read_folder(folder, options)
        if sources.functions:
            return sources
        archives = read_artefacts(folder, options)
        return archives if archives.functions else empty or sources
    functions: list[ProjectFunction] = []
    notes: list[str] = []
    options = replace(options, named=folder.resolve())
    for tool, file, prefix in found:
        try:
            project = tool.read(file, options)
        except UsageError as error:
            notes.append(str(error))
            continue
        functions += [replace(one, name=f"{prefix}/{one.name}") for one in project.functions]
        notes += project.notes
    tools = ", ".join(dict.fromkeys(tool.name for tool, _, _ in found))
    return DeployedProject(
        str(folder), str(folder.resolve()), tools, tuple(functions), tuple(notes)
    )


def _beside(folder: Path, tool: Tool, read: Path) -> Iterator[str]:
    """Yield a sentence if other files of a folder, not those that were read, deploy functions."""
    files = {file for other, file in tool_files(folder) if other.name != tool.name}
    files |= {folder / name for name in TEMPLATE_NAMES if (folder / name).is_file()}
    others = sorted(
        one.relative_to(folder).as_posix()
        for one in files - {read}
        if one.parent == folder and any(known.knows(one) for known in TOOLS)
    )
    if others:
        names = read.relative_to(folder).as_posix() if read.is_relative_to(folder) else str(read)
        yield (
            f"{names} was read; {_listed(others)} beside it may deploy functions, too: name the "
            "file to see them."
        )


def _projects_below(folder: Path) -> Iterator[tuple[Tool, Path, str]]:
    seen = 0
    for place, folders, _ in os.walk(folder):
        here = Path(place)
        relative = here.relative_to(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (name not in SKIPPED_FOLDERS or name == "cdk.out")
        )
        if len(relative.parts) >= MAX_FOLDERS_DEEP:
            folders.clear()
        found = next(tool_files(here), None) if relative.parts else None
        if found is not None:
            folders.clear()
            seen += 1
            if seen > MAX_PROJECTS:
                return
            yield (*found, relative.as_posix())
