"""Imports of a handler that its deployed package will not have, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importcost.errors import Trouble, remedy, words
from importcost.measure.deployed.distributions import Distribution
from importcost.measure.deployed.runtime_packages import runtime_modules_brought
from importcost.model.graph import FUNCTION, ImportGraph
from importcost.model.profile import ProfileWarning, WarningCode
from importcost.parameters import Parameter

_SOURCE_SUFFIXES = (".py", ".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Beyond:
    """Installed packages that the measured handler is not shown.

    `installed` and `visible` describe the measuring environment. `says` names the file that lists
    the deployed packages. `no_runtime` is the reason why the runtime's packages are missing, None
    if they are there. `conflicts` are their incompatibilities with the package's own, a clause
    each.
    """

    installed: Mapping[str, Distribution] = field(default_factory=dict)
    visible: frozenset[str] = frozenset()
    says: str = "the package"
    no_runtime: Trouble | None = None
    conflicts: tuple[str, ...] = ()

    def owner(self, module: str) -> Distribution | None:
        """Return the hidden distribution of a top-level module, or None."""
        top = module.partition(".")[0]
        for distribution in self.installed.values():
            if distribution.name not in self.visible and _brings(distribution, top):
                return distribution
        return None

    def without_runtime(self, module: str, importer: str) -> Trouble | None:
        """Explain that a module of Lambda's runtime could not be installed here.

        None for any other module, and if the runtime's packages are there.
        """
        if self.no_runtime is None or module.partition(".")[0] not in runtime_modules_brought():
            return None
        return Trouble(
            words(
                f"{importer} needs the module {module}, which Lambda's runtime brings: ",
                self.no_runtime.what,
            ),
            self.no_runtime.remedy,
        )

    def explain(self, module: str, importer: str) -> Trouble | None:
        """Explain in one sentence why `module` is missing, or return None."""
        without = self.without_runtime(module, importer)
        if without is not None:
            return without
        owner = self.owner(module)
        if owner is None:
            return None
        return Trouble(
            f"{importer} imports {module}, which the deployed package will not have: the "
            f"measuring environment holds it ({owner.name} {owner.version}), but {self.says} does "
            "not name it",
            remedy(f"add {owner.name} there", mark=";"),
        )

    def conflict(self) -> Trouble | None:
        """Describe in one sentence an incompatibility, or return None."""
        if not self.conflicts:
            return None
        return Trouble(
            f"The package does not go with the boto3 that Lambda's runtime brings: "
            f"{self.conflicts[0]}, and the package's own comes first",
            remedy(
                f"add boto3 to {self.says}",
                words("choose the runtime's with ", Parameter.BOTO3),
                mark=";",
            ),
        )


NOTHING_BEYOND = Beyond()


def _brings(distribution: Distribution, top: str) -> bool:
    return any(
        parts[0] == top if len(parts) > 1 else _module_of(parts[0]) == top
        for parts in distribution.files()
    )


def _module_of(file: str) -> str | None:
    """Return the top-level module of a file, or None."""
    return file.partition(".")[0] if file.endswith(_SOURCE_SUFFIXES) else None


def imports_beyond(
    recorded: Mapping[str, Any], graph: ImportGraph, beyond: Beyond
) -> Iterator[ProfileWarning]:
    """Warn of missing imports of the function's own code that the environment has.

    `recorded` is the graph run's result. A dependency's missing imports are its own affair.
    """
    own = {item.name: item.file for item in graph.modules if item.distribution == FUNCTION}
    loaded = {item.name for item in graph.modules}
    named: set[str] = set()
    for module, importer, file, line in recorded.get("failed", ()):
        top = module.partition(".")[0]
        if importer not in own or top in loaded or top in named:
            continue
        if beyond.owner(module) is None:
            continue
        named.add(top)
        place = f"{own[importer] or file} line {line}"
        yield ProfileWarning(
            WarningCode.NOT_DEPLOYED,
            f"{place} imports {module}, which the deployed package will not have: it is measured "
            f"without it, as the handler runs on Lambda. Add it to {beyond.says} if it is needed.",
        )
