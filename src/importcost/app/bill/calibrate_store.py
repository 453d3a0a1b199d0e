"""Put a calibration's table into a configuration file, keeping every other byte."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importcost.app.edit_files import write_edits
from importcost.billing.calibration import Calibration
from importcost.config.lines import KeyPath, key_lines
from importcost.config.read import OWN_FILE
from importcost.config.start import toml_key, toml_text
from importcost.errors import UsageError
from importcost.files.journal import FileEdit
from importcost.files.replace import create_file
from importcost.model.codec import to_plain

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "calibration"
COMMENT = "# By importcost calibrate, from this function's own log; delete the table to undo it."
_BOM = b"\xef\xbb\xbf"


def table_lines(path: KeyPath, calibration: Calibration) -> list[str]:
    """Return the table as lines of TOML, its header first."""
    header = ".".join(toml_key(name) for name in path)
    values = to_plain(calibration)
    rows = (f"{key} = {_toml(value)}" for key, value in values.items())
    return [f"[{header}]", COMMENT, *rows]


def with_table(text: str, path: KeyPath, calibration: Calibration) -> str:
    """Return a TOML text with the calibration's table at `path`, instead of an older one.

    Every other character stays. Raises UsageError if the table, or one around it, is written in a
    form that does not allow that.
    """
    before = _parsed(text)
    new = table_lines(path, calibration)
    end = "\r\n" if "\r\n" in text else "\n"
    found = key_lines(text.replace("\r\n", "\n"))
    is_there = path in found
    result = _replaced(text, path, found, new, end) if is_there else _appended(text, new, end)
    _set(before, path, to_plain(calibration))
    try:
        is_as_meant = tomllib.loads(result.replace("\r\n", "\n")) == before
    except (tomllib.TOMLDecodeError, RecursionError):
        is_as_meant = False
    if not is_as_meant:
        raise _cannot(path, new)
    return result


def store(file: Path, path: KeyPath, calibration: Calibration, read: bytes) -> None:
    """Write the table into `file`, whose bytes were `read` before.

    Raises UsageError if the file has changed since, cannot be written, or cannot hold the table.
    """
    after = edited(read, path, calibration)
    write_edits(file.absolute().parent, [FileEdit(file.absolute(), read, after)], force=True)


def edited(data: bytes, path: KeyPath, calibration: Calibration) -> bytes:
    """Return a file's bytes with the table in it. Raises UsageError as `with_table`."""
    mark = _BOM if data.startswith(_BOM) else b""
    text = data[len(mark) :].decode("utf-8")
    return mark + with_table(text, path, calibration).encode("utf-8")


def new_configuration(handler: str, root: str | None, calibration: Calibration) -> str:
    """Return the text of an importcost.toml that names one handler and its calibration."""
    lines = [f"handler = {toml_text(handler)}"]
    if root is not None:
        lines.append(f"root = {toml_text(root)}")
    settings = (
        ("arch", calibration.arch),
        ("package_type", calibration.package_type),
        ("runtime", calibration.runtime),
    )
    lines += [f"{key} = {toml_text(value)}" for key, value in settings]
    return "\n".join([*lines, "", *table_lines((TABLE,), calibration)]) + "\n"


def create(file: Path, text: str) -> None:
    """Write a new configuration. Raises UsageError if one exists, or it cannot be written."""
    try:
        create_file(file.absolute(), text.encode("utf-8"))
    except OSError as error:
        raise UsageError(
            f"{OWN_FILE} cannot be written ({error.strerror}): write it by hand from the output of"
            " --dry-run."
        ) from error


def _replaced(
    text: str, path: KeyPath, found: Mapping[KeyPath, int], new: list[str], end: str
) -> str:
    # splitlines would break at characters that end no line in TOML.
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    first = found[path]
    last = max(line for key, line in found.items() if key[: len(path)] == path)
    if not _is_header(lines[first - 1], path):
        raise _cannot(path, new)
    keys = {line for key, line in found.items() if key[: len(path)] == path and key != path}
    kept = [
        line
        for number, line in enumerate(lines[first:last], first + 1)
        if number not in keys and line.strip() and line.strip() != COMMENT
    ]
    block = [lines[first - 1], *(line + end for line in new[1:]), *kept]
    block[0] = block[0].rstrip("\r\n") + end  # the file may end with the header
    return "".join([*lines[: first - 1], *block, *lines[last:]])


def _is_header(line: str, path: KeyPath) -> bool:
    try:
        data: Any = tomllib.loads(line.strip())
    except tomllib.TOMLDecodeError:
        return False
    for key in path:
        if not isinstance(data, dict) or list(data) != [key]:
            return False
        data = data[key]
    return isinstance(data, dict) and not data


def _appended(text: str, new: list[str], end: str) -> str:
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return text + gap + end.join(new) + end


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"The configuration is not valid TOML: {error}.") from error


def _set(data: dict[str, Any], path: KeyPath, value: Any) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
    data[path[-1]] = value


def _cannot(path: KeyPath, new: list[str]) -> UsageError:
    return UsageError(
        f"The configuration is written in a form that cannot take [{'.'.join(path)}] without"
        f" touching the rest, so nothing was written: put it there by hand: {'; '.join(new[2:])}."
    )


def _toml(value: Any) -> str:
    return toml_text(value) if isinstance(value, str) else repr(value)
