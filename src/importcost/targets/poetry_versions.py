"""A dependency as a pyproject.toml of poetry 1 states it, as a requirement line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_VERSION = re.compile(r"(?P<sign>[\^~])?\s*(?P<version>\d+(?:\.\d+)*)(?P<rest>[\w.+-]*)$")


def from_poetry(name: str, stated: object) -> Iterator[str]:
    """Yield the line of a dependency that is deployed: none for an optional one.

    A list has alternatives with markers: each is a line. Raises TypeError for another form.
    """
    if isinstance(stated, list):
        for one in stated:
            yield from from_poetry(name, one)
        return
    if isinstance(stated, str):
        yield f"{name}{specifiers(stated)}"
        return
    if not isinstance(stated, Mapping):
        raise TypeError("a dependency is a version or a table")
    if stated.get("optional"):
        return
    extras = stated.get("extras") or ()
    words = f"{name}[{','.join(extras)}]" if extras else name
    marker = f" ; {stated['markers']}" if stated.get("markers") else ""
    if "git" in stated:
        commit = stated.get("rev") or stated.get("tag") or stated.get("branch") or "HEAD"
        yield f"{words} @ git+{stated['git']}@{commit}{marker}"
    elif "url" in stated:
        yield f"{words} @ {stated['url']}{marker}"
    elif "path" not in stated:
        yield f"{words}{specifiers(str(stated.get('version', '*')))}{marker}"


def specifiers(stated: str) -> str:
    """Return poetry's constraint in the form of installers: `^1.4` is `>=1.4,<2`.

    Alternatives (`||`) become their first one.
    """
    parts = stated.partition("||")[0].split(",")
    return ",".join(filter(None, (_specifier(part.strip()) for part in parts)))


def _specifier(part: str) -> str:
    if part in ("", "*"):
        return ""
    if part.endswith(".*") and part[0].isdigit():
        return f"=={part}"
    found = _VERSION.match(part)
    if found is None:
        return part.replace(" ", "")
    version = found["version"] + found["rest"]
    if found["sign"] is None:
        return f"=={version}"
    numbers = [int(number) for number in found["version"].split(".")]
    return f">={version},<{_next(numbers, found['sign'])}"


def _next(numbers: list[int], sign: str) -> str:
    """Return the first version that a caret or a tilde leaves out."""
    if sign == "~":
        kept = min(len(numbers), 2)
    else:
        kept = next((at + 1 for at, number in enumerate(numbers) if number), len(numbers))
    return ".".join(map(str, [*numbers[: kept - 1], numbers[kept - 1] + 1]))
