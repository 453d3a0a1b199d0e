"""`importcost comment`: one comment on a pull request that renews itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from importcost.cli.printing import show
from importcost.errors import ImportcostError, UsageError
from importcost.files.read import read_named, reason_of


@click.command("comment")
@click.argument("markdown", metavar="FILE.md")
@click.option(
    "--provider",
    type=click.Choice(["github", "gitlab", "bitbucket", "azure"]),
    help="Default: by the CI server's variables.",
)
@click.option("--name", default="importcost", show_default=True, help="One comment for each name.")
@click.option("--picture", metavar="FILE.svg", help="Show it, where that works: on GitHub.")
@click.option("--no-post", is_flag=True, help="Write the comment's text back to FILE.md instead.")
def command(
    *, markdown: str, provider: str | None, name: str, picture: str | None, no_post: bool
) -> None:
    """Post FILE.md, as --markdown wrote it, on the pull request that this CI job runs for.

    The next run renews that comment; nobody else's is touched. Address, number and token come from
    the CI server's variables. If the token may not comment, that is said and fails nothing.
    """
    from importcost.app.comment.environment import comment_place, provider_of
    from importcost.app.comment.renewed import CommentOutcome, publish_comment
    from importcost.reports.output import write_output

    text = _read(markdown, "comment")
    svg = _read(picture, "picture") if picture is not None else None
    chosen = provider or provider_of(os.environ)
    plain = re.sub(r"[^\w.-]", "-", name)
    if svg is not None and chosen == "github":
        text = _with_picture(text, svg, plain)
    if no_post:
        write_output(markdown, text)
        return
    place = comment_place(chosen, os.environ)
    marker = place.marker_form.format(f"importcost-comment {plain}")
    # The file's first line is the marker of another way to post it.
    body = re.sub(r"\A<!-- importcost-check[^\n]*-->\n", "", text)
    outcome = publish_comment(place.host, marker, body)
    if outcome is CommentOutcome.DENIED:
        show("The token may not comment here: the report is in the job's own output.", err=True)
        return
    show(f"The comment was {outcome.value}.")


def _with_picture(text: str, svg: str, name: str) -> str:
    """Return the text with an image in place of its bars; as it is if none can be kept."""
    from importcost.app.comment.environment import github_comments
    from importcost.app.comment.picture_branch import picture_address
    from importcost.reports.gate.picture import PICTURE_END, PICTURE_START

    server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
    try:
        address = picture_address(github_comments(os.environ), server, name, svg)
    except ImportcostError as error:
        show(f"The picture is left out. {error}", err=True)
        return text
    if address is None:
        show(
            "The picture is left out: the token needs contents: write to keep it on a branch.",
            err=True,
        )
        return text
    image = f"![Init before and after]({address})"
    before, start, rest = text.partition(PICTURE_START)
    bars, end, after = rest.partition(PICTURE_END)
    return f"{before}{image}{after}" if start and end and bars else f"{text.rstrip()}\n\n{image}\n"


def _read(path: str, what: str) -> str:
    try:
        return read_named(Path(path), 5_000_000).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The {what} {path} cannot be read ({reason_of(error)}): name the file that check or "
            "compare wrote."
        ) from error
