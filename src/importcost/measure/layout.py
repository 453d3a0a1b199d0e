"""Lambda's folders, search path and environment variables, as the runtime sets them up."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from importcost.errors import MeasurementError, remedy, words
from importcost.measure.runners.base import NO_PACKAGES, Layout, Packages
from importcost.model.profile import EXEC_WRAPPER, Settings, Target
from importcost.parameters import Parameter


def layer_search_path(layer: str, python_version: str) -> tuple[str, ...]:
    """Return the folders of an unpacked layer for sys.path; `python_version` like `3.12`.

    Lambda puts `python/lib/pythonX.Y/site-packages` before `python`; folders that do not exist are
    left out.
    """
    versioned = Path(layer, "python", "lib", f"python{python_version}", "site-packages")
    folders = (versioned, Path(layer, "python"))
    return tuple(str(folder) for folder in folders if folder.is_dir())


def local_layout(target: Target, python_version: str, packages: Packages = NO_PACKAGES) -> Layout:
    """Lay out the task root, layers and packages in their places on this machine.

    If layers overlap, the later one wins, as when Lambda unpacks them into /opt. A target that is
    not a handler has folders of its own, and starts in the user's.
    """
    if target.plain is not None:
        return Layout(
            task_root=target.task_root,
            search_path=(*target.plain.search_path, *packages.search_path),
            runtime_dir=None,
            host_paths=packages.views,
            folder=target.plain.folder,
        )
    layers = [
        folder
        for layer in reversed(target.layers)
        for folder in layer_search_path(layer, python_version)
    ]
    return Layout(
        task_root=target.task_root,
        search_path=(target.task_root, *layers, *packages.search_path),
        runtime_dir=None,
        host_paths=packages.views,
        runtime_packages=(packages.runtime,) if packages.runtime else (),
    )


def extensions_in(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the extensions that Lambda starts from unpacked layers, sorted."""
    files = [file for layer in layers for file in _entries(Path(layer, "extensions"))]
    return tuple(sorted({file.name for file in files if os.access(file, os.X_OK)}))


def _entries(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.is_file()]
    except OSError:
        return []


def program_inside(program: str, target: Target, *, is_local: bool) -> str:
    """Return the path of a function's exec wrapper as a launch sees it.

    Layers are seen at /opt everywhere, the task root at its own place on this machine. Raises
    MeasurementError if neither has the program, or nobody may execute it.
    """
    place = PurePosixPath(program)
    if place.is_relative_to("/var/task"):
        file = Path(target.task_root, place.relative_to("/var/task"))
        found = [file] if file.is_file() else []
    else:
        below = place.relative_to("/opt") if place.is_relative_to("/opt") else None
        files = [Path(layer, below) for layer in reversed(target.layers) if below is not None]
        found = [file for file in files if file.is_file()]
    if not found:
        raise MeasurementError(
            f"{program}, the AWS_LAMBDA_EXEC_WRAPPER of {target.handler_file}, is in none of its "
            "layers",
            remedy(
                words("name the unpacked layer that has it with ", Parameter.LAYERS),
                words("give ", Parameter.ENV.of(EXEC_WRAPPER), " without a value"),
            ),
        )
    if not os.access(found[0], os.X_OK):
        raise MeasurementError(
            f"{found[0]}, the AWS_LAMBDA_EXEC_WRAPPER of {target.handler_file}, is not executable, "
            "so that Lambda could not start the function: set its mode to 755 in the layer."
        )
    return str(found[0]) if is_local and place.is_relative_to("/var/task") else program


def plain_environment() -> dict[str, str]:
    """Return the variables of a target that is not a handler: nothing of Lambda, none of the user.

    The shell's own would change the measurement, and may hold credentials.
    """
    return {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": ":UTC"}


def platform_environment(platform: str) -> dict[str, str]:
    """Return the variables of a platform without Lambda's runtime, and no credentials of anybody.

    A client made at module level must not ask for credentials at the instance metadata address.
    """
    shared = {"LANG": "C.UTF-8", "TZ": ":UTC", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**shared, **_OWN_VARIABLES.get(platform, {})}


_OWN_VARIABLES = {
    "cloudrun": {"K_SERVICE": "importcost", "K_REVISION": "importcost-00001"},
    "agentcore": {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
    "azure-flex": {"FUNCTIONS_WORKER_RUNTIME": "python"},
}
"""The variables of a platform by which code may find out that it runs there."""


def library_path(target: Target) -> str | None:
    """Return LD_LIBRARY_PATH for native libraries in the task root and layers, or None."""
    folders = [Path(target.task_root, "lib"), *(Path(layer, "lib") for layer in target.layers)]
    found = [str(folder) for folder in folders if folder.is_dir()]
    return ":".join(found) or None


def lambda_environment(target: Target, settings: Settings, task_root: str) -> dict[str, str]:
    """Return the variables that Lambda sets for the function, with dummy credentials.

    Without credentials, a module-level boto3 client would look for them at the instance metadata
    address, which no function on Lambda does.
    """
    region = "us-east-1"
    environment = {
        "_HANDLER": target.configured_handler,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "importcost",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": target.module.rsplit(".", 1)[-1],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/importcost",
        "AWS_LAMBDA_LOG_STREAM_NAME": "importcost",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": task_root,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
    libraries = library_path(target)
    return {**environment, "LD_LIBRARY_PATH": libraries} if libraries else environment
