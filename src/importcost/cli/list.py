"""`importcost list`: the functions of a project, before any of them is measured."""

from __future__ import annotations

import click

from importcost.cli.options import click_option, terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.declaration import STAGE, TEMPLATE_PARAMETER


@click.command("list")
@click.argument("target", default=".")
@click_option(TEMPLATE_PARAMETER)
@click_option(STAGE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, target: str, parameter: tuple[str, ...], stage: str | None, as_json: bool) -> None:
    """List the Lambda functions that a project deploys, and what its files leave open.

    TARGET is a project's folder, a template or an artefact; PLACE::NAME is one function of it.
    Nothing is run and nothing is fetched.
    """
    from importcost.app.projects.listing import list_functions
    from importcost.reports.terminal.projects.functions import functions_json, render_functions

    project = list_functions(target, parameters=parameter, stage=stage)
    if as_json:
        show(functions_json(project), nl=False)
        return
    show(render_functions(project, width=terminal_width(), colour=wants_colour()))
