"""The saved form of a profile: frozen dataclasses to plain JSON values and back, and its schema.

One set of rules, read off the type hints, serves writing, reading and the published schema, so
that the three cannot drift apart: a dataclass is an object with all its fields, an Enum its
value, a tuple, list or array a list.
"""

from __future__ import annotations

import math
import types
import typing
from array import array
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from typing import Any, TypeAlias, TypeVar

from importcost.errors import UsageError
from importcost.model.parsing.absent_settings import STAND_IN, absent_settings
from importcost.model.parsing.collection import collection_paused
from importcost.model.profile import Profile
from importcost.model.profile_checks import check_profile

SCHEMA_VERSION = 1
SCHEMA_NAME = "importcost-profile"
_LARGEST = 2**63 - 1
"""The largest whole number that any of the readers takes, as in a column."""
_KINDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}

T = TypeVar("T")
_Reader: TypeAlias = Callable[[Any, str], Any]
"""Returns a value of one type from plain JSON; the text is the name of its place."""


class _Array:
    """Represents array.array in type hints, which is subscriptable only from Python 3.12 on."""

    __class_getitem__: typing.ClassVar[Any] = classmethod(types.GenericAlias)


def to_plain(value: Any) -> Any:
    """Return `value` as JSON values: dict, list, str, int, float, bool, None.

    Settings that the platform of a dataclass does not have are None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        absent = absent_settings(getattr(value, "platform", None))
        return {
            field.name: None if field.name in absent else to_plain(getattr(value, field.name))
            for field in fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, array):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def profile_to_plain(profile: Profile) -> dict[str, Any]:
    """Return the saved form of a profile, its schema's name and version first."""
    return {"schema": SCHEMA_NAME, "schema_version": SCHEMA_VERSION, **to_plain(profile)}


@collection_paused()
def profile_from_plain(data: Any) -> Profile:
    """Return the profile that `profile_to_plain` wrote; unknown keys are ignored.

    Raises UsageError naming the place if the data is not a profile of this version.
    """
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA_NAME:
        raise UsageError('it is not an importcost profile (no "schema": "importcost-profile")')
    version = data.get("schema_version")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"its schema version is {version!r} and this importcost reads {SCHEMA_VERSION}: "
            "measure again, or use the importcost that wrote it"
        )
    profile = _decode(Profile, data, "profile")
    check_profile(profile)
    return profile


@collection_paused()
def from_plain(kind: type[T], data: Any, where: str) -> T:
    """Return the dataclass that `to_plain` turned into `data`. Raises UsageError naming the place.

    `where` is what the place is called.
    """
    return _decode(kind, data, where)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return typing.get_type_hints(kind, localns={"array": _Array})


def _fail(where: str, wanted: str, value: Any) -> typing.NoReturn:
    raise UsageError(f"{where} should be {wanted} and is {type(value).__name__}")


def _decode(kind: type[T], data: Any, where: str) -> T:
    if not isinstance(data, Mapping):
        _fail(where, "an object", data)
    values = {}
    for name, is_optional, read in _members(typing.cast("typing.Hashable", kind)):
        if name not in data:
            if is_optional:  # written before the field existed
                continue
            raise UsageError(f"{where}.{name} is missing")
        values[name] = read(data[name], f"{where}.{name}")
    return kind(**values)


@cache
def _members(kind: Any) -> tuple[tuple[str, bool, _Reader], ...]:
    """Return a dataclass's fields: name, whether it has a default, and what reads its value."""
    hints = _hints(kind)
    return tuple(
        (field.name, field.default is not MISSING, _field_reader(field, hints[field.name]))
        for field in fields(kind)
    )


def _field_reader(field: Field[Any], hint: Any) -> _Reader:
    if STAND_IN not in field.metadata:
        return _reader(hint)
    return partial(_absent_or, field.metadata[STAND_IN], _reader(hint))


def _absent_or(stand_in: Any, read: _Reader, data: Any, where: str) -> Any:
    return stand_in if data is None else read(data, where)


@cache
def _reader(hint: Any) -> _Reader:
    """Return the reader of a type's values: the type is looked at once, not for each value."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        return partial(_optional, _reader(inner))
    if origin in (tuple, list, _Array):
        return partial(_sequence, hint, origin)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return partial(_member, hint)
    if is_dataclass(hint):
        return partial(_decode, hint)  # type: ignore[arg-type]
    return partial(_scalar, hint)


def _member(kind: type[Enum], data: Any, where: str) -> Enum:
    try:
        return kind(data)
    except ValueError:
        raise UsageError(f"{where} is {data!r}, which this version does not know") from None


def _optional(read: _Reader, data: Any, where: str) -> Any:
    return None if data is None else read(data, where)


def _sequence(hint: Any, origin: Any, data: Any, where: str) -> Any:
    if not isinstance(data, list):
        _fail(where, "a list", data)
    if origin is _Array:
        try:
            return array("q", data)
        except (TypeError, OverflowError):
            raise UsageError(f"{where} should have whole numbers only") from None
    inner = typing.get_args(hint)[0]
    if inner is str:
        # Names come by the thousand: one check of the list instead of one call each.
        if not all(type(item) is str for item in data):
            raise UsageError(f"{where} should have strings only")
        return origin(data)
    read = _reader(inner)
    return origin(read(item, f"{where}[{index}]") for index, item in enumerate(data))


def _scalar(hint: Any, data: Any, where: str) -> Any:
    if type(data) is int and hint in (int, float) and abs(data) > _LARGEST:
        raise UsageError(f"{where} is a whole number of more than 64 bits")
    if hint is float and type(data) is int:
        return float(data)
    if type(data) is not hint:
        _fail(where, _KINDS[hint], data)
    if hint is float and not math.isfinite(data):
        raise UsageError(f"{where} is {data}, which is not a measured number")
    return data


def profile_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a saved profile."""
    return saved_schema(Profile, "importcost profile", SCHEMA_NAME, SCHEMA_VERSION)


def saved_schema(kind: type, title: str, name: str, version: int) -> dict[str, Any]:
    """Return the JSON schema of a dataclass that is saved under a schema's name and version."""
    definitions: dict[str, Any] = {}
    body = _object_schema(kind, definitions)
    properties = {
        "schema": {"const": name},
        "schema_version": {"const": version},
        **body["properties"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": _description(kind),
        "type": "object",
        "properties": properties,
        "required": ["schema", "schema_version", *body["required"]],
        "$defs": definitions,
    }


def _object_schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = _hints(kind)
    properties = {
        field.name: _hint_schema(
            hints[field.name] | None if STAND_IN in field.metadata else hints[field.name],
            definitions,
        )
        for field in fields(kind)
    }
    return {
        "type": "object",
        "description": _description(kind),
        "properties": properties,
        "required": [field.name for field in fields(kind) if field.default is MISSING],
    }


def _description(kind: type) -> str:
    """Return a docstring's paragraphs unwrapped: from Python 3.13 on they come dedented."""
    return "\n\n".join(" ".join(part.split()) for part in (kind.__doc__ or "").split("\n\n"))


def _hint_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        kinds = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        return {"anyOf": [_hint_schema(kinds[0], definitions), {"type": "null"}]}
    if origin in (tuple, list, _Array):
        inner = typing.get_args(hint)[0]
        return {"type": "array", "items": _hint_schema(inner, definitions)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [item.value for item in hint]}
    if is_dataclass(hint):
        name = hint.__name__  # type: ignore[union-attr]
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _object_schema(hint, definitions)
        return {"$ref": f"#/$defs/{name}"}
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    return {"type": names[hint]}
