"""Reads of modules and classes that the function patches or configures: by imports, by objects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from importcost.deferral.source.reach.units import FileCode
from importcost.deferral.source.surroundings.aspects import covering, surroundings
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
_WIDE = frozenset(("os", "sys", "logging"))
"""Modules of so many things that a setter of one says nothing of the others: aspects tell."""
_ENDS = re.compile(r"[.(]")


class _ReadNames:
    """The names that some code reads, arranged for the many changes that are held against them."""

    def __init__(self, reads: StateReads) -> None:
        self._reads = reads

    @cached_property
    def used(self) -> frozenset[str]:
        """The names that the code uses, and what they start with."""
        return frozenset(_with_starts(self._reads.names))

    @cached_property
    def known(self) -> frozenset[str]:
        """Those, and the names that its imports bind."""
        return self.used | frozenset(_with_starts(self._reads.bound))

    @cached_property
    def by_top(self) -> Mapping[str, list[str]]:
        """The names that the code uses, by their first part."""
        found: dict[str, list[str]] = {}
        for name in sorted(self._reads.names):
            found.setdefault(name.partition(".")[0], []).append(name)
        return found


class PatchClashes:
    """Holds changes of names against what imports and objects read of packages."""

    def __init__(
        self, own: Mapping[str, FileCode], reads: ReadFinder, installed: InstalledReads | None
    ) -> None:
        self._own = own
        self._reads = reads
        self._installed = installed
        self._names: dict[int, _ReadNames] = {}
        self._loaded: dict[str, set[str]] = {}

    def of_import(self, change: StateChange, name: str, targets: Collection[str]) -> str | None:
        """Return why an import depends on a change, or None; it binds the names `targets`."""
        what = change.what
        bound: Collection[str] = ()
        code = self._own.get(name)
        if code is not None and not f"{what}.".startswith(f"{name}."):
            reads = self._reads.of_import(name)
            known = self._read_names(reads)
            if not change.is_setting and what in (known.used if change.is_within else known.known):
                return f"importing {name} reads {what}"
            bound = reads.bound
            words = self.of_package(change, reads)
            if words:
                return f"importing {name} ({words[0]}) {words[1]}"
        loaded = code.body.loads if code is not None else [name]
        if "*" in change.patches and any(self._may_be_patched(each, what) for each in loaded):
            return f"importing {name} may depend on {what}()"
        names = (*targets, *bound) if change.patches else ()
        taken = sorted(each for each in names if self._is_taken(each, change.patches))
        if taken:
            return f"importing {name} takes {taken[0]}, which {what}() may replace"
        if change.is_setting or change.is_within:
            return None
        if what in targets or what in bound or (code and what in code.body.targets.values()):
            return f"importing {name} reads {what}"
        top = what.partition(".")[0]
        is_own = code is not None or self._is_own(what.rpartition(".")[0])
        if is_own or is_stdlib(name) or name.partition(".")[0] == top:
            return None
        loads = self._installed.loads(name) if self._installed else ()
        if loads and not any(each.partition(".")[0] == top for each in loads):
            return None
        return f"importing {name} may read {what}"

    def of_package(self, change: StateChange, reads: StateReads) -> tuple[str, str] | None:
        """Return what reads a package that a change is of, and how; None if nothing does."""
        what = change.what
        if change.is_within or self._is_own(what):
            return None
        tops = change.patches or frozenset([what.partition(".")[0]])
        verb = f"may depend on {what}()" if change.is_setting else f"may read {what}"
        for package, words in reads.packages.items():
            if self._is_patched(package, tops):
                return words, verb
        if change.is_setting and not change.patches:
            near = self._beside_setter(what, reads)
            if near:
                return near.replace("()", ""), verb
        if not change.is_setting or change.patches:
            by_top = self._read_names(reads).by_top
            used = sorted(name for top in tops for name in by_top.get(top, ()))
            used += sorted(filter(_is_patched_stdlib, reads.names)) if "*" in tops else []
            if used:
                return used[0].replace("()", ""), verb
        if not change.is_setting and any(map(is_stdlib, tops)):
            made = self._standard_user(reads.names, tops)
            if reads.packages or made:
                return next(iter(reads.packages.values()), made.replace("()", "")), verb
        return None

    def _beside_setter(self, setter: str, reads: StateReads) -> str:
        """Return a name that code reads of the module or class that has a setter, or "".

        `sqlite3.adapters` for `sqlite3.register_adapter`.
        """
        owner, _, _ = setter.rpartition(".")
        if owner.partition(".")[0] in _WIDE:
            return ""
        near = self._read_names(reads).by_top.get(owner.partition(".")[0], ())
        inside = (name for name in near if covering(name, [owner]))
        harmless = surroundings().decorators
        return next((name for name in inside if covering(name, harmless) is None), "")

    def _standard_user(self, names: Collection[str], tops: Collection[str]) -> str:
        """Return the name of the standard library whose module loads a changed one, or ""."""
        for name in sorted(names):
            module = name.replace("()", "").rpartition(".")[0]
            while module and is_stdlib(module):
                if not self._loaded_by(module).isdisjoint(tops):
                    return name
                module = module.rpartition(".")[0]
        return ""

    def _is_taken(self, dotted: str, tops: Collection[str]) -> bool:
        """Return True if a name that an import binds is a part of one of some patched packages.

        A module's parts are looked up at each use, so an import of the module may wait.
        """
        if "." not in dotted or dotted.partition(".")[0] not in tops:
            return False
        return not (self._installed and self._installed.loads(dotted))

    def _is_patched(self, name: str, tops: Collection[str]) -> bool:
        """Return True if a module is, or loads, one of some changed packages ("*": any)."""
        if "*" in tops or name.partition(".")[0] in tops:
            return True
        loaded = self._loaded_by(name)
        return any(top in loaded and not is_stdlib(top) for top in tops)

    def _may_be_patched(self, name: str, tool: str) -> bool:
        """Return True if a call of a tool that patches anything may matter to a module's import."""
        top = name.partition(".")[0]
        if top == tool.partition(".")[0] or any(own.partition(".")[0] == top for own in self._own):
            return False
        return not is_stdlib(top) or _is_patched_stdlib(name)

    def _read_names(self, reads: StateReads) -> _ReadNames:
        if id(reads) not in self._names:
            self._names[id(reads)] = _ReadNames(reads)  # which keeps the object, and so its id
        return self._names[id(reads)]

    def _is_own(self, dotted: str) -> bool:
        """Return True for a module of the function, and for a name in one."""
        while dotted and dotted not in self._own:
            dotted = dotted.rpartition(".")[0]
        return bool(dotted)

    def _loaded_by(self, package: str) -> set[str]:
        """Return the packages that another one loads, of which the function may patch parts."""
        if package not in self._loaded:
            loads = self._installed.loads(package) if self._installed else ()
            names = loads or _LOADED_BY.get(package, ())
            self._loaded[package] = {each.partition(".")[0] for each in names}
        return self._loaded[package]


def _is_patched_stdlib(name: str) -> bool:
    return name.partition(".")[0] in surroundings().patched_stdlib


def _with_starts(names: Collection[str]) -> Iterator[str]:
    """Yield names, and what they start with: `a.b` and `a` for `a.b()`."""
    for name in names:
        yield name
        yield from (name[: each.start()] for each in _ENDS.finditer(name))
