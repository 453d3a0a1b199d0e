"""One Terraform module: its variables, locals, archives, functions, and the modules it calls."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.projects.placeholders import OpenText, plain_placeholder
from importcost.projects.places import inside
from importcost.projects.terraform.dynamic import MOST_BLOCKS, dynamic_blocks
from importcost.projects.terraform.expressions import Expressions
from importcost.projects.terraform.functions import OpenTable
from importcost.projects.terraform.parse import ParsedFile, declared_labels, parsed_files

MOST_INSTANCES = 2_000
MAX_TEXT_BYTES = 1_000_000
"""Bytes of a file that file() gives: a handler's source, not data."""
_MARK = "importcost:"
"""Begins the name of an archive or layer that is not built yet."""
_LAYER = "aws_lambda_layer_version"
_VERSION = ":importcost-version"
"""Stands for a layer's version, which is known only when it is applied."""
_REGION = {"name": "us-east-1", "region": "us-east-1", "id": "us-east-1"}
_PLAIN = ("resource", "data", "variable", "locals", "module")


class Block(NamedTuple):
    """A block of a file: its labels, its raw body, and where it begins."""

    labels: tuple[str, ...]
    body: Mapping[str, Any]
    file: Path
    line: int


class Instance(NamedTuple):
    """One of the resources that a block makes; `key` is that of for_each or count, else empty."""

    block: Block
    key: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class Module:
    """A folder of files, evaluated when it is asked for.

    `way` is the folder's path from the root's, `given` are the values of its variables. `root` is
    where relative paths start: Terraform runs there.
    """

    folder: Path
    root: Path
    top: Path
    given: Mapping[str, Any]
    _blocks: dict[str, list[Block]] = field(default_factory=dict)
    _locals: dict[str, Any] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _each: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parsed in parsed_files(self.folder):
            for kind in _PLAIN:
                for one in parsed.blocks.get(kind, []) if isinstance(parsed.blocks, dict) else []:
                    self._add(kind, one, parsed)

    def _add(self, kind: str, raw: Any, parsed: ParsedFile) -> None:
        labels: list[str] = []
        while isinstance(raw, dict) and "__is_block__" not in raw and len(labels) < 2:
            name = next((key for key in raw if not key.startswith("__")), None)
            if name is None:
                return
            labels.append(name.strip('"'))
            raw = raw[name]
        if isinstance(raw, dict):
            line = parsed.lines.get((kind, *labels), 1)
            self._blocks.setdefault(kind, []).append(Block(tuple(labels), raw, parsed.file, line))

    @property
    def expressions(self) -> Expressions:
        """Return what evaluates the module's expressions."""
        return Expressions(self._root_value, str(self.folder), self._file_text)

    def _file_text(self, path: str) -> str | None:
        """Return the text of a file of the project, None for any other."""
        try:
            file = inside(path, self.root, self.top, str(self.folder))
            if not file.is_file() or file.stat().st_size > MAX_TEXT_BYTES:
                return None
            return text_found(file)
        except (UsageError, OSError, ValueError):
            return None

    def blocks(self, kind: str, label: str | None = None) -> list[Block]:
        """Return the blocks of a kind, those with a first label if one is given."""
        found = self._blocks.get(kind, [])
        return [one for one in found if label is None or one.labels[:1] == (label,)]

    def instances(self, block: Block) -> Iterator[Instance]:
        """Yield what a block makes, by its count or for_each; a list that is open makes one."""
        body = {key: one for key, one in block.body.items() if not key.startswith("__")}
        many = body.pop("for_each", None)
        count = body.pop("count", None)
        for number, (key, value) in enumerate(self._keys(many, count)):
            if number >= MOST_INSTANCES:
                raise UsageError(
                    f"{block.file} line {block.line} makes more than {MOST_INSTANCES:,} functions."
                )
            self._each = {"each": {"key": key, "value": value}, "count": {"index": number}}
            yield Instance(block, key, self._evaluated(body))
        self._each = {}

    def _evaluated(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body's values, with the blocks that its `dynamic` blocks make."""
        values: dict[str, Any] = self.expressions.value({**body, "dynamic": None})
        outer = self._each
        for block in dynamic_blocks(body.get("dynamic")):
            made = values[block.label] = _as_list(values.get(block.label, []))
            for key, value in islice(self._keys(block.for_each, None), MOST_BLOCKS):
                self._each = {**outer, block.iterator: {"key": key, "value": value}}
                made += _as_list(self.expressions.value(block.content))
        self._each = outer
        return values

    def _keys(self, many: Any, count: Any) -> Iterator[tuple[str, Any]]:
        if many is not None:
            found = self.expressions.value(many)
            if isinstance(found, dict):
                yield from ((str(key), one) for key, one in found.items())
            elif isinstance(found, list):
                yield from ((str(one), one) for one in found)
            else:
                open_one = plain_placeholder("for_each is known only when it is applied")
                yield "", open_one
        elif count is not None:
            found = self.expressions.value(count)
            if isinstance(found, int) and not isinstance(found, bool):
                yield from ((str(n) if found > 1 else "", n) for n in range(max(found, 0)))
            else:
                yield "", 0
        else:
            yield "", None

    def _root_value(self, name: str) -> Any:
        if name in self._each or name in ("each", "count"):
            return self._each.get(name, plain_placeholder(f"{name} is not known"))
        if name == "path":
            way = Path(os.path.relpath(self.folder, self.root)).as_posix()
            return {"module": way, "root": ".", "cwd": "."}
        if name == "terraform":
            return {"workspace": "default"}
        readers = {"var": self._variables, "local": self._local_values, "data": self._data}
        if name in readers:
            return readers[name]()
        if name in ("archive_file", _LAYER):
            return self._names("resource", name)
        if name == "module":
            return OpenTable(
                {block.labels[0]: _layer_module(block, self) for block in self._layer_modules()}
            )
        return plain_placeholder(f"{name} is known only when it is applied")

    def _variables(self) -> dict[str, Any]:
        found = {}
        for block in self.blocks("variable"):
            name = block.labels[0] if block.labels else ""
            if name in self.given:
                found[name] = self.given[name]
            elif "default" in block.body:
                found[name] = Expressions(_nothing, str(self.folder)).value(block.body["default"])
            else:
                found[name] = plain_placeholder(f"the variable {name} has no default")
        return found

    def _local_values(self) -> Mapping[str, Any]:
        return _Lazy(
            self, {key: one for block in self.blocks("locals") for key, one in block.body.items()}
        )

    def local(self, name: str, raw: Any) -> Any:
        """Return a local value, evaluated once; a placeholder for one that contains itself."""
        if name not in self._locals:
            if name in self._busy:
                return plain_placeholder(f"local.{name} contains itself")
            self._busy.add(name)
            self._locals[name] = self.expressions.value(raw)
            self._busy.discard(name)
        return self._locals[name]

    def _data(self) -> dict[str, Any]:
        regions = dict.fromkeys(declared_labels(self.folder, "data", "aws_region"), _REGION)
        archives = self._names("data", "archive_file")
        return OpenTable({"archive_file": archives, "aws_region": regions})

    def _names(self, kind: str, resource_type: str) -> dict[str, Any]:
        """Return the attributes by which functions mean an archive or layer of this module."""
        found = {}
        for block in self.blocks(kind, resource_type):
            if len(block.labels) > 1:
                name = self.own_name(block)
                found[block.labels[1]] = OpenTable(output_path=name, arn=name, qualified_arn=name)
        return found

    def _layer_modules(self) -> list[Block]:
        """Return the calls of a module that makes a layer of a folder, as the Lambda one does."""
        found = [one for one in self.blocks("module") if "source_path" in one.body]
        return [one for one in found if "create_layer" in one.body and one.labels]

    def own_name(self, block: Block) -> str:
        """Return the name under which functions of the module mean an archive or a layer."""
        return f"{_MARK}{self.folder}:{'.'.join(block.labels)}"

    def made_of(self, name: str) -> Mapping[str, Any] | None:
        """Return the evaluated archive or layer that a name means, None if it is a file's."""
        blocks = [
            *self.blocks("data", "archive_file"),
            *self.blocks("resource", "archive_file"),
            *self.blocks("resource", _LAYER),
            *self._layer_modules(),
        ]
        name = name.removesuffix(_VERSION)
        for block in blocks:
            is_named = len(block.labels) > 1 or name.startswith(_MARK)
            if not is_named or (name.startswith(_MARK) and name != self.own_name(block)):
                continue
            body = {key: one for key, one in block.body.items() if not key.startswith("__")}
            values = self.expressions.value(body)
            is_meant = name == self.own_name(block) or _same_path(name, values.get("output_path"))
            if is_meant:
                return values if isinstance(values, dict) else None
        return None

    def called(self) -> Iterator[tuple[str, Block, Mapping[str, Any], Path]]:
        """Yield the modules of the project that this one calls, with their arguments and folder."""
        for block in self.blocks("module"):
            source = self.expressions.value(block.body.get("source"))
            if not isinstance(source, str) or isinstance(source, OpenText):
                continue
            if source.startswith("."):
                where = f"{block.file} line {block.line}"
                place = inside(source, self.folder, self.top, where)
                for one in self.instances(block):
                    name = ".".join(filter(None, [block.labels[0], one.key]))
                    yield name, block, one.values, place


def _layer_module(block: Block, module: Module) -> OpenTable:
    """Return what a module that makes a layer gives to functions."""
    name = module.own_name(block)
    return OpenTable(
        lambda_layer_arn=name,
        lambda_layer_layer_arn=name,
        lambda_layer_version=_VERSION.removeprefix(":"),
    )


def _same_path(name: str, path: Any) -> bool:
    return isinstance(path, str) and posixpath.normpath(name) == posixpath.normpath(path)


class _Lazy(dict[str, Any]):
    """Local values, each evaluated when it is asked for."""

    def __init__(self, module: Module, raw: Mapping[str, Any]) -> None:
        super().__init__(raw)
        self._module = module

    def get(self, key: Any, default: Any = None) -> Any:
        return self._module.local(key, self[key]) if key in self else default


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _nothing(name: str) -> Any:
    return plain_placeholder(f"{name} is not known")


def variable_files(folder: Path) -> dict[str, Any]:
    """Return the values in terraform.tfvars and *.auto.tfvars, as HCL or JSON, later ones winning.

    Raises UsageError for a file that cannot be parsed.
    """
    found: dict[str, Any] = {}
    evaluate = Expressions(_nothing, str(folder)).value
    for pattern in ("terraform.tfvars", "*.auto.tfvars"):
        for parsed in parsed_files(folder, pattern):
            if isinstance(parsed.blocks, dict):
                found.update(evaluate(parsed.blocks))
        for file in sorted(folder.glob(f"{pattern}.json")):
            try:
                data = json.loads(text_found(file, "utf-8-sig"))
            except (OSError, ValueError, RecursionError) as error:
                raise UsageError(f"{file} is not valid JSON ({error}): correct it.") from error
            found.update(data if isinstance(data, dict) else {})
    return found
