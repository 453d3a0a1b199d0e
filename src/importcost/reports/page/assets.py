"""The files that reports are made from, wherever the package is installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import importcost


@cache
def templates_folder() -> Path:
    """Return the folder of templates: inside the package (wheel), else beside src (editable).

    Raise FileNotFoundError, naming both places, where the installation is incomplete.
    """
    package = Path(importcost.__file__).resolve().parent
    places = (package / "templates", package.parents[1] / "templates")
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"importcost's templates are in neither {places[0]} nor {places[1]}: reinstall it"
    )


def asset(name: str) -> str:
    """Return the text of one template file."""
    return (templates_folder() / name).read_text(encoding="utf-8")
