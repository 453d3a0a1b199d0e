"""Resolve a target that is not a handler, with the answers of the interpreter that measures it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.profile.in_common import once
from importcost.measure.runners.local import ask_environment
from importcost.model.plain import PlainChoice, TargetKind, split_words
from importcost.model.profile import Target
from importcost.targets.plain.environment import FoundInEnvironment, found_in_environment
from importcost.targets.plain.package import (
    check_module,
    distribution_named,
    is_module_name,
    package_target,
)
from importcost.targets.plain.program import (
    command_target,
    entry_parts,
    entry_target,
    file_target,
    host_python_path,
    script_file_target,
)
from importcost.targets.plain.tree import (
    folders_with,
    is_project_name,
    namespace_folders,
    project_packages,
    project_scripts,
    tree_modules,
)

NO_EXTRAS = "none"
"""The value of --extra for a package that is measured without any of its extras."""


def plain_target(
    choice: PlainChoice, extras: tuple[str, ...] | None, folder: Path, python: str
) -> Target:
    """Return the target that `choice` names in the environment of `python`.

    `folder` is the working folder, whose own package goes before an installed one. Nothing of the
    target is run. Raises UsageError if there is no such thing, MeasurementError if the interpreter
    does not answer.
    """
    if choice.kind is TargetKind.FILE:
        found = file_target(choice, folder)
    elif choice.kind is TargetKind.COMMAND:
        found = command_target(choice, folder)
    elif choice.kind is TargetKind.SCRIPT:
        found = _script(choice, folder, python)
    else:
        found = _package(choice.text.strip(), folder, python)
    if extras is None or found.plain is None:
        return found
    kept = tuple(one for one in extras if one != NO_EXTRAS)
    return replace(found, plain=replace(found.plain, extras=kept))


def _package(name: str, folder: Path, python: str) -> Target:
    check_module(name)
    top = name.partition(".")[0]
    search_path = folders_with(folder, (top,))
    wanted = name if is_module_name(name) else name.replace("-", "_").replace(".", "_")
    found = _asked(python, search_path, module=wanted)
    if found.module is not None and found.module.kind == "missing":
        namespaces = namespace_folders(folder, top)
        again = _asked(python, namespaces, module=wanted) if namespaces else found
        if again.module is not None and again.module.kind != "missing":
            found, search_path = again, namespaces
    own = project_packages(folder)
    if not is_module_name(name) and own and is_project_name(folder, name):
        raise distribution_named(name, own)
    if not is_module_name(name) and found.module is not None:
        # A distribution's name: its module may differ from it in more than the dashes.
        tops = found.tops if found.module.kind == "missing" else {name: (wanted,)}
        found = replace(found, module=None, tops=tops)
    if found.module is None or found.module.kind == "missing":
        found = replace(found, names=(*tree_modules(folder), *found.names))
    return package_target(name, found, folder, search_path, python)


def _script(choice: PlainChoice, folder: Path, python: str) -> Target:
    name = split_words(choice)[0]
    declared = project_scripts(folder).get(name)
    parts = entry_parts(declared) if declared is not None else None
    own = _own_folders(folder, parts[0]) if parts else ()
    if declared is not None and parts is not None and own:
        # The working folder's own script, installed or not.
        found = _asked(python, own, module=parts[0])
        return entry_target(choice, declared, found, folder, own)
    found = _asked(python, (), script=name)
    if found.value is None:
        return script_file_target(choice, found, folder, python)
    parts = entry_parts(found.value)
    value = found.value
    own = folders_with(folder, (parts[0].partition(".")[0],)) if parts else ()
    if parts is not None:
        found = _asked(python, own, module=parts[0])
    return entry_target(choice, value, found, folder, own)


def _own_folders(folder: Path, module: str) -> tuple[str, ...]:
    """Return the folders of a working tree that hold a module, in a namespace package if in none.

    A folder of the same name that does not hold the module itself says nothing.
    """
    top, *rest = module.split(".")
    regular = folders_with(folder, (top,))
    if regular or not rest:
        return regular
    inside = "/".join((top, *rest[:-1]))
    return tuple(
        place
        for place in namespace_folders(folder, top)
        if namespace_folders(Path(place), "/".join((top, *rest)))
        or folders_with(Path(place) / inside, rest[-1:])
    )


def _asked(
    python: str,
    folders: tuple[str, ...],
    *,
    module: str | None = None,
    script: str | None = None,
) -> FoundInEnvironment:
    path = (*folders, *host_python_path())
    wanted = {"folders": list(path), "module": module, "script": script}
    key = ("in environment", python, path, module, script)
    return once(key, lambda: found_in_environment(ask_environment(python, wanted)))
