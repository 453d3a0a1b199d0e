"""Read lock files and project files as requirement lines: the future content of a package."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from importcost.errors import UsageError
from importcost.files.read import read_named, reason_of
from importcost.files.toml_text import parse_toml
from importcost.model.parsing.collection import collection_paused
from importcost.model.parsing.json_text import parse_json
from importcost.targets.poetry_versions import from_poetry

_LARGEST_BYTES = 256_000_000

LockReader = Callable[[Path], "tuple[str, ...] | None"]


@collection_paused()
def read_lines(path: Path, member: Path | None = None) -> tuple[str, ...] | None:
    """Return the requirement lines of a lock or project file.

    `member` is the folder of a workspace's project below its lock: the lines are those that lead
    to its packages. None if the file does not list the deployed packages, or in an unsupported
    way. Raises UsageError for a file that cannot be parsed.
    """
    try:
        return READERS[path.name](path) if member is None else _uv_member(path, member)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # The readers take a tool's own forms; text in the place of a table is none of them.
        raise UsageError(
            f"{path} does not have the form that its tool writes: write it again with that tool, "
            "or name a requirements file."
        ) from error


@lru_cache(maxsize=2)
def _parsed(text: str) -> Mapping[str, Any]:
    """Return the tables of a file that several functions may share; nobody changes them."""
    return parse_toml(text)


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return _parsed(read_named(path, _LARGEST_BYTES).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read ({reason_of(error)}): correct the file."
        ) from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid TOML ({error}): correct the file.") from error


def _pinned(name: str, version: object, marker: object = None, extras: Sequence[str] = ()) -> str:
    words = f"{name}[{','.join(extras)}]" if extras else name
    line = f"{words}=={version}" if version else words
    return f"{line} ; {marker}" if marker else line


def _pylock(path: Path) -> tuple[str, ...] | None:
    packages = _tables(_toml(path), "packages")
    return tuple(
        _from_pylock(package, path.parent) for package in packages if "directory" not in package
    ) + tuple(
        f"{package['name']} @ {_folder_url(path.parent, package['directory'].get('path', '.'))}"
        for package in packages
        if isinstance(package.get("directory"), Mapping)
        and package["directory"].get("path", ".") != "."
    )


def _from_pylock(package: Mapping[str, Any], folder: Path) -> str:
    vcs = package.get("vcs")
    if isinstance(vcs, Mapping) and vcs.get("url"):
        return f"{package['name']} @ {vcs.get('type', 'git')}+{vcs['url']}@{vcs['commit-id']}"
    archive = package.get("archive")
    if isinstance(archive, Mapping):
        url = archive.get("url") or _folder_url(folder, archive.get("path", "."))
        return f"{package['name']} @ {url}"
    return _pinned(package["name"], package.get("version"), package.get("marker"))


def _folder_url(folder: Path, path: str) -> str:
    return (folder / path).resolve().as_uri()


def _uv(path: Path) -> tuple[str, ...] | None:
    """Follow uv.lock from the package of the folder that it lies in."""
    return _uv_member(path, path.parent)


def _uv_member(path: Path, member: Path) -> tuple[str, ...] | None:
    """Follow uv.lock from a project's own package: its groups and extras are not deployed."""
    packages = _tables(_toml(path), "package")
    place = Path(os.path.relpath(member, path.parent)).as_posix()
    roots = [package for package in packages if _is_at(package, place)]
    if len(roots) != 1:
        return None
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    lines: dict[str, None] = {}
    pending = list(_tables(roots[0], "dependencies"))
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    while pending:
        wanted = pending.pop()
        extras = tuple(wanted.get("extra", ()))
        for package in by_name.get(wanted["name"], ()):
            if wanted.get("version", package.get("version")) != package.get("version"):
                continue
            key = (package["name"], str(package.get("version")), extras)
            if key in seen:
                continue
            seen.add(key)
            lines[_from_uv(package, path.parent, wanted.get("marker"))] = None
            pending += _tables(package, "dependencies")
            optional = package.get("optional-dependencies", {})
            for extra in extras:
                pending += [one for one in optional.get(extra, ()) if isinstance(one, Mapping)]
    return tuple(lines)


def _is_at(package: Mapping[str, Any], place: str) -> bool:
    source = package.get("source", {})
    return place in (source.get("virtual"), source.get("editable"))


