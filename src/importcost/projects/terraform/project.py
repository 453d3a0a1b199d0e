"""Read a Terraform project: a plan as JSON first, else the files of its root module."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.files.read import read_found
from importcost.projects.documents import DocumentTable, read_document
from importcost.projects.functions import (
    DeployedProject,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)
from importcost.projects.places import project_top
from importcost.projects.terraform.configuration import Block, Module, variable_files
from importcost.projects.terraform.resources import TerraformPlace, function_of

RESOURCE = "aws_lambda_function"
LAMBDA_MODULE = "terraform-aws-modules/lambda"
MAX_MODULES = 300
_MODULE_MARKS = (b'variable "source_path"', b'variable "create_function"')


def read_terraform(file: Path, options: ReadOptions) -> DeployedProject:
    """Return the functions of the root module that `file` belongs to.

    Raises UsageError for files that cannot be parsed, and without python-hcl2.
    """
    root = file.parent.resolve()
    top = project_top(root, options.named)
    given = {**variable_files(root), **options.parameters}
    functions = tuple(_of_module(Module(root, root, top, given), "", []))
    return DeployedProject(str(file.parent), str(root), "Terraform", functions)


def read_terraform_plan(file: Path, _options: ReadOptions) -> DeployedProject:
    """Return the functions in a plan that `terraform show -json` wrote; nothing of it is kept.

    Raises UsageError for a file without planned values.
    """
    data = read_document(file)
    planned = data.get("planned_values") if isinstance(data, DocumentTable) else None
    module = planned.get("root_module") if isinstance(planned, dict) else None
    if not isinstance(module, dict):
        raise UsageError(
            f"{file} has no planned values: write it with `terraform show -json PLAN`."
        )
    root = file.parent.resolve()
    archives = dict(_archives(data))
    place = TerraformPlace(root, project_top(root), archives.get)
    functions = tuple(
        function_of(
            _short(str(one.get("address", ""))), one["values"], SourceLine(str(file), 1), place
        )
        for one in _planned(module)
        if one.get("type") == RESOURCE and isinstance(one.get("values"), dict)
    )
    return DeployedProject(str(file), str(root), "Terraform plan", functions)


def _planned(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    pending = deque([module])
    while pending:
        here = pending.popleft()
        resources, children = here.get("resources"), here.get("child_modules")
        yield from (
            one
            for one in (resources if isinstance(resources, list) else [])
            if isinstance(one, dict)
        )
        pending += [
            one for one in (children if isinstance(children, list) else []) if isinstance(one, dict)
        ]


def _archives(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the archives of a plan by the file that each one writes."""
    state = data.get("prior_state")
    values = state.get("values") if isinstance(state, dict) else None
    modules = [values.get("root_module") if isinstance(values, dict) else None]
    modules.append(data["planned_values"].get("root_module"))
    for module in modules:
        for one in _planned(module) if isinstance(module, dict) else ():
            found = one.get("values")
            if one.get("type") == "archive_file" and isinstance(found, dict):
                yield str(found.get("output_path")), found


def _of_module(module: Module, prefix: str, above: list[Path]) -> Iterator[ProjectFunction]:
    if module.folder in above or len(above) > MAX_MODULES:
        raise UsageError(f"{module.folder} is a module that calls itself: remove the circle.")
    place = TerraformPlace(module.root, module.top, module.made_of)
    blocks = [*module.blocks("resource", RESOURCE), *_lambda_modules(module)]
    for block in blocks:
        for one in module.instances(block):
            name = prefix + ".".join(filter(None, [block.labels[-1], one.key]))
            made = (one.values.get("create_function"), one.values.get("create"))
            if False in made or one.values.get("create_layer") is True:
                continue
            line = SourceLine(str(block.file), block.line)
            yield function_of(name, one.values, line, place)
    for name, _, values, folder in module.called():
        if folder.is_dir() and not is_lambda_module(folder):
            below = Module(folder, module.root, module.top, values)
            yield from _of_module(below, f"{prefix}{name}/", [*above, module.folder])


def _lambda_modules(module: Module) -> Iterator[Block]:
    """Yield the calls of the registry's Lambda module, by its name or as a folder beside."""
    for block in module.blocks("module"):
        source = module.expressions.value(block.body.get("source"))
        if isinstance(source, str) and (
            (LAMBDA_MODULE in source and "//" not in source)
            or (source.startswith(".") and is_lambda_module(module.folder / source))
        ):
            yield block


def is_lambda_module(folder: Path) -> bool:
    """Return True for a copy of the registry's Lambda module, by two variables that only it has."""
    try:
        texts = [read_found(file) for file in folder.glob("*.tf")]
    except OSError:
        return False
    return all(any(mark in text for text in texts) for mark in _MODULE_MARKS)


def _short(address: str) -> str:
    """Return a plan's address as the files would name the function: `sub/orders.key`."""
    text = address.replace("module.", "").replace(f"{RESOURCE}.", "").replace('"', "")
    *modules, last = text.replace("[", ".").replace("]", "").split(".", address.count("module."))
    return "/".join([*modules, last])
