"""Targets that read what people write: configurations, templates of every tool, and ZIPs."""

from __future__ import annotations

import io
import os
import shutil
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from importcost.config.lines import key_lines
from importcost.config.read import has_section, read_config
from importcost.config.schema import SETTINGS
from importcost.files.unpack import unpacked
from importcost.projects.artefact import read_artefact
from importcost.projects.find import read_project_place
from importcost.projects.functions import DeployedProject, ReadOptions
from tests.fuzz.choices import Choices, broken
from tests.fuzz.expressions import NAMES, value_text
from tests.fuzz.refusals import is_refused
from tests.fuzz.scratch import scratch

HEADERS = (
    "", "[handlers.a]", "[handlers.b]", "[handlers]", "[tool.importcost]", "[[handlers]]",
    "[tool.importcost.handlers.a]", "[handlers.'x y'.env]", "[x.y.z]",
)  # fmt: skip
KEYS = (*SETTINGS, "handlers", "nope", "handlers.a.handler", '"a b"', "a.b.c")
VALUES = (
    '"a.py"', "'x'", "512", "0", "-1", "1.5", "1e400", "nan", "true", "[]", "{}", '["a", "b"]',
    "[1, [2]]", '{a = "b"}', '{b = {c = 1}}', "2026-11-30", "12:00:00", '"5%"', '"*"',
    '"python3.12"',
    "0x" + "f" * 40, "9" * 30, '"""\nx\n"""', "'''x''''", '"\\u0041\\n"', '"\\ud800"', '"\\0"',
    '"arm64"', '"error"', '"\\U00110000"', "{runs = 5}", "1_000", "07:32:00.999999", '"a.handler"',
)  # fmt: skip


def read_configuration(data: bytes) -> None:
    """Read lines of TOML as the configuration, and find the lines of its keys."""
    choices = Choices(data)
    lines = []
    while not choices.is_over and len(lines) < 60:
        if choices.chance(5):
            lines.append(choices.pick(HEADERS))
        elif choices.chance(12):
            lines.append(choices.text(30))
        else:
            lines.append(f"{choices.pick(KEYS)} = {choices.pick(VALUES)}")
    text = broken("\n".join(lines), choices)
    key_lines(text)
    has_section(text)
    for name in ("importcost.toml", "pyproject.toml"):
        is_refused(lambda name=name: read_config(text, name))


def read_template(data: bytes) -> None:
    """Read a project's files, of the tool that is chosen, with expressions in every place."""
    choices = Choices(data)
    name, made = choices.pick(TOOLS)
    texts = {one: broken(_template(one, choices), choices) for one in (name, *made)}
    options = ReadOptions(*choices.pick(OPTIONS))
    read_project_files(
        {one: text.encode("utf-8", "surrogatepass") for one, text in texts.items()}, options
    )


def read_template_text(data: bytes) -> None:
    """Read a template as it is; its first line is the name of its file, such as serverless.yml."""
    name, _, text = data.partition(b"\n")
    known = [one for one, _ in TOOLS]
    wanted = name.decode("ascii", "replace").strip()
    read_project_files({wanted if wanted in known else known[0]: text}, ReadOptions())


def read_project_files(files: Mapping[str, bytes], options: ReadOptions) -> Path:
    """Read the project of these files, the first of which is named; return the cache's folder."""
    folder = _project()
    for name in _WRITTEN - files.keys():
        (folder / name).unlink()
    _WRITTEN.intersection_update(files)
    for name, text in files.items():
        (folder / name).write_bytes(text)
        _WRITTEN.add(name)
    cache = scratch("cache")
    os.environ["IMPORTCOST_CACHE_DIR"], before = str(cache), os.environ.get("IMPORTCOST_CACHE_DIR")
    try:
        is_refused(
            lambda: _check_functions(read_project_place(folder / next(iter(files)), options))
        )
    finally:
        del os.environ["IMPORTCOST_CACHE_DIR"]
        if before is not None:
            os.environ["IMPORTCOST_CACHE_DIR"] = before
    return cache


_WRITTEN: set[str] = set()
"""Names of the files that the input before left in the project's folder."""


def _check_functions(project: DeployedProject) -> None:
    for function in project.functions:
        assert all(isinstance(value, str) for value in function.environment.values())
        repr(function)


