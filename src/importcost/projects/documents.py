"""Read YAML and JSON documents safely, with the line of every key."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from importcost.errors import UsageError
from importcost.files.read import text_found
from importcost.model.parsing.collection import collection_paused
from importcost.projects.expansion import check_expansion

MAX_DOCUMENT_BYTES = 50_000_000
MAX_DEPTH = 200
"""Nesting beyond this is an attack: libyaml composes recursively and would end the process."""
MAX_NUMBER_LENGTH = 100
"""Characters of a number; hexadecimal ones could have more digits than Python prints."""
_SHORT_FORMS = ("Ref", "Condition")
_MAPPING = "tag:yaml.org,2002:map"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_JSON_KEY = re.compile(r'"([^"\\]+)"\s*:')
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentTable(dict[str, Any]):
    """A mapping that knows its lines: `line` is where it begins, `lines` those of its keys.

    `repeated` has the keys that are there several times, with the line of the first: the last one
    counts, as for the tools that deploy it.
    """

    __slots__ = ("line", "lines", "repeated")

    def __init__(self, values: Mapping[str, Any] | None = None, line: int = 1) -> None:
        super().__init__(values or {})
        self.line = line
        self.lines: dict[str, int] = {}
        self.repeated: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of a key, else that of the mapping itself."""
        return self.lines.get(key, self.line)


@collection_paused()
def read_document(path: Path) -> Any:
    """Return the YAML or JSON document in a file; mappings are DocumentTables.

    CloudFormation's short forms (`!Sub x`) become its long ones. Raises UsageError that names file
    and line for everything that cannot be read.
    """
    text = _text_of(path)
    if path.suffix == ".json":
        return _from_json(text, path)
    return parse_yaml(text, str(path))


@collection_paused()
def parse_yaml(text: str, file: str) -> Any:
    """Return the first document of a YAML text; `file` is for messages. Raises UsageError."""
    try:
        _check_depth(text, file)
        loader = _DocumentLoader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None
            check_expansion(root)
            return loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.rstrip("\n").count("\n")
        line = min(mark.line, last) + 1 if mark else 1
        raise UsageError(f"{file} line {line} is not valid YAML: {_problem(error)}.") from error
    except (yaml.YAMLError, ValueError) as error:
        what = " ".join(str(error).split())
        raise UsageError(f"{file} is not valid YAML: {what}.") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        # PyYAML converts without a look at the value: `!!bool x`, `!!timestamp x`.
        raise UsageError(f"{file} is not valid YAML: a value does not fit its tag.") from error


def _text_of(path: Path) -> str:
    try:
        if not path.is_file():
            raise UsageError(f"{path} is not a regular file: name the template's file.")
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise UsageError(f"{path} is larger than 50 MB: name the template's file.")
        return text_found(path, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read ({reason}): name another file.") from error


def _from_json(text: str, path: Path) -> Any:
    def table(pairs: list[tuple[str, Any]]) -> DocumentTable:
        found = DocumentTable(dict(pairs))
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            found.repeated = {key: 1 for key, count in counts.items() if count > 1}
        return found

    try:
        return _with_lines(json.loads(text, object_pairs_hook=table), text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} line {error.lineno} is not valid JSON: {error.msg}.") from error
    except RecursionError as error:
        raise UsageError(f"{path} is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise UsageError(
            f"{path} is not valid JSON: it holds a number of thousands of digits."
        ) from error


def _with_lines(document: Any, text: str) -> Any:
    """Give the entries of the sections of a JSON document the line where their key first stands."""
    if isinstance(document, DocumentTable):
        first: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            for key in _JSON_KEY.findall(line):
                first.setdefault(key, number)
        for section in (document, *document.values()):
            if isinstance(section, DocumentTable):
                section.lines = {key: first.get(key, 1) for key in section}
    return document


def _check_depth(text: str, file: str) -> None:
    if text.count("[") + text.count("{") + text.count("- ") + text.count(":") < MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise UsageError(
                    f"{file} line {line} is nested more than {MAX_DEPTH} levels deep: flatten it."
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _problem(error: yaml.MarkedYAMLError) -> str:
    return " ".join(filter(None, [error.context, error.problem])).rstrip(".")


class _DocumentLoader(_Loader):  # type: ignore[misc]
    """The safe loader with lines and CloudFormation's tags; dates stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in _Loader.yaml_implicit_resolvers.items()
    }

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """Return the text of a scalar, unless it is a number that nothing could show."""
        found = super().construct_scalar(node)
        if node.tag in _NUMBERS and len(found) > MAX_NUMBER_LENGTH:
            raise yaml.constructor.ConstructorError(
                None, None, "a number has too many digits", node.start_mark
            )
        return found

    def construct_document_table(self, node: yaml.MappingNode) -> Any:
        """Yield a DocumentTable, filled afterwards so that an alias may point into itself."""
        table = DocumentTable(line=node.start_mark.line + 1)
        yield table
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a value does not fit its tag", node.start_mark
            )
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is not a text", key_node.start_mark
                )
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in table.lines and not key_node.tag.endswith(":merge"):
                table.repeated.setdefault(key, table.lines[key])
            table.lines[key] = line
        self.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = str(key_node.value)  # ON and NO are names of variables, not truth values
            table[key] = self.construct_object(value_node, deep=False)
            table.lines[key] = key_node.start_mark.line + 1

    def construct_short_form(self, tag: str, node: yaml.Node) -> DocumentTable:
        """Return `!Sub x` as `Fn::Sub: x`, and `!GetAtt A.B` as a list of two."""
        if isinstance(node, yaml.ScalarNode):
            value: Any = self.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = self.construct_sequence(node, deep=True)
        else:
            plain = yaml.MappingNode(_MAPPING, node.value, node.start_mark, node.end_mark)
            value = self.construct_object(plain, deep=True)
        if tag == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        name = tag if tag in _SHORT_FORMS else f"Fn::{tag}"
        table = DocumentTable({name: value}, node.start_mark.line + 1)
        table.lines[name] = table.line
        return table


_DocumentLoader.add_constructor(_MAPPING, _DocumentLoader.construct_document_table)
_DocumentLoader.add_multi_constructor("!", _DocumentLoader.construct_short_form)
