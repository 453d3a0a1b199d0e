"""The effects of importing the modules of one import graph, and which of them others see."""

from __future__ import annotations

from collections.abc import Collection

from importcost.deferral.effects.body import effects_of_body
from importcost.deferral.effects.fingerprints import Fingerprints
from importcost.deferral.effects.known_effects import load_known_effects
from importcost.deferral.effects.lookup import Lookup
from importcost.deferral.effects.module_code import ModuleCodes
from importcost.deferral.effects.store import EffectsStore
from importcost.deferral.effects.subclass_reads import SubclassReaders
from importcost.model.effects import EffectKind, ImportEffect
from importcost.model.graph import ImportGraph


class ImportEffects:
    """Reads the modules of a graph when asked; `python` is the measured version."""

    def __init__(self, graph: ImportGraph, python: tuple[int, int]) -> None:
        self._codes = ModuleCodes(graph, python)
        self._lookup = Lookup(self._codes, load_known_effects())
        self._readers = SubclassReaders(self._lookup)
        self._store = EffectsStore(Fingerprints(self._codes), python)
        self._found: dict[str, tuple[ImportEffect, ...]] = {}

    def of(self, module: str) -> tuple[ImportEffect, ...]:
        """Return what a module's body does to objects that are not its own."""
        if module not in self._found:
            self._found[module] = (*self._known(module), *self._read(module))
        return self._found[module]

    def unread(self, modules: Collection[str]) -> tuple[str, ...]:
        """Return the modules of Python source that is not on this machine, or too large to read.

        Those of a container's image are an example. What importing them does is not known.
        """
        return tuple(name for name in modules if self._codes.is_out_of_reach(name))

    def keep(self) -> None:
        """Store what was read, for the next run."""
        self._store.save()

    def _read(self, module: str) -> tuple[ImportEffect, ...]:
        if self._codes.is_stdlib(module) or not self._codes.has_source(module):
            return ()
        stored = self._store.find(module)
        if stored is not None:
            return stored
        with self._codes.watched() as seen:
            found = effects_of_body(self._lookup, self._readers, module)
        self._store.put(module, found, frozenset(seen))
        return found

    def _known(self, module: str) -> tuple[ImportEffect, ...]:
        """Return what a package is known for: at its import, or anywhere if it has no source."""
        known = self._lookup.known.packages.get(module)
        is_read = self._codes.has_source(module) and not (known and known.at_import)
        if known is None or is_read or self._codes.is_stdlib(module):
            return ()
        return (ImportEffect(EffectKind.KNOWN, module, None, known.does, module),)

    def beyond(self, moved: Collection[str]) -> tuple[ImportEffect, ...]:
        """Return the effects of these modules on anything that is loaded without them.

        `moved` are the modules that init would no longer load. What they register with each other
        is seen by nobody else: it is there whenever they are.
        """
        inside = frozenset(moved)
        return tuple(
            effect
            for module in moved
            for effect in self.of(module)
            if effect.target_module not in inside
        )
