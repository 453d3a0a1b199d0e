"""Supply the packages of Lambda's runtime that functions may import: boto3 and its dependencies."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from importcost.app.profile.deployed import Deployed, Notes, PackagesPlace, open_environments_boto3
from importcost.errors import HandlerError, NoNetworkError, Trouble, remedy, words
from importcost.files.read import read_found
from importcost.measure.deployed.distributions import (
    installed_distributions,
    marker_environment,
    unsatisfied_by,
)
from importcost.measure.deployed.not_deployed import NOTHING_BEYOND, Beyond
from importcost.measure.deployed.runtime_packages import (
    NO_BOTO3,
    RuntimePackages,
    runtime_distributions,
    runtime_modules_brought,
    runtime_packages,
)
from importcost.measure.runners.base import Layout, Packages, Runner
from importcost.measure.runners.container.inside import RUNTIME_PACKAGES_DIR
from importcost.measure.session import Session, Subject
from importcost.model.profile import RunKind
from importcost.parameters import Parameter
from importcost.processes.installer import ToInstall, install, installed_folder

_IMPORT = re.compile(rb"^[ \t]*(?:import|from)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*)", re.MULTILINE)
_READ_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Supply:
    """The runtime's packages in this measurement.

    `folder` contains them, None if the image or nothing does. `words` is their origin for the
    report, and `lacking` the reason why they are missing although needed.
    """

    folder: str | None
    words: str | None
    lacking: Trouble | None = None


NOTHING = Supply(None, None)


class Attempt(Protocol):
    """A target with its packages; see `bench.open_bench`."""

    @property
    def place(self) -> PackagesPlace:
        """Return the place for which packages are laid out."""
        ...

    @property
    def deployed(self) -> Deployed:
        """Return the packages laid out."""
        ...

    def runner(self, packages: Packages) -> Runner:
        """Return a runner, not started yet, with these packages laid out."""
        ...

    def subject(self, runner: Runner, beyond: Beyond) -> Subject:
        """Return the subject that this runner launches."""
        ...


@dataclass(frozen=True, slots=True)
class Supplied:
    """A started runner whose launches find the runtime's packages, and its subject."""

    runner: Runner
    subject: Subject
    words: str | None


@contextlib.contextmanager
def open_supplied(attempt: Attempt, listener: Notes) -> Iterator[Supplied]:
    """Start the target's runner with the runtime's packages, if the handler wants them.

    They are installed only for a handler that imports one of them, and once for all.
    """
    wanted = wanted_packages(attempt.place)
    supply = (installed_before(wanted, attempt.place) if wanted else None) or NOTHING
    packages = replace(attempt.deployed.packages, runtime=supply.folder)
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(attempt.runner(packages))
        image = image_words(runner)
        if image is not None:
            supply = Supply(None, image)
        elif wanted is not None and supply is NOTHING and _asks(attempt, runner):
            supply = install_now(wanted, attempt.place, listener)
            stack.close()
            if supply.lacking is None:
                packages = replace(packages, runtime=supply.folder)
            else:
                supply, packages = stack.enter_context(_without(attempt, supply, listener))
            runner = stack.enter_context(attempt.runner(packages))
        beyond = replace(
            attempt.deployed.beyond(supply.lacking),
            conflicts=conflicts(packages, attempt.place),
        )
        yield Supplied(runner, attempt.subject(runner, beyond), supply.words)


@contextlib.contextmanager
def _without(
    attempt: Attempt, supply: Supply, listener: Notes
) -> Iterator[tuple[Supply, Packages]]:
    """Use the measuring environment's own boto3 if the runtime's cannot be installed."""
    packages = attempt.deployed.packages
    with open_environments_boto3(attempt.place, attempt.deployed) as own:
        if own is None:
            listener.note(f"Without the packages of Lambda's runtime: {supply.lacking}")
            yield supply, packages
            return
        version = attempt.deployed.environment["boto3"].version
        listener.note(f"Using boto3 {version} of the measuring environment: {supply.lacking}")
        words = f"boto3 {version} of the measuring environment: the runtime's is not in the cache"
        both = replace(packages, runtime=own.runtime, views=packages.views + own.views)
        yield Supply(own.runtime, words), both


