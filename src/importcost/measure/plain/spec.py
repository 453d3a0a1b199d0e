"""The part of a probe's spec that describes a target which is not a handler."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from importcost.model.plain import TargetKind
from importcost.model.profile import Target

MAIN = "__main__"
"""The module of a target that is run."""


def plain_part(target: Target, replaced: Collection[str] = ()) -> dict[str, Any] | None:
    """Return the value of "plain" in a probe's spec, None for a handler.

    `replaced` are the files whose text a variant replaces: a script's own text is then that.
    """
    plain = target.plain
    if plain is None:
        return None
    text = None if target.handler_file in replaced else plain.text
    first = target.handler_file if plain.kind.runs else "-c"
    return {
        "is_main": plain.kind is not TargetKind.MODULE,
        "text": None if text is None else _as_latin(text),
        "file": target.handler_file,
        "argv": [first, *plain.arguments],
        "runs": plain.kind.runs,
        "own": [os.path.normpath(target.task_root)],
        "expects": target.handler_file if _is_of_the_folder(target) else None,
    }


def _is_of_the_folder(target: Target) -> bool:
    """Return True for a package of the working folder: no other finder may go before it."""
    plain = target.plain
    is_file = target.handler_file.endswith((".py", ".so", ".pyd"))
    return plain is not None and plain.text is None and bool(plain.search_path) and is_file


def _as_latin(text: str) -> str:
    """Return a text's UTF-8 bytes as one character each, as files travel in a spec."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def is_installed(path: str) -> bool:
    """Return True if a file lies where installers put packages, whoever's folder that is in."""
    return "/site-packages/" in path or "/dist-packages/" in path
