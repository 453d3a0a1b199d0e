"""Find out which packages will be deployed with a function, and lay out these and no others."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from importcost.app.profile.in_common import kept_open, once
from importcost.app.profile.plain.extras import visible_with_extras
from importcost.errors import Trouble, UsageError, remedy, words
from importcost.measure.deployed.distributions import (
    Closure,
    Distribution,
    closure,
    installed_distributions,
    marker_environment,
    needed_alone,
    needed_by_importcost_alone,
)
from importcost.measure.deployed.environment_view import Visible, open_view
from importcost.measure.deployed.not_deployed import Beyond
from importcost.measure.deployed.runtime_packages import NO_BOTO3, runtime_distributions
from importcost.measure.layout import layer_search_path
from importcost.measure.runners.base import NO_PACKAGES, InterpreterFacts, Packages
from importcost.model.profile import Target
from importcost.parameters import Parameter
from importcost.processes.installer import ToInstall, install, installed_folder
from importcost.processes.wheels import InstallTarget
from importcost.targets.requirements import (
    Declaration,
    Requirements,
    find_requirements,
    start_of_paths,
)

IN_THE_IMAGE = "what the image holds"
IN_THE_BUILD = "what the project's build put into the task root and its layers"
THE_WHOLE_ENVIRONMENT = "the measured interpreter's own environment"
THE_ENVIRONMENT = (
    "the measuring environment's, without importcost and what only it needs: no requirements or "
    "lock file, layer or built package lists the deployed ones"
)


@dataclass(frozen=True, slots=True)
class PackagesPlace:
    """The purpose of laid-out packages: a target and the Python that imports it.

    `python_version` is the measured Python's, `3.12` or longer. `is_local` is True if it runs on
    this machine, `is_own_image` if the image is the function's own.
    """

    target: Target
    interpreter: InterpreterFacts
    python_version: str
    arch: str
    is_local: bool
    is_own_image: bool
    requirements: str | None = None
    boto3: str | None = None
    installs: bool = True
    """True if anything may be installed."""
    is_built: bool = False
    """True if a build made the task root: it is deployed as it is, complete or not."""

    @property
    def minor_version(self) -> str:
        """Return the measured Python's version like `3.12`."""
        return ".".join(self.python_version.split(".")[:2])

    def install_target(self) -> InstallTarget:
        """Return the target of an installation."""
        if self.is_local:
            python, machine = self.interpreter.executable, self.interpreter.machine
            return InstallTarget(python, self.minor_version, machine)
        # The container runs on this machine's processor, whatever the function's architecture.
        names = {"arm64": "aarch64", "AMD64": "x86_64"}
        machine = names.get(self.interpreter.machine, self.interpreter.machine) or self.arch
        return InstallTarget(None, self.minor_version, machine)


@dataclass(frozen=True, slots=True)
class Deployed:
    """The packages laid out: `requirements` is the file that names them, `words` their origin.

    `environment` are the measuring environment's distributions (none in a container), and `shown`
    those of them that may be imported.
    """

    requirements: str | None
    packages: Packages
    words: str
    environment: Mapping[str, Distribution] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    is_said: bool = True
    """True if a file, a layer, a built package or an image lists the deployed packages."""

    def beyond(self, no_runtime: Trouble | None) -> Beyond:
        """Return the installed packages that are not deployed."""
        says = self.requirements or "the package's requirements"
        return Beyond(self.environment, self.shown, says, no_runtime)


NOTHING_DEPLOYED = Deployed(None, NO_PACKAGES, "nothing")


class Notes(Protocol):
    """Receives sentences about choices; see `bench.Listener`."""

    def note(self, message: str) -> None:
        """Receive one sentence."""

    def detail(self, message: str) -> None:
        """Receive a line that only a reader who asks for details wants."""