def _asks(attempt: Attempt, runner: Runner) -> bool:
    if mentions_runtime(attempt.place, _on_host(runner.layout)):
        return True
    if not imports_others(attempt.place):
        return False
    return needs_runtime(runner, attempt.subject(runner, NOTHING_BEYOND))


def _on_host(layout: Layout) -> Iterator[str]:
    # A view shows less than the folder that it represents.
    views = {view for view, _ in layout.host_paths}
    for folder in layout.search_path:
        yield folder if folder in views and Path(folder).is_dir() else layout.on_host(folder)


def has_bare_packages(layout: Layout) -> bool:
    """Return True if packages that were installed for a container have no bytecode yet."""
    return any(
        not any(Path(host, "botocore", "__pycache__").glob("session.*.pyc"))
        for inside, host in layout.host_paths
        if inside in layout.runtime_packages
    )


def wanted_packages(place: PackagesPlace) -> RuntimePackages | None:
    """Return the packages to supply, or None if the function is measured without them."""
    if place.is_own_image or place.boto3 == NO_BOTO3:
        return None
    return runtime_packages(place.minor_version, place.boto3)


def installed_before(wanted: RuntimePackages, place: PackagesPlace) -> Supply | None:
    """Return the packages from the cache, or None if they are not installed yet."""
    folder = installed_folder(wanted.key, place.install_target())
    return Supply(str(folder), _words(wanted)) if folder.is_dir() else None


def install_now(wanted: RuntimePackages, place: PackagesPlace, listener: Notes) -> Supply:
    """Install the packages into the cache, once for all functions of this runtime.

    If no package index can be reached, `lacking` names what would be needed.
    """
    before = installed_before(wanted, place)
    if before is not None:
        return before
    if not place.installs:
        ruled_out = words(
            *(f"boto3 {wanted.boto3} is not in the cache yet and ", Parameter.NO_INSTALL),
            " rules out installing it",
        )
        without = words("measure without it with ", Parameter.BOTO3.of(NO_BOTO3))
        leave_out = remedy("leave that option out once", without, mark=";")
        return Supply(None, None, Trouble(ruled_out, leave_out))
    target = place.install_target()
    folder = installed_folder(wanted.key, target)
    listener.note(
        f"Installing boto3 {wanted.boto3} and what it needs, as the runtime of Python "
        f"{target.python_version} brings them, into the cache (once) ..."
    )
    started = time.monotonic()
    try:
        install(
            ToInstall(
                label=f"boto3 {wanted.boto3}, which Lambda's runtime brings,",
                remedy=remedy(
                    words("name another version with ", Parameter.BOTO3.named()),
                    words("none with ", Parameter.BOTO3.of(NO_BOTO3)),
                ),
                lines=wanted.pins,
                compiled_by=target.python or _interpreter(place),
            ),
            folder,
            target,
            listener.detail,
        )
    except NoNetworkError:
        lacking = Trouble(
            f"boto3 {wanted.boto3} is not in the cache yet and no package index can be reached",
            remedy(
                "connect to the network once",
                words("measure an environment that has boto3 with ", Parameter.PYTHON),
                mark=";",
            ),
        )
        return Supply(None, None, lacking)
    listener.note(f"Installed in {time.monotonic() - started:.0f} s.")
    return Supply(str(folder), _words(wanted))


def _interpreter(place: PackagesPlace) -> str | None:
    """Return an interpreter of this machine of the container's version, to compile bytecode."""
    if place.interpreter.minor_version == place.minor_version:
        return place.interpreter.executable
    return shutil.which(f"python{place.minor_version}")


def _words(wanted: RuntimePackages) -> str:
    known = {
        "read": f"as of {wanted.date}",
        "inferred": f"inferred from other runtimes as of {wanted.date}",
    }.get(wanted.certainty, wanted.certainty)
    return f"boto3 {wanted.boto3} ({known}), installed for this measurement"


