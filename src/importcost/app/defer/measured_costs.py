"""The cost of the function's own statements: the imports' exclusive costs, and the timed rest."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.app.defer.sources import Sources
from importcost.deferral.cost.best_set import MIN_GAIN_SHARE, MIN_GAIN_US
from importcost.deferral.cost.costs import ImportCosts, self_us_by_name
from importcost.deferral.cost.flow import StatementKey, own_files
from importcost.deferral.source.model import ImportStatement, ModuleObject, SourceFile
from importcost.model.advice import SourcePlace, StatementTime
from importcost.model.graph import ImportGraph
from importcost.model.profile import Profile, significant_blocked_us


class MeasuredCosts:
    """The costs of one profile's statements, by the statements of its sources."""

    def __init__(
        self,
        profile: Profile,
        graph: ImportGraph,
        statements: Sequence[StatementTime],
        sources: Sources,
    ) -> None:
        self._profile = profile
        self.graph = graph
        self.python = profile.environment.minor_version
        self.init = profile.function_init
        self.memory_mb = profile.settings.memory_mb
        self.times = {one.place: one for one in statements}
        self.self_us = self_us_by_name(profile.tree, {module.name for module in graph.modules})
        keys = [StatementKey(one.place) for one in statements]
        for file in sources.files.values():
            keys += [import_key(file, one) for one in file.imports]
            keys += [object_key(file, one) for one in file.objects]
        files = own_files(graph) | sources.files.keys()
        self.imports = ImportCosts(graph, self.self_us, files, keys)

    @property
    def least_us(self) -> float:
        """Return the smallest saving that is worth an edit."""
        return least_gain_us(self._profile)

    def own_us(self, file: SourceFile, made: Sequence[ModuleObject]) -> int:
        """Return the time to create the objects, with its waiting if init waits at all."""
        return sum(time.own_us for time in self._made_in(file, made)) + self.waits_us(file, made)

    def waits_us(self, file: SourceFile, made: Sequence[ModuleObject]) -> int:
        """Return the waiting while creating the objects, if init waits at all."""
        # A statement's wall time includes waiting for a processor, too; the init's is known
        # separately.
        init = self.init
        most = significant_blocked_us(init.blocked_us, init.wall_us)
        waits = sum(max(0, time.wall_us - time.own_us) for time in self._made_in(file, made))
        return round(min(most, significant_blocked_us(waits, 0)))

    def _made_in(self, file: SourceFile, made: Sequence[ModuleObject]) -> tuple[StatementTime, ...]:
        places = dict.fromkeys(place(file, one) for one in made)
        return tuple(self.times[place] for place in places if place in self.times)


def least_gain_us(profile: Profile) -> float:
    """Return the smallest saving that is worth an edit, in microseconds."""
    return max(MIN_GAIN_US, MIN_GAIN_SHARE * profile.function_init.local_us)


def place(file: SourceFile, statement: ImportStatement | ModuleObject) -> SourcePlace:
    """Return the place of a statement of a file."""
    text, start = file.source.text, statement.span.start
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    column = len(text[line_start:start].encode("utf-8", "surrogatepass"))
    return SourcePlace(file.source.path, statement.line, statement.end_line, column)


def import_key(file: SourceFile, statement: ImportStatement) -> StatementKey:
    """Return the key of an import statement's cost."""
    return StatementKey(place(file, statement), statement.imported)


def object_key(file: SourceFile, made: ModuleObject) -> StatementKey:
    """Return the key of the cost of the statement that creates an object."""
    return StatementKey(place(file, made))
