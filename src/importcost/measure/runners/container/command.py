"""The command that starts a container with the launcher as its main process."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.measure.runners.container.inside import (
    CPU_PERIOD_US,
    IMAGE_PACKAGES,
    LAYER_FOLDERS,
    LAYERS_DIR,
    MIN_QUOTA_US,
    RUNTIME_DIR,
    SCRATCH_DIR,
    SCRATCH_MB,
    TASK_ROOT,
    ContainerOptions,
    package_folders,
)
from importcost.measure.runners.engines import EngineState
from importcost.parameters import Parameter


def mount_flags(source: Path, target: str) -> tuple[str, ...]:
    """Return the flags that mount a host folder read-only.

    Raises UsageError for a path that no engine's syntax can carry.
    """
    path = str(source.resolve())
    if not any(sign in path for sign in ',"\n'):
        return ("--mount", f"type=bind,source={path},target={target},readonly")
    if ":" not in path:
        return ("--volume", f"{path}:{target}:ro")
    raise UsageError(
        f"The folder {path} has both a comma and a colon in its path, which container engines "
        "cannot mount",
        remedy("rename it", words("use ", Parameter.RUNNER.of("local"))),
    )


def user_flags(state: EngineState, task_root: Path | None) -> tuple[str, ...]:
    """Return the flags for the user inside: the owner of the task root, so that it can be read.

    Root in a rootless engine's container already is the user on the host.
    """
    if task_root is None or state.rootless or not hasattr(os, "getuid"):
        return ()
    owner = task_root.stat()
    return ("--user", f"{owner.st_uid}:{owner.st_gid}")


def run_argv(
    state: EngineState, options: ContainerOptions, name: str, python: str, opt: Path | None
) -> list[str]:
    """Return the command that starts the container with the launcher as its main process.

    `opt` is the host folder that holds the (merged) layers.
    """
    engine = state.engine
    packages = package_folders(options)
    folders = {TASK_ROOT: options.task_root, LAYERS_DIR: opt, **packages}
    mounts = [mount_flags(host, inside) for inside, host in folders.items() if host]
    quota = max(MIN_QUOTA_US, round(options.cpus * CPU_PERIOD_US))
    memory = f"{options.memory_mb}m"
    return [
        *(engine.command, "run", "--rm", "--interactive", "--name", name, "--pull", "never"),
        *("--read-only", "--tmpfs", f"/tmp:{engine.tmpfs_options}"),  # noqa: S108 - inside
        *("--tmpfs", f"{SCRATCH_DIR}:rw,nosuid,nodev,mode=1777,size={SCRATCH_MB}m"),
        *("--network", options.network),
        *("--memory", memory, "--memory-swap", memory),
        *("--cpu-period", str(CPU_PERIOD_US), "--cpu-quota", str(quota)),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *engine.run_flags,
        *user_flags(state, options.task_root),
        *(flag for flags in mounts for flag in flags),
        *("--entrypoint", python, options.image),
        # Isolated, so that a json.py in the task root is not mistaken for the library's.
        *("-I", "-S", "-c", launcher_text()),
        *(TASK_ROOT, f"{RUNTIME_DIR}/awslambdaric", *LAYER_FOLDERS, *packages),
        *(f"{folder}/boto3" for folder in IMAGE_PACKAGES),
    ]


def launcher_text() -> str:
    """Return the source of the program that starts interpreters inside; see `launcher`."""
    package = resources.files("importcost.measure.runners")
    return package.joinpath("launcher.py").read_text(encoding="utf-8")
