"""A template with the nested stacks and applications that lie in the same project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.code import asset_path
from importcost.projects.cloudformation.evaluator import as_text
from importcost.projects.cloudformation.globals import unknown_globals
from importcost.projects.cloudformation.resources import is_deployed, stack_functions
from importcost.projects.cloudformation.stack import Stack, StackPlace, read_stack
from importcost.projects.functions import ProjectFunction
from importcost.projects.placeholders import OpenText
from importcost.projects.places import inside

_LOCATIONS = {
    "AWS::Serverless::Application": "Location",
    "AWS::CloudFormation::Stack": "TemplateURL",
}
MAX_STACKS = 500


@dataclass(slots=True)
class Nesting:
    """Walks a template and those below it; `notes` collects what is left out."""

    region: str
    notes: list[str] = field(default_factory=list)
    stacks: int = 0

    def functions(
        self, stack: Stack, prefix: str = "", above: tuple[Path, ...] = ()
    ) -> Iterator[ProjectFunction]:
        """Yield the functions of a stack and of all stacks below it.

        Raises UsageError for stacks that hold each other, and for more than 500 of them.
        """
        self.stacks += 1
        if self.stacks > MAX_STACKS:
            raise UsageError(f"{stack.file} holds more than {MAX_STACKS} stacks: name one of them.")
        self.notes += unknown_globals(stack.document, str(stack.file))
        for key, line in stack.resources.repeated.items():
            where = stack.where(key)
            self.notes.append(f"{where}: {key} is in line {line} as well: the last one counts.")
        yield from stack_functions(stack, prefix)
        chain = (*above, stack.file.resolve())
        for logical_id, resource in stack.resources.items():
            if isinstance(resource, dict) and is_deployed(resource, stack):
                below = self._below(stack, logical_id, resource)
                if below is None:
                    continue
                if below.file.resolve() in chain:
                    raise UsageError(
                        f"{stack.where(logical_id)}: {logical_id} nests {below.file}, which holds"
                        " it: remove the circle."
                    )
                yield from self.functions(below, f"{prefix}{logical_id}/", chain)

    def _below(self, stack: Stack, logical_id: str, resource: dict[str, Any]) -> Stack | None:
        """Return the stack that a resource nests, None for a resource that is none."""
        wanted = _LOCATIONS.get(stack.evaluator.type_of(logical_id))
        if wanted is None:
            return None
        properties = stack.evaluator.value(resource.get("Properties") or {})
        place = asset_path(resource) or properties.get(wanted)
        where = stack.where(logical_id)
        try:
            file = self._file(place, stack, where)
        except UsageError as error:
            self.notes.append(str(error))
            return None
        if file is None or not file.is_file():
            self.notes.append(f"{where}: {logical_id} is a stack whose template is not here.")
            return None
        below = StackPlace(file, stack.top, stack.is_built, stack.assets)
        return read_stack(below, _given(properties.get("Parameters")), self.region)

    def _file(self, place: Any, stack: Stack, where: str) -> Path | None:
        """Return the template that a nested stack names by path, or by the key of an asset.

        Raises UsageError for a path that leads out of the project.
        """
        if not isinstance(place, str):
            return None
        asset = stack.assets.get(place.rpartition("/")[2].partition(".")[0])
        if asset is not None:
            return asset
        if isinstance(place, OpenText) or "://" in place:
            return None
        return inside(place, stack.folder, stack.top, where)


def _given(raw: Any) -> Mapping[str, str]:
    """Return the parameters that a parent gives, without those that only the cloud knows."""
    if not isinstance(raw, dict):
        return {}
    return {key: as_text(one) for key, one in raw.items() if not isinstance(one, OpenText)}
