"""Folders above a task root whose package lists apply to its functions."""

from __future__ import annotations

from pathlib import Path

LEVELS_ABOVE = 4
_SERVICE_FILES = ("serverless.yml", "serverless.yaml")
_DEPLOYERS_FILES = ("cdk.json", "template.yaml", "template.yml")


def service_root(folder: Path) -> Path | None:
    """Return the nearest folder, `folder` or above, with a serverless.yml, or None.

    The framework deploys the packages of requirements.txt beside that file with each function,
    while other tools expect it beside the handler: next to cdk.json it lists the packages that
    deploy the function.
    """
    for level in (folder, *folder.parents[:LEVELS_ABOVE]):
        if any((level / name).is_file() for name in _SERVICE_FILES):
            return level
    return None


def source_project(task_root: Path) -> Path | None:
    """Return the folder of the pyproject.toml whose `src` layout has this task root, or None.

    A file next to cdk.json or a SAM template lists the packages that deploy the function instead.
    """
    project = task_root.parent
    if task_root.name != "src" or not (project / "pyproject.toml").is_file():
        return None
    return None if any((project / name).exists() for name in _DEPLOYERS_FILES) else project
