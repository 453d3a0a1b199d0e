"""One template with its names: parameters, conditions, mappings and resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.evaluator import Evaluator, TemplateScope
from importcost.projects.cloudformation.intrinsics import evaluator_of
from importcost.projects.cloudformation.loops import expanded
from importcost.projects.cloudformation.parameters import parameter_values
from importcost.projects.documents import DocumentTable, read_document


@dataclass(frozen=True, slots=True)
class Stack:
    """A template that was read.

    `folder` is where its relative paths start, `top` the folder that they must not leave.
    `is_built` is True for a template that a build wrote: its folders are complete. `assets` are the
    files and folders that it uploads, by their keys in S3, whole or without suffix.
    """

    file: Path
    folder: Path
    top: Path
    document: DocumentTable
    resources: DocumentTable
    evaluator: Evaluator
    is_built: bool = False
    assets: Mapping[str, Path] = field(default_factory=dict)

    def where(self, logical_id: str) -> str:
        """Return the place of a resource for messages."""
        return f"{self.file} line {self.resources.line_of(logical_id)}"


@dataclass(frozen=True, slots=True)
class StackPlace:
    """The place of a template and what belongs to it; see `Stack`."""

    file: Path
    top: Path
    is_built: bool = False
    assets: Mapping[str, Path] = field(default_factory=dict)


def read_stack(place: StackPlace, parameters: Mapping[str, str], region: str) -> Stack:
    """Read a template. Raises UsageError for a file that has no resources."""
    file = place.file
    document = read_document(file)
    if not isinstance(document, DocumentTable) or not isinstance(document.get("Resources"), dict):
        raise UsageError(f"{file} has no Resources: name a CloudFormation or SAM template.")
    values, defaultless = parameter_values(document.get("Parameters"), parameters)
    scope = TemplateScope(
        file=str(file),
        region=region,
        values=values,
        defaultless=defaultless,
        mappings=_section(document, "Mappings"),
        conditions=_section(document, "Conditions"),
        resources=document["Resources"],
    )
    evaluator = evaluator_of(scope)
    resources = expanded(document["Resources"], evaluator)
    scope.resources = resources
    return Stack(
        file=file,
        folder=file.parent,
        top=place.top,
        document=document,
        resources=resources,
        evaluator=evaluator,
        is_built=place.is_built,
        assets=place.assets,
    )


def _section(document: DocumentTable, name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}
