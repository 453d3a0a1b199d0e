"""Targets that read Terraform: plans, files through the parser, and files as it hands them over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from importcost.projects.functions import ReadOptions
from importcost.projects.terraform import configuration
from importcost.projects.terraform.expressions import Expressions
from importcost.projects.terraform.parse import ParsedFile
from tests.fuzz.choices import Choices, broken
from tests.fuzz.refusals import is_refused
from tests.fuzz.written import read_project_files

NAMES = ("a", "b", "c", "f", "m", "n", "key", "value", "output_path", "variables", "name")
ROOTS = (
    "var.a", "var.b", "local.a", "local.b", "local.c", "each.key", "each.value", "count.index",
    "path.module", "path.root", "data.archive_file.a.output_path", "archive_file.b.output_path",
    "aws_lambda_layer_version.l.arn", "aws_s3_bucket.x.id", "module.m.x", "terraform.workspace",
    "data.aws_region.x.name", "self.x", "null", "true", "1", "0", "-1", "1.5", "9" * 40, "1e400",
    '"src"', '"../.."', '"app.handler"', '"python3.12"', '"%s"', '"%5000d"', '"%(a)s"', '"a.zip"',
    '"$${x}"', '"\\u0041"', '""', '"\\n"', '"é"', "[]", "{}", "<<EOT\\nx\\nEOT\\n",
)  # fmt: skip
CALLS = (
    "format", "join", "merge", "lookup", "concat", "flatten", "element", "coalesce", "try", "split",
    "jsonencode", "replace", "tonumber", "toset", "tomap", "length", "max", "keys", "values",
    "nope", "basename", "trim", "lower", "tolist", "abspath", "sensitive", "trimsuffix", "title",
    "dirname",
)  # fmt: skip
SIGNS = ("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||")
SETTINGS = (
    "filename", "handler", "runtime", "memory_size", "timeout", "architectures", "layers",
    "package_type", "image_uri", "s3_bucket", "source_path", "function_name", "count", "for_each",
    "environment_variables", "create_function", "source_dir", "source_file", "output_path",
    "default", "source", "a", "b", "c", "local_existing_package", "layer_name", "create_layer",
)  # fmt: skip
HEADERS: tuple[tuple[str, ...], ...] = (
    ("resource", "aws_lambda_function", "f"), ("resource", "aws_lambda_function", "g"), ("locals",),
    ("variable", "a"), ("variable", "b"), ("data", "archive_file", "a"), ("module", "m"),
    ("resource", "archive_file", "b"), ("resource", "aws_lambda_layer_version", "l"), ("locals",),
    ("module", "lambda"), ("resource",), ("data", "x"), ("resource", "aws_lambda_function"),
)  # fmt: skip
SOURCES = ('"./m"', '"."', '"./m/../m"', '"terraform-aws-modules/lambda/aws"', '"../.."', '"./no"')
DEEPEST = 6


def expression(choices: Choices, depth: int = 0) -> str:
    """Return the text of one expression."""
    kind = choices.number(10) if depth < DEEPEST else 0

    def inner() -> str:
        return expression(choices, depth + 1)

    if kind < 3:
        return choices.pick(ROOTS)
    if kind == 3:
        return f"{choices.pick(CALLS)}({', '.join(inner() for _ in range(choices.number(4)))})"
    if kind == 4:
        return f"({inner()} {choices.pick(SIGNS)} {inner()})"
    if kind == 5:
        return '"' + choices.pick(["", "x/", "%s"]) + "${" + inner() + '}"'
    if kind == 6:
        return f"{inner()}{choices.pick(['.a', '[0]', '[*].a', '.*', '.0', '[var.a]', '...'])}"
    if kind == 7:
        return "[" + ", ".join(inner() for _ in range(choices.number(4))) + "]"
    if kind == 8:
        pairs = (f"{choices.pick(NAMES)} = {inner()}" for _ in range(choices.number(4)))
        return "{" + ", ".join(pairs) + "}"
    return choices.pick(
        (
            "{0} ? {1} : {0}",
            "[for x in {0} : {1}]",
            "{{for k, v in {0} : k => {1}}}",
            "!{0}",
            "-{0}",
        )
    ).format(inner(), inner())


def read_terraform_file(data: bytes) -> None:
    """Read Terraform's files, which a grammar makes of blocks and expressions."""
    choices = Choices(data)
    texts = [broken(_file_text(choices), choices) for _ in range(2)]
    variables = f"a = {expression(choices)}\nb = {expression(choices)}\n"
    names = ("main.tf", "m/main.tf", "terraform.tfvars")
    _read(dict(zip(names, (*texts, variables), strict=True)))


def read_terraform_text(data: bytes) -> None:
    """Read bytes as a Terraform file."""
    _read({"main.tf": data.decode("utf-8", "surrogateescape")})


def read_terraform_blocks(data: bytes) -> None:
    """Read blocks as the parser hands them over, which is most of what its time goes to."""
    choices = Choices(data)
    made = {name: _blocks(choices) for name in ("project", "m")}

    def parsed(folder: Path, pattern: str = "*.tf") -> list[ParsedFile]:
        blocks = made.get(folder.name, {}) if pattern == "*.tf" else {}
        return [ParsedFile(folder / "main.tf", blocks, {})]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configuration, "parsed_files", parsed)
        read_project_files({"main.tf": b"", "m/main.tf": b""}, ReadOptions())


