"""`importcost account`: what every function of an AWS account pays for its init."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.listener import TerminalListener, terminal_listener
from importcost.cli.options import terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.reports.output import STDOUT

if TYPE_CHECKING:
    from importcost.model.results.account import AccountSurvey
    from importcost.model.results.validation import AccountValidation


@click.command("account")
@click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="A region to read; repeatable. Default: the profile's.",
)
@click.option(
    "--since",
    default="14d",
    show_default=True,
    metavar="WHEN",
    help="The time to read: 14d, 12h, or a date.",
)
@click.option("--profile", metavar="NAME", help="The AWS profile whose credentials are used.")
@click.option("--name", "pattern", metavar="PATTERN", help="Only functions named so: orders-*.")
@click.option(
    "--tag", "tags", multiple=True, metavar="K=V", help="Only functions with this tag; repeatable."
)
@click.option(
    "--max-scan-gb",
    type=click.FloatRange(min=0),
    default=100.0,
    show_default=True,
    metavar="GB",
    help="Read no more of the logs: AWS bills Logs Insights by it.",
)
@click.option(
    "--sort",
    type=click.Choice(("dollars", "waiting")),
    default="dollars",
    show_default=True,
    help="The order: by the bill of init, or by the time that users waited.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Write the survey; .html, .json or .csv by the suffix, - is JSON. Repeatable.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE.sqlite",
    help="Add the days to a record, for importcost trend.",
)
@click.option(
    "--calibrate",
    "calibrates",
    is_flag=True,
    help="Measure the functions, and hold the estimates beside their logs.",
)
@click.option("--policy", is_flag=True, help="Print the IAM policy that this command needs.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(
    *,
    policy: bool,
    outputs: tuple[str, ...],
    record: Path | None,
    calibrates: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Show what each Python function of an AWS account pays for its init.

    Reads functions, metrics and logs, and changes nothing. Needs boto3: pip install
    'importcost-lambda[aws]'.
    """
    if policy:
        from importcost.account.policy import reading_policy

        show(reading_policy(), nl=False)
        return
    from importcost.app.account.survey import survey_account
    from importcost.cli.outputs import check_writable, tell_written, write_all
    from importcost.reports.account.terminal import render_account

    formats = [(path, format_of_survey(path)) for path in outputs]
    check_writable(outputs)
    request, door = _request(options, by_day=record is not None, keeps_inits=calibrates)
    with terminal_listener(quiet=quiet) as listener:
        survey = survey_account(request, _Told(listener), door)
        # Written before anything else can fail: reading the logs was paid for.
        write_all([(path, _rendered(survey, kind, None)) for path, kind in formats])
        if record is not None:
            _record(record, survey, quiet=quiet)
        validation = _validation(survey, listener, options["profile"]) if calibrates else None
    if validation is not None:
        write_all([(path, _rendered(survey, kind, validation)) for path, kind in formats])
    if not quiet:
        text = render_account(survey, width=terminal_width(), colour=wants_colour())
        if validation is not None:
            text += "\n\n" + _validation_text(validation)
        show(text, err=STDOUT in outputs)
        tell_written(outputs)


def format_of_survey(path: str) -> str:
    """Return the format of a survey's file by its suffix. Raises UsageError for another one."""
    suffix = Path(path).suffix.lower()
    if path == STDOUT or suffix == ".json":
        return "json"
    if suffix in (".csv", ".html"):
        return suffix.removeprefix(".")
    raise UsageError(
        f"The suffix of {path} is none of a survey's: end the name with .html, .json or .csv, or"
        " write - for JSON on stdout."
    )


class _Told:
    """Shows the progress of a survey on a terminal."""

    def __init__(self, listener: TerminalListener) -> None:
        self._listener = listener
        self.note = listener.note

    def queries_done(self, region: str, done: int, total: int) -> None:
        """Show how many queries of a region are done."""
        self._listener.line(f"{region}: {done} of {total} queries of logs done")


def _record(path: Path, survey: AccountSurvey, *, quiet: bool) -> None:
    from importcost.app.account.record import record_survey
    from importcost.cli.printing import say

    count = record_survey(path, survey)
    if not quiet:
        say(f"Recorded {count:,} days of functions in {path}.")


def _validation(
    survey: AccountSurvey, listener: TerminalListener, profile: str | None
) -> AccountValidation:
    from importcost.app.account.validate import validate_account

    if profile is not None:  # the functions are fetched one by one, as targets of their own
        os.environ["AWS_PROFILE"] = profile
    return validate_account(survey.rows, listener)


def _validation_text(validation: AccountValidation) -> str:
    from importcost.reports.account.validation import render_validation

    return render_validation(validation, width=terminal_width(), colour=wants_colour())


def _request(options: dict[str, Any], *, by_day: bool, keeps_inits: bool) -> tuple[Any, Any]:
    """Return what is asked, and the door to the account. Raises UsageError."""
    from importcost.account.door import AccountDoor
    from importcost.app.account.survey import SurveyRequest
    from importcost.app.account.window import window_of

    door = AccountDoor(options["profile"])
    regions = options["regions"] or ((door.region,) if door.region else ())
    if not regions:
        raise UsageError(
            "No region is known: name one with --region, or set AWS_REGION or the profile's region."
        )
    request = SurveyRequest(
        regions=tuple(dict.fromkeys(regions)),
        since=options["since"],
        window=window_of(options["since"], math.ceil(time.time())),
        profile=options["profile"],
        pattern=options["pattern"],
        tags=dict(tag_of(text) for text in options["tags"]),
        max_scan_gb=options["max_scan_gb"],
        by_waiting=options["sort"] == "waiting",
        by_day=by_day,
        keeps_inits=keeps_inits,
    )
    return request, door


def tag_of(text: str) -> tuple[str, str]:
    """Return the key and the value of `K=V`. Raises UsageError."""
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise UsageError(f"{text} is not a tag. Write it as KEY=VALUE.")
    return key, value


def _rendered(survey: AccountSurvey, kind: str, validation: AccountValidation | None) -> str:
    if kind == "html":
        from importcost.reports.account.page import render_account_page

        return render_account_page(survey, validation)
    from importcost.reports.account.exports import account_csv, account_json

    return account_json(survey, validation) if kind == "json" else account_csv(survey)
