"""Print a version's notes, its section of CHANGELOG.md, if a release of that tag is in order.

    python release/notes.py v0.1.0

It ends with 1 and a sentence if the tag is not the version in `src/importcost/__init__.py`, or if
that version's section is missing, empty, or not headed by a date, as in "## 0.1.0 - 2026-12-01".
"""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
SECTION = re.compile(r"^## (\S+) - (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)


class NotInOrderError(Exception):
    """A release that must not be made; the text says why, and what to change."""


def notes_of(tag: str, init_text: str, changelog: str, today: date) -> str:
    """Return the notes of the version that `tag` names. Raises NotInOrderError."""
    match = VERSION.search(init_text)
    version = match[1] if match else "not set"
    if tag != f"v{version}":
        raise NotInOrderError(
            f"The tag is {tag} and the version in src/importcost/__init__.py is {version}: "
            "set the version first, then tag that commit."
        )
    sections = {name: (when, text) for name, when, text in SECTION.findall(changelog)}
    if version not in sections:
        raise NotInOrderError(f"CHANGELOG.md has no section {version}: head one by its date.")
    when, text = sections[version]
    _check_date(version, when.strip(), today)
    if not text.strip():
        raise NotInOrderError(f"The section {version} of CHANGELOG.md is empty: write its notes.")
    return text.strip() + "\n"


def _check_date(version: str, when: str, today: date) -> None:
    example = f'write "## {version} - {today}"'
    try:  # Python 3.11 and later read other forms of dates, too
        dated = date.fromisoformat(when) if DATE.fullmatch(when) else None
    except ValueError:
        dated = None
    if dated is None:
        raise NotInOrderError(f"The section {version} of CHANGELOG.md is dated {when}: {example}.")
    # Somewhere it is tomorrow already.
    if dated > today + timedelta(days=1):
        raise NotInOrderError(f"The section {version} of CHANGELOG.md is of {dated}: {example}.")


def main() -> int:
    """Print the notes and return 0, or say why there are none and return 1."""
    if len(sys.argv) != 2:
        print("Name the tag: python release/notes.py v0.1.0", file=sys.stderr)
        return 2
    init_text = (ROOT / "src/importcost/__init__.py").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        notes = notes_of(sys.argv[1], init_text, changelog, date.today())  # noqa: DTZ011
    except NotInOrderError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(notes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