@contextlib.contextmanager
def open_packages(place: PackagesPlace, listener: Notes) -> Iterator[Deployed]:
    """Lay out the packages that will be deployed, as long as the context is open.

    Raises UsageError for a file that cannot be read, MeasurementError if an installation fails.
    """
    if place.is_own_image:
        yield Deployed(None, NO_PACKAGES, IN_THE_IMAGE)
        return
    if place.target.plain is not None:
        with _open_plain(place) as deployed:
            yield deployed
        return
    target = place.target
    is_complete = place.is_built and place.requirements is None
    declared = Declaration(None)
    if not is_complete:
        declared = find_requirements(place.requirements, target.handler_file, target.task_root)
    for file in declared.unread:
        listener.note(
            f"{file} is not read: importcost does not support its form; name a "
            "requirements file with --requirements."
        )
    environment: Mapping[str, Distribution] = {}
    if place.is_local:
        folders = tuple(place.interpreter.search_path)
        environment = once(("distributions", folders), lambda: installed_distributions(folders))
    if is_complete:
        yield Deployed(None, NO_PACKAGES, IN_THE_BUILD, environment)
        return
    with _laid_out(place, declared, environment, listener) as deployed:
        yield deployed


@contextlib.contextmanager
def _open_plain(place: PackagesPlace) -> Iterator[Deployed]:
    """Show all of the measured environment, or what a package with some extras needs of it."""
    folders = tuple(place.interpreter.search_path)
    environment = once(("distributions", folders), lambda: installed_distributions(folders))
    plain = place.target.plain
    if plain is None or plain.extras is None:
        yield Deployed(None, NO_PACKAGES, THE_WHOLE_ENVIRONMENT, environment)
        return
    shown, names = visible_with_extras(place.target, environment, place.python_version)
    with _view(_folders(place, environment), Visible(environment, names, False)) as views:
        packages = Packages(installed=tuple(view for view, _ in views), views=views)
        words = f"what {shown} needs, as the measured environment has it, and nothing else"
        yield Deployed(None, packages, words, environment, names)


def _laid_out(
    place: PackagesPlace,
    declared: Declaration,
    environment: Mapping[str, Distribution],
    listener: Notes,
) -> contextlib.AbstractContextManager[Deployed]:
    own = _own_distributions(place)
    if declared.requirements is not None:
        return _declared(place, declared.requirements, own, environment, listener)
    if own or place.target.layers:
        words = "the packages in the task root and its layers"
        return contextlib.nullcontext(Deployed(None, NO_PACKAGES, words, environment))
    if place.is_local:
        return _all_but_importcost(place, environment, listener)
    words = "the packages in the task root"
    return contextlib.nullcontext(Deployed(None, NO_PACKAGES, words, is_said=False))


def _own_distributions(place: PackagesPlace) -> dict[str, Distribution]:
    """Return the packages unpacked into the task root and the layers: a built package."""
    folders = [place.target.task_root]
    for layer in place.target.layers:
        folders += layer_search_path(layer, place.minor_version)
    return installed_distributions(folders)


def _declared(
    place: PackagesPlace,
    wanted: Requirements,
    own: Mapping[str, Distribution],
    environment: Mapping[str, Distribution],
    listener: Notes,
) -> contextlib.AbstractContextManager[Deployed]:
    """Take the file's packages from the package itself, the environment, or an index."""
    file = wanted.path
    if _followed(place, wanted, own) is not None:
        words = f"{file}, as the task root and its layers hold it"
        return contextlib.nullcontext(Deployed(file, NO_PACKAGES, words, environment))
    found = _followed(place, wanted, {**environment, **own}) if environment else None
    if found is not None:
        return _shown_alone(place, file, found.names - set(own), environment)
    folder = _installed(place, wanted, listener)
    words = f"{file}, installed for Python {place.minor_version}"
    packages = Packages(installed=(str(folder),))
    return contextlib.nullcontext(Deployed(file, packages, words, environment))


def _followed(
    place: PackagesPlace, wanted: Requirements, installed: Mapping[str, Distribution]
) -> Closure | None:
    """Return all packages that the file leads to, or None if some are missing."""
    if not wanted.is_plain:
        return None
    machine = "" if place.is_local else place.install_target().machine
    markers = marker_environment(place.python_version, machine)
    found = closure(wanted.lines, installed, markers)
    return None if found.missing else found


