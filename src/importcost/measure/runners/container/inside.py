"""The inside of a container: the places of Lambda's folders, and its share of the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from importcost.measure.runners.base import Layout
from importcost.measure.runners.engines import ImageFacts
from importcost.secrecy import NO_SECRETS, Secrets

TASK_ROOT = "/var/task"
RUNTIME_DIR = "/var/runtime"
LAYERS_DIR = "/opt"
# Not below /opt: a mount point there would have to be created in the user's layer folder.
PACKAGES_DIR = "/var/importcost/packages"
RUNTIME_PACKAGES_DIR = "/var/importcost/runtime/site-packages"
# Beside /tmp, so that the handler finds /tmp empty, and small: import times and all other output on
# file descriptor 2 are stored here and count towards the memory limit.
SCRATCH_DIR = "/var/importcost/scratch"
SCRATCH_MB = 32
LAYER_FOLDERS = (f"{LAYERS_DIR}/python/lib/python{{version}}/site-packages", "/opt/python")
# An image may have boto3 of its own here; `{prefix}` is its Python's.
IMAGE_PACKAGES = (
    "/var/lang/lib/python{version}/site-packages",
    RUNTIME_DIR,
    "{prefix}/lib/python{version}/site-packages",
)
# As a Lambda sandbox has it: a home that is named but does not exist.
HOME = "/home/sbx_user1051"
# Lambda throttles in periods of 20 ms. A quota, unlike --cpus, may exceed the host's cores.
CPU_PERIOD_US = 20_000
MIN_QUOTA_US = 1_000
INIT_BOOST_CPUS = 2.0
# Above this, the pause that ends a period is shorter than those of a busy machine.
THROTTLED_BELOW_CPUS = 0.8


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """The settings of the container.

    `task_root` None measures the image's own /var/task. `layers` are unpacked layer folders, of
    which later ones win; `packages` are folders of installed packages, of which earlier ones win.
    `runtime_packages` is one with the runtime's packages if the image has none. `cpus` is the quota
    in cores: init runs at INIT_BOOST_CPUS whatever the memory. `env` holds the function's
    variables; the host's are not passed on. `python` is the interpreter inside, None to find it.
    `secrets` are taken out of whatever a launch answers.
    """

    image: str
    task_root: Path | None
    layers: tuple[Path, ...] = ()
    packages: tuple[Path, ...] = ()
    runtime_packages: Path | None = None
    network: str = "none"
    memory_mb: int = 128
    cpus: float = INIT_BOOST_CPUS
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    secrets: Secrets = NO_SECRETS


def package_folders(options: ContainerOptions) -> dict[str, Path]:
    """Return the place of each folder of packages inside, in the order of sys.path."""
    folders = {
        f"{PACKAGES_DIR}/{number}/site-packages": folder
        for number, folder in enumerate(options.packages)
    }
    if options.runtime_packages is not None:
        folders[RUNTIME_PACKAGES_DIR] = options.runtime_packages
    return folders


def lay_out(options: ContainerOptions, image: ImageFacts, folders: Sequence[str]) -> Layout:
    """Return Lambda's order of the `folders` that the launcher found inside."""
    task_root = TASK_ROOT if TASK_ROOT in folders else image.working_dir
    runtime = RUNTIME_DIR if f"{RUNTIME_DIR}/awslambdaric" in folders else None
    packages = package_folders(options)
    brought = tuple(item.removesuffix("/boto3") for item in folders if item.endswith("/boto3"))
    if brought:  # the image's own takes the runtime's place
        packages.pop(RUNTIME_PACKAGES_DIR, None)
    elif options.runtime_packages:
        brought = (RUNTIME_PACKAGES_DIR,)
    on_path = [item for item in folders if item in packages or item.startswith(LAYERS_DIR)]
    host = [(TASK_ROOT, options.task_root), *packages.items()]
    if len(options.layers) == 1:  # merged layers have no single folder on the host
        host.append((LAYERS_DIR, options.layers[0]))
    return Layout(
        task_root=task_root or "/",
        search_path=(task_root or "/", *on_path),
        runtime_dir=runtime,
        host_paths=tuple((inside, str(path)) for inside, path in host if path is not None),
        runtime_packages=tuple(dict.fromkeys(brought)),
    )
