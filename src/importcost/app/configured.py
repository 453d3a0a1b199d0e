"""From a handler of the configuration to a request to measure it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importcost.app.bench import ProfileRequest, check_request
from importcost.errors import UsageError
from importcost.targets.config import Config, HandlerConfig, load_config


@dataclass(frozen=True, slots=True)
class HowToMeasure:
    """What the command line says of measuring, for all handlers alike.

    `image` is the container image, None for AWS's own.
    `runs` are the launches of each handler, None for as many as the figures need; `timeout_s`
    is what one launch may take.
    """

    runs: int | None = None
    timeout_s: float = 60.0
    runner: str = "auto"
    network: str = "none"
    image: str | None = None


def request_for(
    handler: HandlerConfig, how: HowToMeasure, extra_layers: tuple[str, ...] = ()
) -> ProfileRequest:
    """Return the request that measures a configured handler.

    `extra_layers` are unpacked layers beside its own. Raises UsageError for what cannot be
    measured as asked.
    """
    request = ProfileRequest(
        target=handler.handler,
        task_root=handler.root,
        memory_mb=handler.memory_mb,
        arch=handler.arch,
        package_type=handler.package_type,
        python=handler.python,
        runtime=handler.runtime,
        layers=(*handler.layers, *extra_layers),
        environment=handler.environment,
        requirements=handler.requirements,
        runs=how.runs,
        timeout_s=how.timeout_s,
        runner=how.runner,
        network=how.network,
        image=how.image,
    )
    check_request(request)
    return request


def configuration(path: str | None) -> Config:
    """Return the configuration at `path`, or the nearest one. Raises UsageError without one."""
    config = load_config(path)
    if config is None:
        raise UsageError(
            "There is no [tool.importcost] in a pyproject.toml here or above, and no "
            "importcost.toml: write one with importcost init, or name it with --config."
        )
    return config


def repository_root(folder: Path) -> Path:
    """Return the folder of the repository that `folder` lies in, else `folder` itself.

    What reports name files from; looked for by its `.git`, which is a file in worktrees.
    """
    here = folder.resolve()
    return next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
