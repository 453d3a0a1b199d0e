"""Choose the folders that a launch gets fresh and private, and the paths that stay visible in them.

A cold start on Lambda finds an empty /tmp. On this machine the task root, an environment or an
installed package may itself lie below /tmp: those paths stay in their place.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

from importcost.files.read import text_found

TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - these are what is to be hidden
IN_MEMORY = "/dev/shm"  # noqa: S108 - semaphores are only made on a file system in memory
MOST_LINKS = 40
MOST_ENTRIES = 2000
"""A temporary folder that is itself the task root and has more entries is not shown one by one."""


@dataclass(frozen=True, slots=True)
class PrivateFolders:
    """The folders to hide, in order, and the paths that stay visible in them.

    `links` maps symbolic links to their targets; `paths` are folders and files, none inside
    another. `writable` are those of them that a launch may write to; the others are protected.
    """

    folders: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    writable: tuple[str, ...] = ()


class NotPrivateError(Exception):
    """The launches of this machine share its temporary folders; the text is the reason."""


def temporary_folders() -> tuple[str, ...]:
    """Return the machine's temporary folders by their real paths, none inside another."""
    real = [os.path.realpath(folder) for folder in TEMPORARY if Path(folder).is_dir()]
    found = [folder for folder in dict.fromkeys(real) if folder != os.sep]
    return tuple(folder for folder in found if not any(_is_below(folder, other) for other in found))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def private_folders(
    kept: Iterable[str], writable: Iterable[str] = (), also: tuple[str, ...] = ()
) -> PrivateFolders:
    """Return the folders to hide and the paths to show, so that every path of `kept` stays valid.

    What holds a path of `writable`, or lies in one, stays writable. `also` are folders to hide
    beside the temporary ones, before which they come.
    Raises NotPrivateError if a temporary folder itself is to be kept and is too full.
    """
    folders = (*also, *temporary_folders())
    links: dict[str, str] = {}
    paths: dict[str, None] = {}
    for path in kept:
        for real in _followed(path, folders, links):
            if real in folders:
                paths.update(dict.fromkeys(_entries(real)))
            elif any(_is_below(real, folder) for folder in folders):
                paths[real] = None
    outermost = [path for path in paths if not any(_is_below(path, other) for other in paths)]
    return PrivateFolders(
        folders=folders,
        links=tuple(
            (link, target)
            for link, target in links.items()
            if not any(_is_below(link, path) or link == path for path in outermost)
        ),
        paths=tuple(outermost),
        writable=_touching(outermost, writable),
    )


def _touching(paths: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that are one of `others`, hold one or lie in one."""
    real = [os.path.realpath(other) for other in others]
    return tuple(
        path
        for path in paths
        if any(path == other or _is_below(path, other) or _is_below(other, path) for other in real)
    )


def _entries(folder: str) -> list[str]:
    names = os.listdir(folder)
    if len(names) > MOST_ENTRIES:
        raise NotPrivateError(f"{folder}, which holds {len(names)} entries, is itself measured")
    return [os.path.join(folder, name) for name in sorted(names)]


def _followed(path: str, folders: tuple[str, ...], links: dict[str, str]) -> Iterator[str]:
    """Return the real path of an existing `path`; record each hidden link on the way."""
    rest = [part for part in os.path.abspath(path).split(os.sep) if part]
    here, followed = os.sep, 0
    while rest:
        part = rest.pop(0)
        if part == os.pardir:
            here = os.path.dirname(here)
            continue
        there = os.path.join(here, part)
        try:
            target = os.readlink(there)
        except OSError:
            here = there
            continue
        followed += 1
        if followed > MOST_LINKS:
            return
        if any(_is_below(there, folder) for folder in folders):
            links[there] = target
        if os.path.isabs(target):
            here = os.sep
        rest = [step for step in target.split(os.sep) if step not in ("", os.curdir)] + rest
    if os.path.lexists(here):
        yield here


def interpreter_paths(executable: str) -> list[str]:
    """Return the paths that an interpreter needs: its file and its environment, links followed."""
    found = []
    for file in (os.path.abspath(executable), os.path.realpath(executable)):
        prefix = os.path.dirname(os.path.dirname(file))
        # An interpreter in /tmp/bin does not make all of /tmp its environment.
        found += [file, *([] if prefix in temporary_folders() else [prefix])]
    return found


def installed_in_place(folders: Iterable[str]) -> list[str]:
    """Return the folders that path files and installation records in `folders` point to."""
    found: list[str] = []
    for folder in folders:
        with contextlib.suppress(OSError):
            found += _pointed_to(folder, os.stat(folder).st_mtime_ns)
    return found


@functools.lru_cache(maxsize=256)
def _pointed_to(folder: str, _changed_ns: int) -> tuple[str, ...]:
    found = []
    for file in Path(folder).glob("*.dist-info/direct_url.json"):
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
            url = urlsplit(json.loads(text_found(file))["url"])
            if url.scheme == "file":
                found.append(unquote(url.path))
    for file in Path(folder).glob("*.pth"):
        with contextlib.suppress(OSError):
            lines = text_found(file, errors="replace").splitlines()
            found += [
                os.path.join(folder, line.rstrip())
                for line in lines
                if line.strip() and "\0" not in line and not line.startswith(("#", "import"))
            ]
    return tuple(found)


def enter_command() -> tuple[str, ...]:
    """Return the command that enters a private namespace; see `enter_private`.

    Raises NotPrivateError if this machine cannot have one.
    """
    if sys.platform != "linux":
        raise NotPrivateError(f"{sys.platform} has no mount namespaces")
    if not sys.executable:
        raise NotPrivateError("the Python that runs importcost has no executable")
    script = resources.files("importcost.probe").joinpath("enter_private.py")
    if not isinstance(script, Path):
        raise NotPrivateError("importcost is installed in an archive")
    return (sys.executable, "-I", "-S", str(script))
