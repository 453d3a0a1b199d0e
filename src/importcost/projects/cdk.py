"""A CDK app as it was synthesized: the stacks and assets of its cdk.out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.nested import Nesting
from importcost.projects.cloudformation.stack import StackPlace, read_stack
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import DeployedProject, ProjectFunction, ReadOptions
from importcost.projects.places import inside

MANIFEST = "manifest.json"
MAX_ASSEMBLIES = 500
_STACK, _ASSEMBLY, _ASSETS = (
    "aws:cloudformation:stack",
    "cdk:cloud-assembly",
    "cdk:asset-manifest",
)


def read_cdk(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of all stacks in a cloud assembly, nested ones (stages) included.

    `file` is its manifest, or the cdk.json of an app that was not synthesized. Raises UsageError
    for the latter, and for an assembly that cannot be read.
    """
    if file.name != MANIFEST:
        raise UsageError(
            f"{file.parent} is a CDK app that has not been synthesized: run `cdk synth` (or"
            " `npx aws-cdk synth`) there, which needs no account."
        )
    top = file.parent.resolve()
    nesting = Nesting(options.region)
    functions = tuple(
        function
        for folder in _assemblies(top, top)
        for function in _of_assembly(folder, top, nesting)
    )
    return DeployedProject(str(file), str(top.parent), "CDK", functions, tuple(nesting.notes))


def _assemblies(folder: Path, top: Path) -> Iterator[Path]:
    """Yield an assembly's folder and those nested in it. Raises UsageError for endless ones."""
    pending, seen = [folder], set[Path]()
    while pending:
        place = pending.pop(0)
        if place in seen or len(seen) > MAX_ASSEMBLIES:
            raise UsageError(f"{place / MANIFEST} nests itself: synthesize the app again.")
        seen.add(place)
        yield place
        for artifact in _artifacts(place, _ASSEMBLY):
            name = str(artifact.get("directoryName", ""))
            pending.append(inside(name, place, top, str(place / MANIFEST)))


def _artifacts(folder: Path, kind: str) -> Iterator[Mapping[str, Any]]:
    manifest = read_document(folder / MANIFEST)
    artifacts = manifest.get("artifacts") if isinstance(manifest, DocumentTable) else None
    if not isinstance(artifacts, dict):
        raise UsageError(f"{folder / MANIFEST} has no artifacts: synthesize the app again.")
    for artifact in artifacts.values():
        if isinstance(artifact, dict) and artifact.get("type") == kind:
            properties = artifact.get("properties")
            yield properties if isinstance(properties, dict) else {}


def _of_assembly(folder: Path, top: Path, nesting: Nesting) -> Iterator[ProjectFunction]:
    assets = _assets(folder, top)
    for artifact in _artifacts(folder, _STACK):
        name = artifact.get("templateFile")
        if not isinstance(name, str):
            continue
        file = inside(name, folder, top, str(folder / MANIFEST))
        given = artifact.get("parameters")
        stack = read_stack(
            StackPlace(file, top, is_built=True, assets=assets),
            {key: str(one) for key, one in given.items()} if isinstance(given, dict) else {},
            nesting.region,
        )
        yield from nesting.functions(stack, f"{file.name.removesuffix('.template.json')}/")


def _assets(folder: Path, top: Path) -> dict[str, Path]:
    """Return what the assembly uploads, by the hash that names it in S3 and ECR."""
    found: dict[str, Path] = {}
    for artifact in _artifacts(folder, _ASSETS):
        name = artifact.get("file")
        if not isinstance(name, str):
            continue
        listed = read_document(inside(name, folder, top, str(folder / MANIFEST)))
        for section in ("files", "dockerImages"):
            entries = listed.get(section) if isinstance(listed, dict) else None
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                path = _source(entry)
                if path is not None:
                    found[key] = inside(path, folder, top, str(folder / name))
    return found


def _source(entry: Any) -> str | None:
    """Return the file or folder of an asset: `path` of a file, `directory` of an image."""
    source = entry.get("source") if isinstance(entry, dict) else None
    if not isinstance(source, dict):
        return None
    path = source.get("path", source.get("directory"))
    return path if isinstance(path, str) else None
