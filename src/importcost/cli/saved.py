"""Reads a saved profile that a command was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importcost.errors import UsageError

if TYPE_CHECKING:
    from importcost.model.profile import Profile


def read_saved(path: str) -> Profile:
    """Return the profile in a file. Raises UsageError where there is none."""
    from importcost.reports.json_ import read_profile

    advice = "name a file saved with `importcost profile -o FILE.json`"
    try:
        saved = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The profile {path} cannot be read ({error.strerror}): {advice}."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The profile {path} is no UTF-8 text: {advice}.") from error
    return read_profile(saved, path)
