"""The tools whose projects can be read, in the order in which a folder is asked."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from importcost.files.read import read_found
from importcost.projects.checks import checked
from importcost.projects.functions import DeployedProject, ReadOptions

ProjectReader = Callable[[Path, ReadOptions], DeployedProject]
_ROOM = "importcost.projects"
TEMPLATE_NAMES = (
    "template.yaml",
    "template.yml",
    "template.json",
    "sam.yaml",
    "sam.yml",
    "cloudformation.yaml",
    "cloudformation.yml",
)
_TEMPLATE_SUFFIXES = (".yaml", ".yml", ".json", ".template")
_RESOURCES = re.compile(rb"""^["']?Resources["']?\s*:""", re.MULTILINE)
_ANY_JSON_RESOURCES = re.compile(rb'"Resources"\s*:')
_JSON_RESOURCES = re.compile(rb'"Resources"\s*:\s*\{(?:.|\n){0,20000}?"Type"\s*:\s*"[A-Za-z]+::')
_LOOKED_AT = 1_000_000
_SERVERLESS_STATE = "serverless-state.json"
_SERVERLESS_BEGINS = ("serverless.", "serverless-state.")


class Tool(NamedTuple):
    """A tool that deploys functions: how its files are known, and where its reader is.

    `finds` returns the tool's file in a folder, None without one; `knows` whether a file is one of
    its own. Both look at little. `module` and `reader` name the function that reads it, imported
    only when it is used.
    """

    name: str
    module: str
    reader: str
    finds: Callable[[Path], Path | None]
    knows: Callable[[Path], bool]

    def read(self, file: Path, options: ReadOptions) -> DeployedProject:
        """Read the file with the tool's own reader. Raises UsageError as it does."""
        reader: ProjectReader = getattr(importlib.import_module(self.module), self.reader)
        project = reader(file, options)
        return replace(project, functions=tuple(checked(one) for one in project.functions))


def _has(file: Path, pattern: re.Pattern[bytes]) -> bool:
    """Return True if the beginning of a file matches; an unreadable file does not."""
    try:
        return pattern.search(read_found(file, _LOOKED_AT)) is not None
    except OSError:
        return False


def _find_template(folder: Path) -> Path | None:
    files = (folder / name for name in TEMPLATE_NAMES)
    return next((one for one in files if _is_template(one) or _is_broken(one)), None)


def _is_broken(file: Path) -> bool:
    """Return True for JSON with a template's name that is cut off: its reader says where."""
    return file.suffix == ".json" and _has(file, _ANY_JSON_RESOURCES)


def _is_template(file: Path) -> bool:
    if file.suffix.lower() not in _TEMPLATE_SUFFIXES or file.name.startswith(_SERVERLESS_BEGINS):
        return False
    return _has(file, _JSON_RESOURCES if file.suffix == ".json" else _RESOURCES)


_MANIFEST = re.compile(rb'"artifacts"\s*:')


def _find_assembly(folder: Path) -> Path | None:
    """Return the manifest of a synthesized app, else the app's own file."""
    files = (folder / "cdk.out" / "manifest.json", folder / "manifest.json", folder / "cdk.json")
    return next(
        (one for one in files if (one.name == "cdk.json" and one.is_file()) or _is_assembly(one)),
        None,
    )


def _is_assembly(file: Path) -> bool:
    return file.name == "manifest.json" and file.is_file() and _has(file, _MANIFEST)


_SERVERLESS_NAMES = ("serverless.yml", "serverless.yaml", "serverless.json")
_SERVERLESS_PROGRAMS = ("serverless.ts", "serverless.js", "serverless.mjs", "serverless.cjs")
_SERVICE = re.compile(rb"""^["']?(?:provider|functions|service)["']?\s*:""", re.MULTILINE)


def _find_service(folder: Path) -> Path | None:
    names = (*_SERVERLESS_NAMES, *_SERVERLESS_PROGRAMS, _SERVERLESS_STATE)
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _is_service(file: Path) -> bool:
    if file.name in (*_SERVERLESS_PROGRAMS, _SERVERLESS_STATE):
        return True
    is_yaml = file.suffix in (".yml", ".yaml", ".json")
    return is_yaml and file.name.startswith("serverless") and _has(file, _SERVICE)


_HCL = re.compile(rb'aws_lambda_function|terraform-aws-modules/lambda|source\s*=\s*"\.{1,2}/')
_PLAN = re.compile(rb'"planned_values"\s*:')
_PLAN_NAMES = ("plan.json", "tfplan.json", "terraform-plan.json")


def _find_plan(folder: Path) -> Path | None:
    return next((folder / name for name in _PLAN_NAMES if _is_plan(folder / name)), None)


def _is_plan(file: Path) -> bool:
    return file.suffix == ".json" and _has(file, _PLAN)


def _find_configuration(folder: Path) -> Path | None:
    """Return a Terraform file of a root module whose files, or modules below, have a function."""
    files = sorted(folder.glob("*.tf"))
    return next((one for one in files if _has(one, _HCL)), None)


def _is_configuration(file: Path) -> bool:
    return file.suffix == ".tf" and file.is_file()


_CHALICE_CONFIG = Path(".chalice", "config.json")


def _find_chalice(folder: Path) -> Path | None:
    """Return the configuration of a folder that has an app's source, too."""
    file = folder / _CHALICE_CONFIG
    return file if file.is_file() and (folder / "app.py").is_file() else None


def _is_chalice(file: Path) -> bool:
    return file.parts[-2:] == _CHALICE_CONFIG.parts


_ZAPPA_NAMES = tuple(f"zappa_settings.{suffix}" for suffix in ("json", "toml", "yml", "yaml"))


def _find_zappa(folder: Path) -> Path | None:
    files = (folder / name for name in _ZAPPA_NAMES)
    return next((one for one in files if one.is_file()), None)


def _is_zappa(file: Path) -> bool:
    return file.name in _ZAPPA_NAMES


_PANTS_TARGET = re.compile(rb"^python_aws_?lambda", re.MULTILINE)


def _find_repository(folder: Path) -> Path | None:
    file = folder / "pants.toml"
    return file if file.is_file() else None


def _is_pants(file: Path) -> bool:
    if file.name == "pants.toml":
        return True
    return file.name.partition(".")[0] == "BUILD" and _has(file, _PANTS_TARGET)


def _find_sst(folder: Path) -> Path | None:
    file = folder / "sst.config.ts"
    return file if file.is_file() else None


def _is_sst(file: Path) -> bool:
    return file.name == "sst.config.ts"


_PULUMI_NAMES = ("Pulumi.yaml", "Pulumi.yml")
_PREVIEW_NAMES = ("preview.json", "pulumi-preview.json")
_STEPS = re.compile(rb'"urn:pulumi:')
_LAMBDA = re.compile(rb"lambda", re.IGNORECASE)
_YAML_PROGRAM = re.compile(rb"aws:lambda(?:/function)?:Function")


def _find_pulumi(folder: Path) -> Path | None:
    """Return a preview, else the project of a program that mentions Lambda."""
    previews = (folder / name for name in _PREVIEW_NAMES)
    found = next((one for one in previews if _is_pulumi(one)), None)
    if found is not None:
        return found
    projects = (folder / name for name in _PULUMI_NAMES)
    project = next((one for one in projects if one.is_file()), None)
    if project is None or _has(project, _YAML_PROGRAM):
        return project
    programs = (folder / name for name in ("index.ts", "index.js", "__main__.py", "main.go"))
    return project if any(_has(one, _LAMBDA) for one in programs) else None


def _is_pulumi(file: Path) -> bool:
    return file.name in _PULUMI_NAMES or (file.suffix == ".json" and _has(file, _STEPS))


def _find_no_file(_folder: Path) -> Path | None:
    return None


def _is_artefact(file: Path) -> bool:
    return file.suffix.lower() == ".zip"


TOOLS: tuple[Tool, ...] = (
    Tool(
        "SAM",
        f"{_ROOM}.cloudformation.project",
        "read_cloudformation",
        _find_template,
        _is_template,
    ),
    Tool("CDK", f"{_ROOM}.cdk", "read_cdk", _find_assembly, _is_assembly),
    Tool(
        "Serverless Framework",
        f"{_ROOM}.serverless.project",
        "read_serverless",
        _find_service,
        _is_service,
    ),
    Tool(
        "Terraform plan", f"{_ROOM}.terraform.project", "read_terraform_plan", _find_plan, _is_plan
    ),
    Tool(
        "Terraform",
        f"{_ROOM}.terraform.project",
        "read_terraform",
        _find_configuration,
        _is_configuration,
    ),
    Tool("Chalice", f"{_ROOM}.chalice.project", "read_chalice", _find_chalice, _is_chalice),
    Tool("Zappa", f"{_ROOM}.zappa", "read_zappa", _find_zappa, _is_zappa),
    Tool("Pants", f"{_ROOM}.pants", "read_pants", _find_repository, _is_pants),
    Tool("SST", f"{_ROOM}.sst.project", "read_sst", _find_sst, _is_sst),
    Tool("Pulumi", f"{_ROOM}.pulumi", "read_pulumi", _find_pulumi, _is_pulumi),
    Tool("ZIP", f"{_ROOM}.artefact", "read_artefact", _find_no_file, _is_artefact),
)
