"""Write the pages of docs/reference from the code: python -m tests.documents.write_reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.documents.reference.budgets import budgets_page
from tests.documents.reference.commands import commands_page
from tests.documents.reference.errors import errors_page
from tests.documents.reference.facts import facts_page
from tests.documents.reference.schemas import schemas_page
from tests.documents.reference.settings import settings_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "budgets.md": budgets_page,
    "schemas.md": schemas_page,
    "errors.md": errors_page,
    "lambda-facts.md": facts_page,
}


def main() -> None:
    """Write every page anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
