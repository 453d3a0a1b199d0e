"""The profile that a command works on: a saved one, or one measured now."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importcost.errors import ImportcostError, UsageError
from importcost.files.read import read_named

if TYPE_CHECKING:
    from importcost.billing.calibration import Calibration
    from importcost.cli.options import Given
    from importcost.model.profile import Profile


def read_saved(path: str) -> Profile:
    """Return the profile in a file. Raises UsageError if there is none."""
    from importcost.reports.json_ import read_profile

    advice = "name a file saved with `importcost profile -o FILE.json`"
    try:
        saved = read_named(path).decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"The profile {path} cannot be read ({error.strerror}): {advice}."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The profile {path} is not UTF-8 text: {advice}.") from error
    return read_profile(saved, path)


def profile_of(
    context: click.Context,
    target: str,
    options: Given,
    *,
    precise: bool | None = None,
    quiet: bool = False,
    no_progress: bool = False,
) -> tuple[Profile, Calibration | None]:
    """Return the saved profile `target` (.json), or measure the handler that it names.

    With it comes its calibration in the configuration, None without one.

    Memory, architecture, package type and runtime given on the command line override those of a
    saved profile. `precise` is as `request_of` takes it. Raises UsageError or MeasurementError as
    reading or measuring does.
    """
    from importcost.cli.listener import terminal_listener
    from importcost.projects.find import is_of_a_tool

    if target.endswith(".json") and not is_of_a_tool(Path(target)):
        from importcost.app.bill.place import calibration_of
        from importcost.app.profile.beyond import tell_runtime_ending
        from importcost.billing.figures.platforms import load_platforms

        saved = _with_given(context, read_saved(target), options)
        if saved.target is not None and not saved.target.is_handler:
            raise UsageError(
                f"{target} is a profile of {saved.target.handler}, which does not run on Lambda,"
                f" and {context.command.name} is about a function there: name a handler's profile."
            )
        with terminal_listener(quiet=quiet, no_progress=True) as listener:
            if load_platforms()[saved.settings.platform].runs_lambda_runtime:
                tell_runtime_ending(saved.settings.runtime, listener)
        return saved, calibration_of(saved)
    from importcost.app.profile.beyond import tell_not_deployed
    from importcost.app.profile.measured import measure_billed
    from importcost.cli.options import request_of

    with terminal_listener(
        quiet=quiet, no_progress=no_progress, verbose=options["verbose"]
    ) as listener:
        billed = measure_billed(request_of(target, options, precise=precise), listener)
        tell_not_deployed(billed.profile.warnings, listener)
    return billed.profile, billed.handler.calibration if billed.handler else None


def require_handler(target: str, command: str) -> None:
    """Raise UsageError for a file that is not a handler: `command` runs the function's own init.

    For a saved profile the message names its handler.
    """
    if target.endswith(".py") or not Path(target).is_file():
        return
    try:
        made_of = read_saved(target).target
    except ImportcostError:
        made_of = None
    if made_of is None:
        raise UsageError(
            f"{target} is not a handler, and {command} runs the function's own init: name the"
            " handler's .py file."
        )
    function = f":{made_of.function}" if made_of.function else ""
    raise UsageError(
        f"{target} is a saved profile, and {command} runs the function's own init: name the handler"
        f" that it was made of, {made_of.handler_file}{function}."
    )


def is_given(context: click.Context, name: str) -> bool:
    """Return True if an option was given on the command line, not by default."""
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _with_given(context: click.Context, profile: Profile, options: Given) -> Profile:
    """Override a saved profile's settings with those given on the command line."""
    from importcost.declaration import MEASUREMENT

    known = {one.name for one in fields(profile.settings)}
    given = {
        option.field: options[option.name]
        for option in MEASUREMENT
        if option.field in known and is_given(context, option.name)
    }
    return replace(profile, settings=replace(profile.settings, **given))
