"""List the functions of a project as its files describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from importcost.declaration import REGIONS
from importcost.errors import UsageError
from importcost.projects.functions import DeployedProject, ReadOptions


def list_functions(
    text: str,
    *,
    parameters: tuple[str, ...] = (),
    stage: str | None = None,
    with_values: bool = False,
) -> DeployedProject:
    """Return the project that `PLACE` or `PLACE::NAME` names; of the latter, the one function.

    `parameters` are `KEY=VALUE` texts. `aws:NAME` is a deployed function, whose files are fetched;
    `with_values` reads the values of its variables, too. Raises UsageError for a place that cannot
    be read, or a function that it does not have, and AccountError as AWS answers.
    """
    from importcost.app.account.target import deployed_project, names_a_deployed_function

    if names_a_deployed_function(text):
        return deployed_project(text, with_values=with_values)
    from importcost.projects.find import chosen, read_project_place, split_place

    place, name = split_place(text)
    if not place:
        raise UsageError("The place before :: is empty: name a project's folder or template.")
    options = ReadOptions(named_values(parameters), stage, REGIONS[0])
    project = read_project_place(_path(place), options)
    if name is not None:
        return replace(project, functions=(chosen(project, name),))
    return project


def shown_place(project: DeployedProject) -> str:
    """Return a project's place as reports name it: the folder's own name for one like `..`."""
    is_plain = Path(project.place).name not in ("", ".", "..")
    return project.place if is_plain else Path(project.folder).name or project.folder


def named_values(texts: tuple[str, ...]) -> Mapping[str, str]:
    """Return the values of `KEY=VALUE` texts. Raises UsageError for a text without either."""
    found = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise UsageError("A parameter has no value: write --parameter KEY=VALUE.")
        found[key] = value
    return found


def _path(place: str) -> Path:
    try:
        path = Path(place)
        path.exists()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        shown = f"{place[:60]}..." if len(place) > 60 else place
        raise UsageError(f"{shown} cannot be read ({reason}): name a project's folder.") from error
    return path
