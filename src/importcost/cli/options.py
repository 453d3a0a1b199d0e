"""The options that describe a measurement, shared by every command that measures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from importcost.declaration import (
    ENV,
    ENV_FILE,
    MEASUREMENT,
    OF_LAMBDA,
    PLAIN,
    PRECISE,
    STAGE,
    TEMPLATE_PARAMETER,
    WITH_VALUES,
    Choice,
    Kind,
    Option,
    Seconds,
    Switch,
    Texts,
    Whole,
    option_of,
)
from importcost.errors import UsageError, remedy, words
from importcost.files.read import read_named
from importcost.parameters import Parameter

if TYPE_CHECKING:
    from importcost.app.profile.request import ProfileRequest
    from importcost.projects.functions import DeployedProject

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
Given = Mapping[str, Any]
"""The values of the declared options, by their names, as click passes them."""


def click_option(option: Option) -> Decorator:
    """Return click's option of a declared one."""
    kind = option.kind
    names = [option.flag, *filter(None, [option.short]), option.name]
    if isinstance(kind, Switch):
        return click.option(*names, is_flag=True, help=option.help)
    is_repeatable = isinstance(kind, Texts)
    return click.option(
        *names,
        type=_type_of(kind),
        metavar=option.metavar or option.parameter.value.metavar or None,
        multiple=is_repeatable,
        default=None if is_repeatable else option.default,
        show_default=not is_repeatable and option.default is not None,
        help=option.help,
    )


def _type_of(kind: Kind) -> Any:
    if isinstance(kind, Choice):
        return click.Choice(kind.words)
    if isinstance(kind, Seconds):
        return click.FloatRange(min=kind.least)
    if not isinstance(kind, Whole):
        return str
    has_bounds = kind.least is not None or kind.most is not None
    return click.IntRange(kind.least, kind.most) if has_bounds else int


def measure_options(command: Command) -> Command:
    """Give a command all declared options of a measurement, in this order in its help."""
    for option in reversed(MEASUREMENT):
        command = click_option(option)(command)
    return command


def plain_options(command: Command) -> Command:
    """Give a command the options that name something else to measure than a handler."""
    for option in reversed(PLAIN):
        command = click_option(option)(command)
    return command


precise_option = click_option(PRECISE)


def shared_option(parameter: Parameter, **changes: Any) -> Decorator:
    """Return one declared option for a command that takes few, with `changes`."""
    return click_option(option_of(parameter)._replace(**changes))


def each_runs(fewest: int) -> str:
    """Return the help of --runs for several handlers, which are measured precisely."""
    return f"Launches of each handler, at least {fewest}. Default: until known to 2 %."


def request_of(
    target: str,
    options: Given,
    *,
    precise: bool | None = None,
    whole: bool = False,
    project: DeployedProject | None = None,
) -> ProfileRequest:
    """Return the request that the options make. Raises UsageError for impossible values.

    `precise` is the value of `precise_option`, None for a command that is always precise. `whole`
    leaves a project's place as the target, for a command that measures all its functions. `project`
    is what the target names if it has been read already.
    """
    from importcost.app.profile.platform_fit import fit_platform
    from importcost.app.profile.request import ProfileRequest, check_request
    from importcost.app.projects.requests import names_a_project

    if precise and options["runs"] is not None:
        raise UsageError(
            "--runs sets the number of launches and --precise lets the figures decide: "
            "leave one of the two out."
        )
    fields = PRECISE.fields(precise is not False)
    for option in (*MEASUREMENT, *(one for one in PLAIN if one.name in options)):
        fields.update(option.fields(options[option.name]))
    environment = parse_environment(options[ENV.name], options[ENV_FILE.name])
    fields.update(ENV.fields(environment))
    request = ProfileRequest(target=target, **fields)
    plain = request.plain
    if plain is not None:
        request = replace(request, target=plain.label)
        _check_alone(target, plain.parameter)
    if plain is None and names_a_project(target) and not whole:
        from importcost.app.projects.requests import request_in_project

        request = request_in_project(
            request,
            given_fields(),
            parameters=options[TEMPLATE_PARAMETER.name],
            stage=options[STAGE.name],
            with_values=options[WITH_VALUES.name],
            project=project,
        )
    if plain is None:
        request = fit_platform(request, given_fields())
    check_request(request)
    return request


def names_plain(options: Given) -> bool:
    """Return True if the options name something else to measure than a handler."""
    kinds = [option.name for option in PLAIN if not isinstance(option.kind, Texts)]
    return any(options[name] is not None for name in kinds)


def measured_target(target: str | None, options: Given) -> str:
    """Return the TARGET argument, empty if an option names something else to measure.

    Raises UsageError if neither names anything.
    """
    if target is None and not names_plain(options):
        raise UsageError(
            "Nothing to measure is named: name a handler, or a package with -m, code with -c, a"
            " console script with --script, or a file with --file."
        )
    return target or ""


def _check_alone(target: str, parameter: Parameter) -> None:
    """Raise UsageError for a handler, or what only Lambda has, beside a target without Lambda."""
    if target:
        raise UsageError(
            words(f"{target} and ", parameter, " name two things to measure"),
            remedy("leave one of the two out"),
        )
    given = given_fields() & {one.field for one in MEASUREMENT if one.parameter in OF_LAMBDA}
    for option in MEASUREMENT:
        if option.field in given and option.field:
            raise UsageError(
                words(
                    option.parameter, " is about a Lambda function, and ", parameter, " names none"
                ),
                remedy("leave one of the two out"),
            )


def given_fields() -> frozenset[str]:
    """Return the fields of the request whose options stand on the command line."""
    context = click.get_current_context()
    return frozenset(
        option.field
        for option in MEASUREMENT
        if context.get_parameter_source(option.name) is click.core.ParameterSource.COMMANDLINE
    )


def parse_environment(pairs: tuple[str, ...], files: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of `--env-file` files, then of `--env K=V` pairs, later ones winning.

    Raises UsageError for an invalid line or pair, or a missing file.
    """
    environment: dict[str, str] = {}
    for file in files:
        for number, raw in enumerate(_lines(file), 1):
            line = raw.strip().removeprefix("export ")
            if line and not line.startswith("#"):
                key, value = _pair(line, f"{file} line {number}")
                environment[key] = _unquoted(value)
    environment.update(_pair(pair, "--env") for pair in pairs)
    return environment


def _lines(file: str) -> list[str]:
    try:
        return read_named(file).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(
            f"The environment file {file} cannot be read ({error.strerror}): give --env-file a "
            "text file with lines of NAME=VALUE."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The environment file {file} is not UTF-8 text: give --env-file a text file with "
            "lines of NAME=VALUE."
        ) from error


def _pair(text: str, where: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    # Nothing of the text is shown that may be a value.
    if not equals:
        raise UsageError(f"{where} has no equals sign, so it sets no variable: write NAME=VALUE.")
    if len(key.split()) != 1:
        raise UsageError(f"{where}: '{key}' is not the name of a variable; write NAME=VALUE.")
    if "\0" in text:
        raise UsageError(
            f"{where}: the value of {key} has a null character, which no variable may hold; write "
            "NAME=VALUE without it."
        )
    return key.strip(), value.strip() if where != "--env" else value


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def terminal_width() -> int:
    """Return the columns of the terminal, or 100 without one."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def wants_colour() -> bool:
    """Return True if stdout is a terminal that may show colours (see NO_COLOR)."""
    import os

    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