OPTIONS = (({}, None), ({"A": "1"}, None), ({"B": "x"}, "prod"))
TOOLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("template.yaml", ()),
    ("template.json", ()),
    ("template.yaml", ("nested.yaml", "samconfig.toml")),
    ("serverless.yml", ("more.yml",)),
    ("serverless.json", ("more.yml",)),
    ("cdk.out/manifest.json", ("cdk.out/a.template.json", "cdk.out/a.assets.json")),
)
SECTIONS = {
    "template.yaml": ("Resources", "Parameters", "Conditions", "Mappings", "Globals", "Transform"),
    "template.json": ("Resources", "Parameters", "Conditions", "Mappings", "Globals"),
    "nested.yaml": ("Resources", "Parameters"),
    "serverless.yml": (
        "functions", "provider", "custom", "resources", "layers", "service", "params",
    ),
    "serverless.json": ("functions", "provider", "custom"),
    "more.yml": ("moved", "dev", "a"),
}  # fmt: skip
SKELETONS = {
    "cdk.out/manifest.json": '{"artifacts": {"s": {"type": "aws:cloudformation:stack", '
    '"properties": {"templateFile": "a.template.json", "parameters": @}}, "n": @, "x": {"type": '
    '"aws:cdk:asset-manifest", "properties": {"file": "a.assets.json"}}}}',
    "cdk.out/a.template.json": '{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties":'
    ' {"Code": @, "Handler": @, "Environment": {"Variables": {"A": @, "B": @}}}}, "G": @}}',
    "cdk.out/a.assets.json": '{"files": {"0": {"source": @}, "1": @}, "dockerImages": @}',
    "samconfig.toml": '[default.deploy.parameters]\nparameter_overrides = "A=1 B=\\"x y\\""\n',
}
_CODE = "Handler: @, Runtime: @, CodeUri: @"
_VARIABLES = "Environment: {Variables: {A: @, B: @}}"
_NAMED = "Code: @, FunctionName: @, PackageType: Image, Environment: @"
RESOURCES = (
    f"F: {{Type: AWS::Serverless::Function, Properties: {{{_CODE}, {_VARIABLES}, Layers: @}}}}",
    f"G: {{Type: AWS::Lambda::Function, Condition: C, Properties: {{{_NAMED}}}}}",
    "N: {Type: AWS::Serverless::Application, Properties: {Location: nested.yaml, Parameters: @}}",
    "L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: @}}",
    "'Fn::ForEach::X': [V, @, {'F${V}': @}]",
    "T: {Type: AWS::DynamoDB::Table, Properties: {TableName: @}}",
    "X: @",
)
SERVICES = (
    "orders: {handler: @, runtime: @, environment: @, layers: @, package: @}",
    "web: {image: @, memorySize: @, timeout: @}",
    "moved: @",
)


def _template(name: str, choices: Choices) -> str:
    is_json = name.endswith(".json")
    if name in SKELETONS:
        return _filled(SKELETONS[name], choices, is_json=is_json)
    lines = []
    for section in SECTIONS[name]:
        if choices.is_over and section not in ("Resources", "functions"):
            break
        entries = {"Resources": RESOURCES, "functions": SERVICES}.get(section)
        if entries is None or is_json:
            filled = value_text(choices, is_json=is_json)
        else:
            filled = _entries(entries, choices)
        lines.append((f'"{section}"' if is_json else section) + f": {filled}")
    return "{" + ",\n".join(lines) + "}" if is_json else "\n".join(lines) + "\n"


def _entries(entries: Sequence[str], choices: Choices) -> str:
    kept = [_filled(one, choices, is_json=False) for one in entries if choices.chance(2)]
    return "{" + ", ".join(kept) + "}"


def _filled(skeleton: str, choices: Choices, *, is_json: bool) -> str:
    """Return a text with a value in each place that `@` marks."""
    first, *others = skeleton.split("@")
    return first + "".join(value_text(choices, is_json=is_json) + other for other in others)


def _project() -> Path:
    folder = scratch("project")
    if not (folder / ".git").is_dir():
        for name in (".git", "src", "cdk.out", "m"):
            (folder / name).mkdir()
        (folder / "src" / "app.py").write_text("def handler(event, context):\n    return 1\n")
    return folder


def read_archive(data: bytes) -> None:
    """Read a ZIP, with odd entries and damaged bytes, and unpack it."""
    read_archive_bytes(_archive(Choices(data)))


def read_archive_bytes(data: bytes) -> None:
    """Read bytes as a ZIP, and unpack it."""
    folder = scratch("archives")
    archive = folder / "f.zip"
    archive.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPORTCOST_CACHE_DIR", str(folder / "cache"))
        is_refused(lambda: read_artefact(archive, ReadOptions()))
        is_refused(lambda: unpacked(archive))
    assert sorted(one.name for one in folder.iterdir()) in (["cache", "f.zip"], ["f.zip"])
    shutil.rmtree(folder / "cache", ignore_errors=True)


ENTRIES = (
    "app.py", "lambda_function.py", "a/b.py", "../x.py", "/x.py", "a/../../x", "C:x", "a\\b.py",
    "a/", "a", "", ".", "./", "a//b", "x" * 300, "é.py", "a\0b.py", *NAMES[:3],
)  # fmt: skip
SOURCES = (b"def handler(event, context):\n    return 1\n", b"", b"\xff", b"def f(:", b"(" * 300)
MODES = (0o100644, 0o120777, 0o40755, 0, 0o170000, 0o104755)


def _archive(choices: Choices) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as opened:
        warnings.simplefilter("ignore")  # of names that are there twice
        for _ in range(1 + choices.number(4)):
            info = zipfile.ZipInfo(choices.pick(ENTRIES) or "x")
            info.external_attr = choices.pick(MODES) << 16
            info.date_time = choices.pick([(1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)])
            info.compress_type = choices.pick([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            opened.writestr(info, choices.pick(SOURCES))
    raw = bytearray(made.getvalue())
    for _ in range(choices.number(5)):
        place = choices.number(65_536) % len(raw)
        if choices.chance(4):
            del raw[place : place + choices.number(20)]
        else:
            raw[place] = choices.number(256)
        if not raw:
            break
    return bytes(raw) + choices.rest()[:50]
