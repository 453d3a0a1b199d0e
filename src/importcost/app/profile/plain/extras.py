"""The packages that a package with some of its extras may import, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.measure.deployed.distributions import (
    Distribution,
    canonical,
    closure,
    marker_environment,
)
from importcost.model.profile import Target
from importcost.parameters import Parameter
from importcost.targets.plain.tree import project_table


def visible_with_extras(
    target: Target, installed: Mapping[str, Distribution], python_version: str
) -> tuple[str, frozenset[str]]:
    """Return the requirement that a target is measured with, and the distributions that it sees.

    The requirements are those of the working folder's own project if the target lies in it, else
    of the installed distribution that has it. Raises UsageError for an extra that it does not have,
    and for requirements that are not installed.
    """
    plain = target.plain
    if plain is None or plain.extras is None:
        return "", frozenset()
    folder = Path(plain.folder)
    table = project_table(folder) if plain.search_path else {}
    if table.get("name"):
        name = canonical(str(table["name"]))
        known, lines = _of_project(table, plain.extras)
    else:
        name = _owner(target, installed)
        known = _known_extras(installed[name])
        lines = [f"{name}[{','.join(plain.extras)}]" if plain.extras else name]
    shown = f"{name}[{','.join(plain.extras)}]" if plain.extras else f"{name} without extras"
    unknown = [one for one in plain.extras if canonical(one) not in known]
    if unknown:
        has = f"it has {', '.join(sorted(known))}" if known else "it has none"
        raise UsageError(
            words(f"{name} has no extra {unknown[0]}, which ", Parameter.EXTRAS, " names"),
            remedy(f"name another one ({has})"),
        )
    found = closure(lines, installed, marker_environment(python_version))
    if found.missing:
        needs = ", ".join(found.missing)
        raise UsageError(
            f"{shown} needs {needs}, which the measured environment does not have",
            remedy(
                f"install it with `pip install '{shown.removesuffix(' without extras')}'`",
                words("name another environment with ", Parameter.PYTHON),
            ),
        )
    return shown, found.names | ({name} & set(installed))


def _of_project(
    table: Mapping[str, object], extras: tuple[str, ...]
) -> tuple[frozenset[str], list[str]]:
    """Return the extras of a project's table, and the requirement lines with some of them."""
    optional = table.get("optional-dependencies")
    groups = optional if isinstance(optional, dict) else {}
    by_name = {canonical(str(name)): lines for name, lines in groups.items()}
    own = table.get("dependencies")
    lines = [*(own if isinstance(own, list) else [])]
    for extra in extras:
        lines += by_name.get(canonical(extra), [])
    return frozenset(by_name), [str(line) for line in lines]


def _known_extras(distribution: Distribution) -> frozenset[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    found: set[str] = set()
    for line in distribution.requires:
        try:
            marker = str(Requirement(line).marker or "")
        except InvalidRequirement:
            continue
        parts = marker.replace("'", '"').split('extra == "')[1:]
        found.update(canonical(part.partition('"')[0]) for part in parts)
    return frozenset(found)


def _owner(target: Target, installed: Mapping[str, Distribution]) -> str:
    """Return the installed distribution that has the target's top-level package."""
    plain = target.plain
    wanted = target.module.partition(".")[0]
    if plain is not None and plain.text is not None:
        from importcost.targets.plain.tree import imported_tops

        tops = [one for one in imported_tops(plain.text) if one != "sys"]
        wanted = tops[0] if tops else wanted
    for name, distribution in installed.items():
        if any(parts[0] in (wanted, f"{wanted}.py") for parts in distribution.files()):
            return name
    raise UsageError(
        words(
            f"No installed distribution has {wanted}, so ", Parameter.EXTRAS, " cannot name extras"
        ),
        remedy("install it", "name them where pyproject.toml declares them"),
    )