def _from_uv(package: Mapping[str, Any], folder: Path, marker: object) -> str:
    source = package.get("source", {})
    name = package["name"]
    if "git" in source:
        url, _, commit = str(source["git"]).partition("#")
        return f"{name} @ git+{url.partition('?')[0]}@{commit}"
    if "url" in source:
        return f"{name} @ {source['url']}"
    for kind in ("editable", "directory", "path", "virtual"):
        if kind in source:
            return f"{name} @ {_folder_url(folder, source[kind])}"
    return _pinned(name, package.get("version"), marker)


def _poetry(path: Path) -> tuple[str, ...] | None:
    packages = _tables(_toml(path), "package")
    if packages and all("groups" in package for package in packages):
        packages = [package for package in packages if "main" in package["groups"]]
    elif any("category" in package for package in packages):
        packages = [package for package in packages if package.get("category") == "main"]
    else:
        packages = _reached(path.with_name("pyproject.toml"), packages)
    return tuple(_from_poetry(one) for one in packages if not one.get("optional"))


def _from_poetry(package: Mapping[str, Any]) -> str:
    source = package.get("source", {})
    if source.get("type") == "git":
        commit = source.get("resolved_reference") or source.get("reference")
        return f"{package['name']} @ git+{source['url']}@{commit}"
    markers = package.get("markers")
    marker = markers if isinstance(markers, str) else (markers or {}).get("main")
    return _pinned(package["name"], package.get("version"), marker)


def _reached(project: Path, packages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the packages reachable from the project's own dependencies; all without a project."""
    if not project.is_file():
        return list(packages)
    data = _toml(project)
    poetry = data.get("tool", {}).get("poetry", {})
    pending = [_key(name) for name in poetry.get("dependencies", {})]
    pending += [_key(_name_in(line)) for line in data.get("project", {}).get("dependencies", ())]
    by_name = {_key(package["name"]): package for package in packages}
    found: dict[str, Mapping[str, Any]] = {}
    while pending:
        name = pending.pop()
        if name in by_name and name not in found:
            found[name] = by_name[name]
            pending += [_key(one) for one in found[name].get("dependencies", {})]
    return list(found.values())


def _key(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _name_in(line: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line).name
    except InvalidRequirement:
        return line


def _pdm(path: Path) -> tuple[str, ...] | None:
    packages = _tables(_toml(path), "package")
    return tuple(
        f"{one['name']} @ git+{one['git']}@{one['revision']}"
        if "git" in one
        else _pinned(one["name"], one.get("version"), one.get("marker"))
        for one in packages
        if "default" in one.get("groups", ["default"]) and not one.get("extras")
    )


def _pipfile(path: Path) -> tuple[str, ...] | None:
    try:
        data = parse_json(read_named(path, _LARGEST_BYTES).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read ({reason_of(error)}): correct the file."
        ) from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid JSON ({error}): correct the file.") from error
    packages = data.get("default", {}) if isinstance(data, dict) else {}
    return tuple(_from_pipfile(name, one) for name, one in packages.items())


def _from_pipfile(name: str, package: Mapping[str, Any]) -> str:
    if "git" in package:
        return f"{name} @ git+{package['git']}@{package.get('ref', 'HEAD')}"
    marker = package.get("markers")
    version = str(package.get("version", "")).removeprefix("==")
    return _pinned(name, "" if version == "*" else version, marker, package.get("extras", ()))


def _pyproject(path: Path) -> tuple[str, ...] | None:
    data = _toml(path)
    project = data.get("project")
    poetry = data.get("tool", {}).get("poetry", {}).get("dependencies")
    if not isinstance(project, Mapping) and isinstance(poetry, Mapping):
        return tuple(
            line
            for name, one in poetry.items()
            if name != "python"
            for line in from_poetry(name, one)
        )
    if not isinstance(project, Mapping) or "dependencies" in project.get("dynamic", ()):
        return None
    found = project.get("dependencies", [])
    return tuple(map(_text, found)) if isinstance(found, list) else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a requirement is a text")
    return value


def _tables(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return list(_named(data.get(key, ())))


def _named(items: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for item in items if isinstance(items, (list, tuple)) else ():
        if isinstance(item, Mapping) and isinstance(item.get("name"), str):
            yield item


READERS: Mapping[str, LockReader] = {
    "pylock.toml": _pylock,
    "uv.lock": _uv,
    "poetry.lock": _poetry,
    "Pipfile.lock": _pipfile,
    "pdm.lock": _pdm,
    "pyproject.toml": _pyproject,
}
"""The reader of each file, in the order in which the files are looked for."""
