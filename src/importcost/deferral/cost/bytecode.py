"""Bytecode: modules that Lambda compiles at every cold start, and the command that stops it.

/var/task is read-only, so a module without valid bytecode is compiled each time. A ZIP's dates are
set by its packer (1980 by SAM, 2098 by the Serverless Framework), so timestamp bytecode in it is
always stale. An image keeps the dates of its files. Hash-based bytecode is valid in both.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from importcost.billing.figures.datafiles import python_minor
from importcost.deferral.cost.flow import PRELOADED_PHASES
from importcost.files.unpack import archive_of
from importcost.model.advice import BytecodeFinding
from importcost.model.graph import (
    FUNCTION,
    RUNTIME,
    STDLIB,
    BytecodeState,
    ImportGraph,
    LoadedModule,
)
from importcost.model.profile import Profile, Settings
from importcost.model.results.facts import BytecodeAdvice

BUILD_FOLDER = "."
_COMPILED = {
    "zip": frozenset({BytecodeState.VALID, BytecodeState.STALE, BytecodeState.ABSENT}),
    "image": frozenset({BytecodeState.STALE, BytecodeState.ABSENT}),
}


def bytecode_advice(profile: Profile) -> BytecodeAdvice | None:
    """Return advice for a ZIP whose modules come as source, None where nothing is to be gained.

    The state on the measured disk does not matter: a ZIP's timestamps never match, and an image
    is measured with the valid bytecode that its build leaves.
    """
    if profile.graph is None or profile.settings.package_type != "zip":
        return None
    compiled = compiled_modules(profile.graph, "zip")
    target = profile.target
    root = target.task_root if target else BUILD_FOLDER
    found = bytecode_finding(profile.graph, profile.settings, root)
    if found is None:
        return None
    own = sum(module.distribution == FUNCTION for module in compiled)
    return BytecodeAdvice(found.modules, own, found.command)


def bytecode_finding(
    graph: ImportGraph, settings: Settings, folder: str = BUILD_FOLDER
) -> BytecodeFinding | None:
    """Return how many modules are compiled at every cold start, or None if there are none.

    `folder` is the task root. If dependencies lie outside of it, a build packs them, and the
    command is to be run in that build's folder. The count covers the function's own modules and its
    dependencies; the image's standard library is compiled already. Raises UsageError for a runtime
    that is not a Python 3.
    """
    compiled = compiled_modules(graph, settings.package_type)
    if not compiled:
        return None
    inside = folder.rstrip("/") + "/"
    is_unpacked = archive_of(Path(folder)) is not None  # what is compiled there, no ZIP will hold
    if is_unpacked or not all(
        module.file is None or module.file.startswith(inside) for module in compiled
    ):
        folder = BUILD_FOLDER
    return BytecodeFinding(len(compiled), compile_command(settings.runtime, folder))


def compiled_modules(graph: ImportGraph, package_type: str) -> tuple[LoadedModule, ...]:
    """Return the package's modules that have no valid bytecode once deployed."""
    states = _COMPILED[package_type]
    return tuple(
        module
        for module in graph.modules
        if module.bytecode in states
        and module.phase not in PRELOADED_PHASES
        and module.distribution not in (STDLIB, RUNTIME)
        and not module.from_runtime
    )


def compile_command(runtime: str, folder: str) -> str:
    """Return the command that writes hash-based bytecode with a Lambda runtime's own Python.

    `-f` compiles what an installer has compiled by date, too: compileall takes that for fresh and
    leaves it as it is. Python ignores bytecode of another minor version. Raises UsageError for a
    runtime that is not a Python 3.
    """
    interpreter = f"python3.{python_minor(runtime)}"
    options = "-m compileall -q -f --invalidation-mode unchecked-hash -j 0"
    return f"{interpreter} {options} {shlex.quote(folder)}"
