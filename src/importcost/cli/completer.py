"""Tell click what a shell may complete: files, folders, and handlers of the configuration.

Imported only while a shell completes. Options name their kind of value by their metavar, so that
nothing has to be said twice.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import click
from click.shell_completion import CompletionItem

FILE_METAVARS = re.compile(r"(?:FILE|[A-Z]+\.json|EVENT|INTERPRETER|PATH|TARGET)\b")
FOLDER_METAVARS = re.compile(r"DIR\b")
FILES_ANYWAY = frozenset(("target", "targets", "base", "head", "layer"))
"""Parameters that take files whatever their metavar says: targets, and layers as a ZIP."""
HANDLER_NAMES = {("check", "handlers"): True, ("compare", "names"): False}
HANDLER_NAMES |= {("calibrate", "handler"): False}
"""Parameters that take a configured handler's name, by command; True if a file will do, too."""

PLAIN_WORD = re.compile(r"[\w./@%+=][\w./@%+=:-]*")
"""Words that no shell takes apart, and no command takes for an option."""


class HandlerName(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A handler's name in the nearest configuration; also a file if `or_file`.

    The script for bash takes files instead of all words before them: there, names win.
    """

    name = "text"

    def __init__(self, *, or_file: bool, in_bash: bool = False) -> None:
        self.or_file = or_file
        self.in_bash = in_bash

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the names that begin with `incomplete`, and the word that stands for files."""
        named = ctx.params.get("config")
        names = [one for one in configured_names(named) if one.startswith(incomplete)]
        items = [CompletionItem(one) for one in names]
        if self.or_file and not (items and self.in_bash):
            items.append(CompletionItem(incomplete, type="file"))
        return items


def with_completed_values(command: click.Command, shell: str) -> click.Command:
    """Return the command with parameters that complete files, folders and handlers.

    `shell` is the value with which the shell asks: its name comes first.
    """
    completed = copy.copy(command)
    completed.params = [copy.copy(one) for one in command.params]
    for parameter in completed.params:
        if isinstance(parameter.type, click.types.StringParamType):
            parameter.type = _type_for(command.name or "", parameter, shell)
    return completed


def _type_for(command: str, parameter: click.Parameter, shell: str) -> click.ParamType[Any]:
    name, metavar = parameter.name or "", (parameter.metavar or "").strip("['")
    if (command, name) in HANDLER_NAMES:
        or_file = HANDLER_NAMES[command, name]
        return HandlerName(or_file=or_file, in_bash=shell.startswith("bash"))
    if name in FILES_ANYWAY or FILE_METAVARS.match(metavar):
        return click.Path()
    return click.Path(file_okay=False) if FOLDER_METAVARS.match(metavar) else parameter.type


def configured_names(path: str | None) -> list[str]:
    """Return the handlers of the configuration at `path`, or the nearest; none if it is wrong.

    The functions of its project are among them. A name that a shell would read as more than one
    plain word is left out.
    """
    from importcost.config.read import load_config
    from importcost.errors import ImportcostError

    try:
        config = load_config(path)
        if config is not None and config.project is not None:
            from importcost.app.projects.configured import project_reader, with_project

            config = with_project(config, project_reader())
    except (ImportcostError, OSError):  # a prompt is no place for an error
        return []
    names = [] if config is None else [handler.name for handler in config.handlers]
    return [name for name in names if PLAIN_WORD.fullmatch(name)]
