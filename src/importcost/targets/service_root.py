"""Folders above a task root whose lists of packages its functions have."""

from __future__ import annotations

from pathlib import Path

LEVELS_ABOVE = 4
_SERVICE_FILES = ("serverless.yml", "serverless.yaml")
_DEPLOYERS_FILES = ("cdk.json", "template.yaml", "template.yml")


def service_root(folder: Path) -> Path | None:
    """Return the nearest folder, `folder` or above, that holds a serverless.yml, None without one.

    The framework deploys what requirements.txt beside that file lists with each function, where
    other tools want it beside the handler: next to cdk.json it lists what deploys the function.
    """
    for level in (folder, *folder.parents[:LEVELS_ABOVE]):
        if any((level / name).is_file() for name in _SERVICE_FILES):
            return level
    return None


def source_project(task_root: Path) -> Path | None:
    """Return the folder of the pyproject.toml whose `src` layout has this task root, or None.

    What lies next to cdk.json or a SAM template lists what deploys the function instead.
    """
    project = task_root.parent
    if task_root.name != "src" or not (project / "pyproject.toml").is_file():
        return None
    return None if any((project / name).exists() for name in _DEPLOYERS_FILES) else project
