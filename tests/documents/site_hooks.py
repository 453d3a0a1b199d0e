"""What the site needs beyond mkdocs: files of the repository that its pages link to.

A page names a file outside of docs/ by its path, so that the link works where the repository is
read, too. Such a file becomes a page (Markdown) or a download of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "repository"
"""The site's folder for files that are outside of docs/."""
_LINK = re.compile(r"(\]\()(?!\w+:)([^)#\s]+)(#[^)\s]*)?(?=\))")


_PLAIN_LINK = re.compile(r"\[([^\[\]]+)\]\(([^)#:\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add each file that a page links to and that docs/ does not have, and what those link to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        page = waiting.pop()
        text = (ROOT / page).read_text(encoding="utf-8")
        for found in _LINK.finditer(text):
            path = _target(page, found[2])
            if path in seen or path.startswith("docs/") or not (ROOT / path).is_file():
                continue
            seen.add(path)
            made = File.generated(config, f"{OUTSIDE}/{path}", abs_src_path=str(ROOT / path))
            files.append(made)
            if path.endswith(".md"):
                waiting.append(path)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links out of docs/ to the place that their file has in the site.

    A folder has no page: its name stays as words.
    """
    here = page.file.src_uri
    own = here.removeprefix(f"{OUTSIDE}/") if here.startswith(f"{OUTSIDE}/") else f"docs/{here}"

    def turned(found: re.Match[str]) -> str:
        path = _target(own, found[2])
        if not (ROOT / path).is_file():
            return found[0]  # a dead link: the build says so
        there = path.removeprefix("docs/") if path.startswith("docs/") else f"{OUTSIDE}/{path}"
        return f"{found[1]}{posixpath.relpath(there, posixpath.dirname(here))}{found[3] or ''}"

    def untied(found: re.Match[str]) -> str:
        return found[1] if (ROOT / _target(own, found[2])).is_dir() else found[0]

    return _LINK.sub(turned, _PLAIN_LINK.sub(untied, markdown))


def _target(page: str, link: str) -> str:
    """Return the path from the top of the repository that a page's link names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
