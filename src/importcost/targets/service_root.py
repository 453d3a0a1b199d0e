"""The root of a Serverless Framework service, whose requirements its functions have."""

from __future__ import annotations

from pathlib import Path

LEVELS_ABOVE = 4
_SERVICE_FILES = ("serverless.yml", "serverless.yaml")


def service_root(folder: Path) -> Path | None:
    """Return the nearest folder, `folder` or above, that holds a serverless.yml, None without one.

    The framework deploys what requirements.txt beside that file lists with each function, where
    other tools want it beside the handler: next to cdk.json it lists what deploys the function.
    """
    for level in (folder, *folder.parents[:LEVELS_ABOVE]):
        if any((level / name).is_file() for name in _SERVICE_FILES):
            return level
    return None
