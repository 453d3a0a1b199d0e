"""Parse Terraform's files with python-hcl2: only those that can matter, each content once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from importcost.errors import UsageError, remedy
from importcost.files.cache import cache_folder
from importcost.files.read import read_found
from importcost.files.replace import replace_file

MATTERS = re.compile(
    rb'aws_lambda_|archive_file|terraform-aws-modules/lambda|^\s*(?:variable|module)\s+"|^\s*locals\s*\{',
    re.MULTILINE,
)
_BLOCK = re.compile(r'\s*(resource|data|module|variable)\s+"([^"]+)"(?:\s+"([^"]+)")?')
MAX_HCL_BYTES = 2_000_000
MOST_AT_ONCE = 4
FEW_FILES = 3
"""So few are parsed here: another process needs seconds to start the parser."""
_PARSER_FAULTS = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""Mistakes of python-hcl2 on some files, such as `x = [for a in b : 0]` (8.1.4)."""
PARSER_FORM = "1"
"""Changes when a parsed file is kept in another form."""


class ParsedFile(NamedTuple):
    """A file's blocks; `lines` has where each begins, by its kind and labels."""

    file: Path
    blocks: Any
    lines: Mapping[tuple[str, ...], int]


def parsed_files(folder: Path, pattern: str = "*.tf") -> list[ParsedFile]:
    """Return the files of a module that can matter with their blocks, in order of their names.

    Raises UsageError for a file that cannot be parsed, with its line, and without the parser.
    """
    texts = {file: _text(file) for file in sorted(folder.glob(pattern)) if file.is_file()}
    wanted = {
        file: text for file, text in texts.items() if pattern != "*.tf" or MATTERS.search(text)
    }
    found = {file: _kept(text) for file, text in wanted.items()}
    missing = [(file, wanted[file]) for file, kept in found.items() if kept is None]
    for (file, text), (blocks, problem) in zip(missing, _parse_all(missing), strict=True):
        if problem is not None:
            raise UsageError(f"{file} {problem}")
        found[file] = blocks
        _keep(text, blocks)
    return [ParsedFile(file, blocks, _lines(wanted[file])) for file, blocks in found.items()]


def declared_labels(folder: Path, kind: str, first: str) -> list[str]:
    """Return the second labels of a module's blocks, also of those in files that are not parsed.

    Raises UsageError for a file that cannot be read.
    """
    files = (file for file in sorted(folder.glob("*.tf")) if file.is_file())
    found = (
        _BLOCK.match(line)
        for file in files
        for line in _text(file).decode("utf-8", "replace").splitlines()
    )
    return [one[3] for one in found if one and one[1] == kind and one[2] == first and one[3]]


def _lines(text: bytes) -> dict[tuple[str, ...], int]:
    """Return where the blocks begin: the parser does not tell."""
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        match = _BLOCK.match(line)
        if match:
            found.setdefault(tuple(one for one in match.groups() if one), number)
    return found


def _text(file: Path) -> bytes:
    try:
        data = read_found(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror}): name another folder."
        ) from error
    if len(data) > MAX_HCL_BYTES:
        raise UsageError(f"{file} is larger than 2 MB: name the plan as JSON instead.")
    return data


def _parse_all(files: Sequence[tuple[Path, bytes]]) -> list[tuple[Any, str | None]]:
    if not files:
        return []
    _check_parser()
    texts = [text for _, text in files]
    if len(texts) <= FEW_FILES:
        return [parse_hcl(text) for text in texts]
    try:
        with ProcessPoolExecutor(min(MOST_AT_ONCE, len(texts)), get_context("spawn")) as pool:
            return list(pool.map(parse_hcl, texts))
    except (BrokenExecutor, OSError):  # a caller's script without a main guard, or no process left
        return [parse_hcl(text) for text in texts]


def parse_hcl(text: bytes) -> tuple[Any, str | None]:
    """Return a file's blocks, or the rest of a sentence about why it cannot be parsed."""
    import hcl2
    from hcl2.utils import SerializationOptions
    from lark.exceptions import LarkError, UnexpectedInput

    options = SerializationOptions(with_comments=False)
    try:
        source = text.decode("utf-8-sig").rstrip() + "\n"
        return hcl2.loads(source, serialization_options=options), None
    except UnexpectedInput as error:
        return None, f"line {error.line} is not valid HCL: correct it."
    except (LarkError, *_PARSER_FAULTS) as error:
        what = type(error).__name__
        return None, f"cannot be parsed ({what}): name the plan as JSON instead."


def _check_parser() -> None:
    try:
        import hcl2  # noqa: F401 - only whether it is there
    except ImportError:
        raise UsageError(
            "Terraform's own files need the package python-hcl2, which is not installed",
            remedy(
                "install importcost-lambda[terraform]",
                "name a plan that `terraform show -json PLAN > plan.json` wrote",
            ),
        ) from None


def _kept(text: bytes) -> Any:
    try:
        return json.loads(_place(text).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _keep(text: bytes, blocks: Any) -> None:
    place = _place(text)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, json.dumps(blocks).encode())
    except OSError:  # a cache that cannot be written costs time, nothing else
        return


def _place(text: bytes) -> Path:
    return cache_folder() / "hcl" / f"{PARSER_FORM}-{hashlib.sha256(text).hexdigest()[:32]}.json"
