"""Identify what a function's figures depend on: its code, its packages, interpreter and options."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.util
import json
from pathlib import Path

from importcost import __version__
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.measured_by import MeasuredBy
from importcost.config.read import HandlerConfig
from importcost.files.digests import folder_digest
from importcost.files.own_reports import is_own_report
from importcost.files.read import file_digest, read_found
from importcost.targets.requirements import find_requirements

_NOT_CODE = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", ".aws-sam"})
_BYTECODE = "__pycache__"
_HEADER_BYTES = 16
_HASH_BASED = 1
"""The bit in the flags of a .pyc file that is valid by the hash of its source, not by its date."""


class Contents:
    """Digests of folders and files, each read once for all functions that share it."""

    def __init__(self, measured_by: MeasuredBy) -> None:
        self._measured_by = measured_by
        self._known: dict[tuple[str, bool, bool], str] = {}
        self._packages: dict[tuple[str | None, Path, str], str | None] = {}

    def key_of(self, request: ProfileRequest) -> str:
        """Return what identifies the result of a request.

        Raises OSError if the code cannot be read, UsageError for requirements that cannot be.
        """
        options = dataclasses.asdict(dataclasses.replace(request, configured=None))
        options["judged by"] = _rules(request.configured)
        root, folder = _places(request)
        is_image = request.package_type == "image"
        digests = [self.of(Path(root), dated=is_image, is_built=request.is_built)] if root else []
        digests += [self.of(Path(one), dated=is_image, is_built=True) for one in request.layers]
        is_listed = root is not None and not (request.is_built and request.requirements is None)
        packages = self._packages_of(request, str(root), folder) if is_listed else None
        machine = self._measured_by.identity_of(request, folder)
        parts = [__version__, machine, options, digests, packages]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def of(self, place: Path, *, dated: bool = False, is_built: bool = False) -> str:
        """Return the digest of a file, or of all files of a folder with their names.

        Bytecode counts as far as deployed code uses it: what is valid by the hash of its source
        everywhere, what is valid by a date only where files keep theirs (`dated`), in images.
        Reports that importcost wrote count in a build only (`is_built`).
        """
        name = (str(place), dated, is_built)
        if name not in self._known:
            if place.is_file():
                self._known[name] = file_digest(place)
            else:
                state = functools.partial(_state, dated=dated, is_built=is_built)
                self._known[name] = folder_digest(place, _NOT_CODE, state)
        return self._known[name]

    def _packages_of(self, request: ProfileRequest, root: str, folder: Path) -> str | None:
        """Return the content of the file that lists the deployed packages, None without one."""
        key = (request.requirements, folder, root)
        if key not in self._packages:
            beside = str(folder / "handler.py")
            found = find_requirements(request.requirements, beside, root).requirements
            self._packages[key] = found.key if found is not None else None
        return self._packages[key]


def _rules(configured: HandlerConfig | None) -> object:
    """Return what the configuration changes of a function's report: its verdict and its bill."""
    if configured is None:
        return None
    rules = (configured.budgets, configured.levels, configured.calibration, configured.memory_mb)
    return repr((configured.name, configured.arch, *rules))


def _places(request: ProfileRequest) -> tuple[str | None, Path]:
    """Return the folder of a request's code, None for an image's own, and the handler's folder."""
    if request.is_own_image:
        return None, Path.cwd()
    handler = request.target.partition(":")[0]
    if handler.endswith(".py"):
        file = Path(handler).resolve()
        return request.task_root or str(file.parent), file.parent
    root = request.task_root or str(Path.cwd())
    return request.task_root, Path(root, *handler.replace(".", "/").split("/")[:-2])


def _state(file: Path, dated: bool, is_built: bool) -> str:
    """Return what a file of deployed code counts with; empty if it is not used."""
    if not is_built and is_own_report(file):
        return ""
    return _bytecode_state(file, dated) if file.parent.name == _BYTECODE else file_digest(file)


def _bytecode_state(file: Path, dated: bool) -> str:
    """Return what a .pyc file means for its source; empty if deployed code does not use it."""
    header = read_found(file, _HEADER_BYTES)
    if file.suffix != ".pyc" or len(header) < _HEADER_BYTES:
        return ""
    if header[4] & _HASH_BASED:
        return file_digest(file)
    if not dated:
        return ""
    try:
        source = Path(importlib.util.source_from_cache(str(file))).stat()
    except (OSError, ValueError):
        return ""
    moment, size = (int.from_bytes(header[at : at + 4], "little") for at in (8, 12))
    is_valid = moment == int(source.st_mtime) & 0xFFFFFFFF and size == source.st_size & 0xFFFFFFFF
    return "valid" if is_valid else "stale"
