"""Read a SAM or CloudFormation project: its built template first, else its own."""

from __future__ import annotations

from pathlib import Path

from importcost.errors import UsageError
from importcost.projects.cloudformation.nested import Nesting
from importcost.projects.cloudformation.parameters import samconfig_parameters
from importcost.projects.cloudformation.stack import Stack, StackPlace, read_stack
from importcost.projects.functions import DeployedProject, ReadOptions
from importcost.projects.places import project_top
from importcost.projects.tools import TEMPLATE_NAMES

BUILT = Path(".aws-sam", "build", "template.yaml")


def read_cloudformation(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of a template and of the stacks nested in it.

    What `sam build` made is read instead where it is newer than the template: there the
    dependencies are installed. Raises UsageError for a template that cannot be read.
    """
    given = {**samconfig_parameters(file.parent, options.stage), **options.parameters}
    built, notes = _built(file)
    top = project_top(file.parent, options.named)
    place = StackPlace(built or file, top, is_built=built is not None)
    stack = read_stack(place, given, options.region)
    _check_parameters(stack, options)
    nesting = Nesting(options.region)
    functions = tuple(nesting.functions(stack))
    is_sam = "Transform" in stack.document or built is not None
    return DeployedProject(
        place=str(file),
        folder=str(file.parent.resolve()),
        tool="SAM" if is_sam else "CloudFormation",
        functions=functions,
        notes=(*notes, *nesting.notes),
    )


def _built(file: Path) -> tuple[Path | None, tuple[str, ...]]:
    built = file.parent / BUILT
    if file.name not in TEMPLATE_NAMES or not built.is_file():
        return None, ()
    if built.stat().st_mtime >= file.stat().st_mtime:
        return built, (f"Read {built}, which sam build made of {file.name}.",)
    note = f"{built} is older than {file.name} and was not read: run sam build to measure it."
    return None, (note,)


def _check_parameters(stack: Stack, options: ReadOptions) -> None:
    """Raise UsageError for a parameter that the user gives and the template does not have."""
    declared = stack.document.get("Parameters")
    known = list(declared) if isinstance(declared, dict) else []
    for name in options.parameters:
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"{stack.file} has no parameter {name}: {has}.")