@contextlib.contextmanager
def _shown_alone(
    place: PackagesPlace, file: str, names: frozenset[str], environment: Mapping[str, Distribution]
) -> Iterator[Deployed]:
    visible = Visible(environment, names, False)
    with _view(_folders(place, environment), visible) as views:
        packages = Packages(installed=tuple(view for view, _ in views), views=views)
        words = f"{file}, as the measuring environment holds it, and no other package of it"
        yield Deployed(file, packages, words, environment, names)


@contextlib.contextmanager
def _all_but_importcost(
    place: PackagesPlace, environment: Mapping[str, Distribution], listener: Notes
) -> Iterator[Deployed]:
    about = (place.python_version, place.boto3 != NO_BOTO3, tuple(place.interpreter.search_path))
    names = once(("all but importcost", *about), lambda: _names_but_importcost(place, environment))
    with _view(_folders(place, environment), Visible(environment, names, True)) as views:
        if views:
            listener.detail(f"packages: {THE_ENVIRONMENT}")
        packages = Packages(installed=tuple(view for view, _ in views), views=views)
        yield Deployed(None, packages, THE_ENVIRONMENT, environment, names, is_said=False)


def _names_but_importcost(
    place: PackagesPlace, environment: Mapping[str, Distribution]
) -> frozenset[str]:
    markers = marker_environment(place.python_version)
    names = frozenset(environment) - needed_by_importcost_alone(environment, markers)
    if place.boto3 != NO_BOTO3:
        # No file says that boto3 is deployed, and the runtime brings it.
        names -= needed_alone(runtime_distributions() & names, names, environment, markers)
    return names


def _view(
    folders: tuple[str, ...], visible: Visible
) -> contextlib.AbstractContextManager[tuple[tuple[str, str], ...]]:
    """Show folders as `open_view` does; the same view serves all functions of a run."""
    key = ("view", folders, visible.names, visible.is_open)
    return kept_open(key, lambda: open_view(folders, visible))


def _folders(place: PackagesPlace, environment: Mapping[str, Distribution]) -> tuple[str, ...]:
    """Return the folders to show: those with installed packages, and others with some."""
    sites = place.interpreter.site_folders
    named = {distribution.folder for distribution in environment.values()}
    others = [folder for folder in place.interpreter.search_path if folder in named]
    return tuple(dict.fromkeys((*sites, *others)))


def _installed(place: PackagesPlace, wanted: Requirements, listener: Notes) -> Path:
    """Return the folder of the installed file, installed now if it was not before."""
    target = place.install_target()
    folder = installed_folder(wanted.key, target)
    if folder.is_dir():
        listener.detail(f"{wanted.path} was installed before, in {folder}")
        return folder
    if not place.installs:
        raise UsageError(
            words(
                f"{wanted.path} asks for packages that neither the task root nor the measured "
                "environment holds, and ",
                Parameter.NO_INSTALL,
                " rules out installing them",
            ),
            remedy("install them there", words("leave ", Parameter.NO_INSTALL, " out")),
        )
    listener.note(
        f"Installing {wanted.path} for Python {target.python_version} into the cache (once) ..."
    )
    started = time.monotonic()
    install(
        ToInstall(
            label=wanted.path,
            remedy=remedy("correct the file", words("name another with ", Parameter.REQUIREMENTS)),
            file=wanted.path if wanted.is_installable else None,
            lines=wanted.lines,
            start=start_of_paths(wanted),
        ),
        folder,
        target,
        listener.detail,
    )
    listener.note(f"Installed in {time.monotonic() - started:.0f} s.")
    return folder


@contextlib.contextmanager
def open_environments_boto3(place: PackagesPlace, deployed: Deployed) -> Iterator[Packages | None]:
    """Show the measuring environment's own boto3 and its dependencies, or None.

    For a machine that cannot install the packages of Lambda's runtime.
    """
    markers = marker_environment(place.python_version)
    found = closure(["boto3"], deployed.environment, markers)
    if found.missing:
        yield None
        return
    visible = Visible(deployed.environment, found.names, False)
    with _view(_folders(place, deployed.environment), visible) as views:
        yield Packages(runtime=views[0][0], views=views) if views else None