def image_words(runner: Runner) -> str | None:
    """Return where boto3 is in the runner's image, or None."""
    folders = runner.layout.runtime_packages
    if runner.image is None or not folders or RUNTIME_PACKAGES_DIR in folders:
        return None
    return f"the image's own, in {folders[0]}"


def mentions_runtime(place: PackagesPlace, search_path: Iterable[str]) -> bool:
    """Return True if the handler's module, or another of its own that this imports, names boto3.

    Only the text is searched: a function that has nothing to do with AWS needs no network. Packages
    in `search_path` need not be supplied.
    """
    there = {Path(entry).stem for folder in search_path for entry in _entries(folder)}
    brought = {name.encode() for name in runtime_modules_brought() - there}
    return any(
        name.partition(b".")[0] in brought
        for text in _own_sources(place)
        for name in _imported_names(text)
    )


def _entries(folder: str) -> Iterable[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names only
    except OSError:
        return ()


def imports_others(place: PackagesPlace) -> bool:
    """Return True if the function's own modules import anything that is not their own."""
    known = {name.encode() for name in sys.stdlib_module_names} | {b""}
    root = Path(place.target.task_root)
    return any(
        name.partition(b".")[0] not in known and _own_file(root, name) is None
        for text in _own_sources(place)
        for name in _imported_names(text)
    )


def _own_sources(place: PackagesPlace) -> Iterator[bytes]:
    root = Path(place.target.task_root)
    pending, seen = [Path(place.target.handler_file)], set[Path]()
    while pending:
        file = pending.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            text = read_found(file, _READ_LIMIT_BYTES)
        except OSError:
            continue
        yield text
        for name in _imported_names(text):
            # `from . import x` and `from .x import y` name modules beside the file.
            for folder in (root, file.parent):
                found = _own_file(folder, name)
                if found is not None:
                    pending.append(found)


def _imported_names(text: bytes) -> Iterator[bytes]:
    for match in _IMPORT.finditer(text):
        for name in match[1].split(b","):
            yield name.strip().lstrip(b".")


def _own_file(folder: Path, name: bytes) -> Path | None:
    parts = [part for part in name.decode("utf-8", "replace").split(".") if part]
    while parts:
        path = folder.joinpath(*parts)
        for file in (path.with_name(path.name + ".py"), path / "__init__.py"):
            if file.is_file():
                return file
        parts.pop()
    return None


def needs_runtime(runner: Runner, subject: Subject) -> bool:
    """Launch the handler once, and return True if it needs the runtime's packages.

    A dependency may import boto3 without naming it anywhere. The measurement itself reports a
    handler that fails otherwise.
    """
    session = Session(runner, subject)
    brought = runtime_modules_brought()
    try:
        result = session.launch_probe(RunKind.GRAPH)
    except HandlerError:
        failed = session.last.result if session.last is not None else None
        missing = (failed or {}).get("error", {}).get("missing_module") or ""
        return missing.partition(".")[0] in brought
    graph = result["graph"]
    failed_names = {name.partition(".")[0] for name, *_ in graph["failed"]}
    return bool(failed_names & brought)


def conflicts(packages: Packages, place: PackagesPlace) -> tuple[str, ...]:
    """Return the incompatibilities between the function's packages and the runtime's.

    On Lambda, too, the function's own version of botocore comes before the runtime's boto3. Each is
    one clause.
    """
    if packages.runtime is None:
        return ()
    markers = marker_environment(place.python_version)
    brought = installed_distributions([packages.runtime])
    own = installed_distributions([place.target.task_root, *packages.installed])
    together = {**brought, **own}
    found = []
    for name in sorted(runtime_distributions() & set(together)):
        for line in unsatisfied_by(together[name], together, markers):
            side = "the package's" if name in own else "the runtime's"
            found.append(f"{side} {name} {together[name].version} needs {line}")
    return tuple(found)
