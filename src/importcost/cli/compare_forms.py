"""`importcost compare --adapters`: one web app under its server and behind bridges."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from importcost.cli.gate_outputs import GateOutputs
from importcost.cli.listener import terminal_listener
from importcost.cli.options import Given, parse_environment, terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.declaration import ENV, ENV_FILE, option_of
from importcost.errors import UsageError
from importcost.parameters import Parameter

if TYPE_CHECKING:
    from importcost.app.adapters.compare_adapters import AdaptersRequest

OWN = (
    Parameter.TASK_ROOT,
    Parameter.PYTHON,
    Parameter.REQUIREMENTS,
    Parameter.PACKAGES,
    Parameter.NO_INSTALL,
    Parameter.MEMORY,
    Parameter.ENV,
    Parameter.ENV_FILE,
)
"""Options of a measurement that compare takes for --adapters only."""
_SHARED = (
    *(Parameter.SERVER, Parameter.TIMEOUT, Parameter.IMAGE, Parameter.NETWORK),
    Parameter.RUNNER,
)


def own_names() -> Collection[str]:
    """Return the names of the options that need --adapters."""
    return {"request_text", "pages", *(option_of(one).name for one in OWN)}


def applying_names() -> Collection[str]:
    """Return the names of all options and arguments that apply to --adapters."""
    shared = {option_of(one).name for one in _SHARED}
    outputs = {"as_json", "markdown", "pages", "verbose", "quiet"}
    return {"base", "adapters", *own_names(), *shared, *outputs}


def compare_forms(app: str, options: Given, outputs: GateOutputs) -> None:
    """Measure the app's forms and show them. Raises as the use case does."""
    from importcost.app.adapters.compare_adapters import compare_adapters
    from importcost.reports.adapters.terminal import render_adapters

    request = _request(app, options)
    with terminal_listener(quiet=outputs["quiet"], verbose=outputs["verbose"]) as told:
        found = compare_adapters(request, told)
    if outputs["markdown"] is not None:
        from importcost.reports.adapters.exports import render_adapters_markdown
        from importcost.reports.output import write_output

        write_output(outputs["markdown"], render_adapters_markdown(found))
    pages: tuple[str, ...] = options["pages"]
    if pages:
        from importcost.cli.outputs import write_all
        from importcost.reports.adapters.page import render_adapters_page

        page = render_adapters_page(found)
        write_all([(path, page) for path in pages])
    if outputs["as_json"]:
        from importcost.reports.adapters.exports import render_adapters_json

        show(render_adapters_json(found))
    elif not outputs["quiet"]:
        show(render_adapters(found, width=terminal_width(), colour=wants_colour()))
    if pages and not outputs["quiet"]:
        for path in pages:
            show(f"Report: {path}", err=outputs["as_json"])


def _request(app: str, options: Given) -> AdaptersRequest:
    from importcost.app.adapters.compare_adapters import AdaptersRequest, form_names
    from importcost.app.profile.request import ProfileRequest, check_request
    from importcost.targets.web_app import parse_request, split_app

    names = form_names(options["adapters"])
    if split_app(app) is None:
        raise UsageError(f"--adapters compares a web app, and {app} names none: write main:app.")
    try:
        first = parse_request(options["request_text"] or "GET /")
    except ValueError:
        raise UsageError(
            f"--request '{options['request_text']}' is not a request: write it like 'GET /chat'."
        ) from None
    fields: dict[str, Any] = {"adapter": "lwa"}
    for parameter in (*OWN, *_SHARED):
        option = option_of(parameter)
        value = options[option.name]
        if parameter is Parameter.RUNNER and value is None:
            value = "auto" if options["image"] else "local"
        fields.update(option.fields(value))
    environment = parse_environment(options[ENV.name], options[ENV_FILE.name])
    fields.update(ENV.fields(environment))
    measure = ProfileRequest(target=app, **fields)
    check_request(measure)
    return AdaptersRequest(measure, names, first)
