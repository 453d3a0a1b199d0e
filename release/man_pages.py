"""Write the manual pages, importcost.1 and one of each command, from the command line's own help.

    python release/man_pages.py

Needs click-man. A page keeps its date until something else on it changes.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from textwrap import dedent

import click
from click_man.man import ManPage

from importcost import __version__
from importcost.cli.group import COMMANDS, PROGRAM, cli

FOLDER = Path(__file__).resolve().parent / "man"
DATE = re.compile(r'^(\.TH "[^"]*" "1" )"([^"]*)"', re.MULTILINE)
UNDATED = "1970-01-01"
ENDS = """\
.SH EXIT STATUS
.TP
\\fB0\\fP
fine
.TP
\\fB1\\fP
a budget or check failed
.TP
\\fB2\\fP
wrong usage or configuration
.TP
\\fB3\\fP
could not measure
.TP
\\fB130\\fP
interrupted
"""
ENVIRONMENT = """\
.SH ENVIRONMENT
.TP
\\fBIMPORTCOST_CACHE_DIR\\fP
folder for installed packages and kept results, instead of the user's cache folder
.TP
\\fBNO_COLOR\\fP
if set, output has no colours
"""


def man_pages() -> dict[str, str]:
    """Return the text of each page by its file name, all dated `UNDATED`."""
    pages = {f"{PROGRAM}.1": _page_of_group()}
    for name in COMMANDS:
        pages[f"{PROGRAM}-{name}.1"] = _page_of_command(name)
    return pages


def _page_of_group() -> str:
    page = _page(_group_context(), "what a cold start of a Python Lambda function costs, and why")
    page.commands = [(name, _plain(said)) for name, said in COMMANDS.items()]
    # A paragraph's border right after a heading is a warning.
    return str(page).replace("COMMANDS\n.PP\n", "COMMANDS\n") + ENDS + ENVIRONMENT


def _page_of_command(name: str) -> str:
    group = _group_context()
    command = cli.get_command(group, name)
    if command is None:
        raise LookupError(name)
    short = COMMANDS[name].rstrip(".")
    page = _page(click.Context(command, info_name=name, parent=group), short[0].lower() + short[1:])
    return f"{page}{ENDS}.SH SEE ALSO\n\\fB{PROGRAM}\\fP(1)\n"


def _group_context() -> click.Context:
    return click.Context(cli, info_name=PROGRAM, **cli.context_settings)


def _page(context: click.Context, short: str) -> ManPage:
    command = context.command
    page = ManPage(context.command_path)
    page.version = f"{PROGRAM} {__version__}"
    page.date = UNDATED
    page.short_help = _plain(short)
    page.synopsis = " ".join(command.collect_usage_pieces(context))
    page.description = _paragraphs(command.help or "")
    records = [
        option.get_help_record(context)
        for option in command.get_params(context)
        if isinstance(option, click.Option)
    ]
    page.options = [(flags, _plain(said)) for flags, said in filter(None, records)]
    return page


def _paragraphs(text: str) -> str:
    """Return a help text as roff: click marks paragraphs whose lines stay with a backspace."""
    first, _, rest = text.partition("\n")
    parts = [part.strip("\n") for part in f"{first}\n{dedent(rest)}".split("\n\n")]
    return "\n\n".join(
        ".nf\n" + _plain(part.removeprefix("\b\n")) + "\n.fi"
        if part.startswith("\b")
        else _plain(part)
        for part in parts
        if part
    )


def _plain(text: str) -> str:
    """Return text in which roff finds neither escapes nor requests."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("\x08", "")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


def dated(text: str, when: str) -> str:
    """Return a page with another date."""
    return DATE.sub(lambda match: f'{match[1]}"{when}"', text)


def main() -> None:
    """Write the pages that changed, and remove those of commands that are gone."""
    pages = man_pages()
    for file in FOLDER.glob("*.1"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        file = FOLDER / name
        if not file.exists() or dated(file.read_text(encoding="utf-8"), UNDATED) != text:
            file.write_text(dated(text, date.today().isoformat()), encoding="utf-8")  # noqa: DTZ011


if __name__ == "__main__":
    main()