def read_terraform_expression(data: bytes) -> None:
    """Evaluate a text as an expression, and as a text with expressions in it."""
    text = data.decode("utf-8", "replace")
    made = {"a": text, "b": [1, {"a": "x"}], "c": 5}

    def look_up(name: str) -> Any:
        return made if name in ("var", "local") else name

    for raw in ("${" + text + "}", f'"{text}"', text, {text: [text]}):
        is_refused(lambda raw=raw: repr(Expressions(look_up, "x.tf").value(raw)))


def read_terraform_plan_file(data: bytes) -> None:
    """Read a plan in JSON with odd values in every place."""
    choices = Choices(data)
    state = {"values": {"root_module": _planned(choices, 0)}}
    document = {"planned_values": {"root_module": _planned(choices, 0)}, "prior_state": state}
    if choices.chance(8):
        document[choices.pick(("planned_values", "prior_state"))] = _json(choices, 0)
    text = broken(json.dumps(document), choices) if choices.chance(4) else json.dumps(document)
    read_project_files({"plan.json": text.encode()}, ReadOptions())


def _read(texts: Mapping[str, str]) -> None:
    files = {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
    cache = read_project_files(files, ReadOptions())
    shutil.rmtree(cache / "hcl", ignore_errors=True)  # of files that no input reads again


def _file_text(choices: Choices) -> str:
    lines = []
    for _ in range(1 + choices.number(4)):
        kind, *labels = choices.pick(HEADERS)
        lines.append(" ".join([kind, *(f'"{one}"' for one in labels), "{"]))
        for _ in range(choices.number(6)):
            name = choices.pick(SETTINGS)
            value = choices.pick(SOURCES) if name == "source" else expression(choices)
            lines.append(f"  {name} = {value}")
        if choices.chance(3):
            lines.append("  environment {\n    variables = " + expression(choices) + "\n  }")
        lines.append("}")
    return "\n".join(lines) + "\n"


def _blocks(choices: Choices) -> dict[str, Any]:
    """Return blocks in the parser's form: names in quotes, expressions as `${...}`."""
    made: dict[str, Any] = {}
    for _ in range(1 + choices.number(6)):
        kind, *labels = choices.pick(HEADERS)
        body: Any = {"__is_block__": True}
        for _ in range(choices.number(6)):
            name = choices.pick(SETTINGS)
            body[name] = choices.pick(SOURCES) if name == "source" else _raw(choices, 0)
        if choices.chance(3):
            body["environment"] = [{"variables": _raw(choices, 0), "__is_block__": True}]
        for label in reversed(labels):
            body = {f'"{label}"': body}
        made.setdefault(kind, []).append(_raw(choices, 0) if choices.chance(32) else body)
    return made


def _raw(choices: Choices, depth: int) -> Any:
    kind = choices.number(8)
    if kind == 0 and depth < DEEPEST:
        return [_raw(choices, depth + 1) for _ in range(choices.number(4))]
    if kind == 1 and depth < DEEPEST:
        names = (choices.pick(('"a"', "b", "c", "__x")) for _ in range(choices.number(4)))
        return {name: _raw(choices, depth + 1) for name in names}
    if kind == 2:
        return choices.pick((None, True, 5, 1.5, 2**70, "", "x", '"', "${", "<<EOT\nx\nEOT"))
    text = expression(choices)
    return text if text.startswith('"') else "${" + text + "}"


VALUES: tuple[Any, ...] = (
    None, True, 5, -1, 1.5, 10**30, "", "x", "a.zip", "src", "../..", "python3.12", "Image", [], {},
    "app.handler", "\ud800", "\0", "arm64", "nodejs20.x", "a" * 300, "src/app.py",
)  # fmt: skip
TYPES = ("aws_lambda_function", "archive_file", "aws_lambda_layer_version", "x", None)


def _planned(choices: Choices, depth: int) -> Any:
    resources = []
    for _ in range(choices.number(4)):
        values = {choices.pick(SETTINGS): _json(choices, 0) for _ in range(choices.number(8))}
        if choices.chance(2):
            values["environment"] = [{"variables": _json(choices, 0)}]
        address = choices.pick(('module.m["x"].aws_lambda_function.f[0]', "f", "module.", 5, None))
        resources.append({"address": address, "type": choices.pick(TYPES), "values": values})
    below = [_planned(choices, depth + 1) for _ in range(choices.number(3) if depth < 3 else 0)]
    odd = _json(choices, 0) if choices.chance(12) else below
    return {"resources": resources, "child_modules": odd}


def _json(choices: Choices, depth: int) -> Any:
    kind = choices.number(6) if depth < DEEPEST else 0
    if kind == 4:
        return [_json(choices, depth + 1) for _ in range(choices.number(4))]
    if kind == 5:
        return {choices.pick(NAMES): _json(choices, depth + 1) for _ in range(choices.number(4))}
    return choices.pick(VALUES)
