"""Install local projects from copies: building one writes beside its source."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from importcost.errors import MeasurementError, remedy
from importcost.files.digests import folder_digest
from importcost.files.read import read_named

_LARGEST_BYTES = 16_000_000
_INCLUDE = re.compile(
    r"(?P<option>-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<file>\S.*)"
)
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)")
_NAME = r"(?:(?P<name>[\w.-]+(?:\[[^]]*\])?)\s*@\s*)?"
_PROJECT = re.compile(_NAME + r"(?P<path>[^\s;\[#]+)(?P<rest>.*)")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_LEFT_OUT = (".git", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", "*.egg-info")


def with_copies(file: str, folder: Path) -> str:
    """Return a requirements file that names copies in `folder` of the local projects of `file`.

    `file` itself if it names none. Editable ones are installed as they will be deployed: as copies.
    Raises MeasurementError if one cannot be copied.
    """
    copies = _Copies(folder)
    try:
        found = copies.file(Path(file))
    except (OSError, UnicodeDecodeError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise MeasurementError(
            f"A local project that {file} names cannot be copied to be built ({reason})",
            remedy("make room for it", "name what is deployed with another requirements file"),
        ) from error
    return str(found)


def project_of(line: str, beside: Path) -> Path | None:
    """Return the folder of the local project that a requirement line in the folder `beside` names.

    None for a line that names none.
    """
    match = _PROJECT.fullmatch(_EDITABLE.sub("", line.strip(), count=1))
    return None if match is None else next(_projects(match["path"], beside), None)


def project_digest(project: Path) -> str:
    """Return what identifies the content of a local project as it is copied. Raises OSError."""
    return folder_digest(project, _LEFT_OUT)


@dataclass
class _Copies:
    folder: Path
    _projects: dict[Path, Path] = field(default_factory=dict)
    _files: dict[Path, Path] = field(default_factory=dict)

    def file(self, path: Path) -> Path:
        """Return a requirements file with its projects replaced; `path` if it has none."""
        if path in self._files:
            return self._files[path]
        number = len(self._files)
        self._files[path] = path  # one that includes itself ends here
        text = read_named(path, _LARGEST_BYTES).decode("utf-8-sig")
        lines = [self._line(line, path.parent) for line in text.splitlines()]
        if any(is_changed for _, is_changed in lines):
            copy = self.folder / f"requirements-{number}.txt"
            copy.write_text("".join(f"{line}\n" for line, _ in lines), encoding="utf-8")
            self._files[path] = copy
        return self._files[path]

    def _line(self, line: str, beside: Path) -> tuple[str, bool]:
        """Return a line as it is in a copy of its file, and whether that needs a copy."""
        words = line.strip()
        include = _INCLUDE.fullmatch(words)
        if include is not None:
            return self._include(line, include, beside)
        match = _PROJECT.fullmatch(_EDITABLE.sub("", words, count=1))
        project = project_of(words, beside)
        if match is None or project is None or words.startswith("#"):
            return line, False
        copy = self._copy(project)
        name = f"{match['name']} @ " if match["name"] else ""
        return f"{name}{copy.as_uri() if name else copy}{match['rest']}", True

    def _include(self, line: str, include: re.Match[str], beside: Path) -> tuple[str, bool]:
        file = include["file"].split(" #", 1)[0].strip()
        if "://" in file:
            return line, False
        found = self.file(beside / file)
        return f"{include['option']} {found}", found != beside / file

    def _copy(self, project: Path) -> Path:
        if project not in self._projects:
            copy = self.folder / f"project-{len(self._projects)}" / project.name
            shutil.copytree(project, copy, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
            if (project / ".git").exists():  # some take their version from it
                (copy / ".git").symlink_to(project / ".git")
            self._projects[project] = copy
        return self._projects[project]


def _projects(text: str, beside: Path) -> Iterator[Path]:
    """Yield the project folders that a requirement may name, as installers look for them."""
    if text.startswith("file:"):
        text = unquote(urlsplit(text).path)
    elif "://" in text or ("/" not in text.replace("\\", "/") and text not in (".", "..")):
        return
    for base in (Path.cwd(), beside):
        path = (base / text).resolve()
        if any((path / name).is_file() for name in _PROJECT_FILES):
            yield path
