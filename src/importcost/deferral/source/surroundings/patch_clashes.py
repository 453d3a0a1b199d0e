"""Reads of modules and classes that the function patches or configures: by imports, by objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from importcost.deferral.source.reach.units import FileCode
from importcost.deferral.source.surroundings.aspects import surroundings
from importcost.deferral.source.surroundings.reads import (
    InstalledReads,
    ReadFinder,
    StateReads,
    is_stdlib,
)
from importcost.deferral.source.surroundings.state_changes import StateChange

_LOADED_BY = {
    "boto3": ("botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "certifi"),
    "botocore": ("urllib3", "dateutil", "jmespath", "certifi"),
    "requests": ("urllib3", "certifi", "idna", "charset_normalizer"),
}
"""Packages that others load, for those whose source is not at hand."""


class PatchClashes:
    """Holds changes of names against what imports and objects read of packages."""

    def __init__(
        self, own: Mapping[str, FileCode], reads: ReadFinder, installed: InstalledReads | None
    ) -> None:
        self._own = own
        self._reads = reads
        self._installed = installed

    def of_import(self, change: StateChange, name: str, targets: Collection[str]) -> str | None:
        """Return why an import depends on a change, or None; it binds the names `targets`."""
        what = change.what
        code = self._own.get(name)
        if code is not None and not f"{what}.".startswith(f"{name}."):
            reads = self._reads.of_import(name)
            if not change.is_setting and any(
                each == what or each.startswith((f"{what}.", f"{what}("))
                for each in (reads.names if change.is_within else reads.names | reads.bound)
            ):
                return f"importing {name} reads {what}"
            targets = {*targets, *reads.bound}
            words = self.of_package(change, reads)
            if words:
                return f"importing {name} ({words[0]}) {words[1]}"
        loaded = code.body.loads if code is not None else [name]
        if "*" in change.patches and any(self._may_be_patched(each, what) for each in loaded):
            return f"importing {name} may depend on {what}()"
        taken = sorted(each for each in targets if self._is_taken(each, change.patches))
        if taken:
            return f"importing {name} takes {taken[0]}, which {what}() may replace"
        if change.is_setting or change.is_within:
            return None
        if what in targets or (code is not None and what in code.body.targets.values()):
            return f"importing {name} reads {what}"
        top = what.partition(".")[0]
        is_own = code is not None or any(what.startswith(f"{own}.") for own in self._own)
        if is_own or is_stdlib(name) or name.partition(".")[0] == top:
            return None
        loads = self._installed.loads(name) if self._installed else ()
        if loads and not any(each.partition(".")[0] == top for each in loads):
            return None
        return f"importing {name} may read {what}"

    def of_package(self, change: StateChange, reads: StateReads) -> tuple[str, str] | None:
        """Return what reads a package that a change is of, and how; None if nothing does."""
        what = change.what
        if change.is_within or any(f"{what}.".startswith(f"{own}.") for own in self._own):
            return None
        tops = change.patches or frozenset([what.partition(".")[0]])
        verb = f"may depend on {what}()" if change.is_setting else f"may read {what}"
        for package, words in reads.packages.items():
            if self._is_patched(package, tops):
                return words, verb
        if not change.is_setting or change.patches:
            used = sorted(name for name in reads.names if name.partition(".")[0] in tops)
            used += sorted(filter(_is_patched_stdlib, reads.names)) if "*" in tops else []
            if used:
                return used[0].replace("()", ""), verb
        if not change.is_setting and any(map(is_stdlib, tops)):
            made = self._standard_user(reads.names, tops)
            if reads.packages or made:
                return next(iter(reads.packages.values()), made.replace("()", "")), verb
        return None

    def _standard_user(self, names: Collection[str], tops: Collection[str]) -> str:
        """Return the name of the standard library whose module loads a changed one, or ""."""
        for name in sorted(names):
            module = name.replace("()", "").rpartition(".")[0]
            while module and is_stdlib(module):
                if set(tops) & _loaded_by(module, self._installed):
                    return name
                module = module.rpartition(".")[0]
        return ""

    def _is_taken(self, dotted: str, tops: Collection[str]) -> bool:
        """Return True if a name that an import binds is a part of one of some patched packages.

        A module's parts are looked up at each use, so an import of the module may wait.
        """
        is_module = bool(self._installed and self._installed.loads(dotted))
        return "." in dotted and not is_module and dotted.partition(".")[0] in tops

    def _is_patched(self, name: str, tops: Collection[str]) -> bool:
        """Return True if a module is, or loads, one of some changed packages ("*": any)."""
        if "*" in tops or name.partition(".")[0] in tops:
            return True
        loaded = _loaded_by(name, self._installed)
        return any(top in loaded and not is_stdlib(top) for top in tops)

    def _may_be_patched(self, name: str, tool: str) -> bool:
        """Return True if a call of a tool that patches anything may matter to a module's import."""
        top = name.partition(".")[0]
        if top == tool.partition(".")[0] or any(own.partition(".")[0] == top for own in self._own):
            return False
        return not is_stdlib(top) or _is_patched_stdlib(name)


def _is_patched_stdlib(name: str) -> bool:
    return name.partition(".")[0] in surroundings().patched_stdlib


def _loaded_by(package: str, installed: InstalledReads | None) -> set[str]:
    """Return the packages that another one loads, of which the function may patch parts."""
    loads = installed.loads(package) if installed else ()
    return {each.partition(".")[0] for each in loads or _LOADED_BY.get(package, ())}
