"""A Dockerfile's base, that of its last stage, and its labels. Nothing is built."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importcost.files.read import text_found

MOST_PARENTS = 2
"""Folders above a handler's task root in which its Dockerfile is looked for."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class DockerfileFacts:
    """The last stage of a Dockerfile: `base` is its image, None if a variable without a value is
    in its name. `labels` are those of the stage and of the stages that it builds on.
    """

    file: str
    base: str | None
    labels: Mapping[str, str]


def dockerfile_near(task_root: str) -> DockerfileFacts | None:
    """Return the facts of the Dockerfile in a folder or right above it, None without any."""
    folder = Path(task_root)
    for place in (folder, *list(folder.parents)[:MOST_PARENTS]):
        file = place / "Dockerfile"
        try:
            return dockerfile_facts(str(file), text_found(file, errors="replace"))
        except (OSError, ValueError):
            continue
    return None


def installing_dockerfile(task_root: str, distribution: str) -> str | None:
    """Return the nearest Dockerfile whose RUN installs a distribution by its name, or None."""
    folder = Path(task_root)
    name = re.compile(rf"(?<![\w.-]){re.escape(distribution)}(?![\w.-])")
    for place in (folder, *list(folder.parents)[:MOST_PARENTS]):
        try:
            text = text_found(place / "Dockerfile", errors="replace")
        except OSError:
            continue
        for word, rest in _instructions(text):
            if word == "RUN" and re.search(r"\bpip3? install\b", rest) and name.search(rest):
                return str(place / "Dockerfile")
        return None
    return None


def dockerfile_facts(file: str, text: str) -> DockerfileFacts | None:
    """Return the facts of a Dockerfile's text, None if it has no FROM."""
    variables: dict[str, str] = {}
    stages: dict[str, tuple[str | None, dict[str, str]]] = {}
    base: str | None = None
    labels: dict[str, str] = {}
    has_stage = False
    for word, rest in _instructions(text):
        if word == "ARG" and not has_stage:
            name, equals, value = rest.partition("=")
            if equals:
                variables[name.strip()] = value.strip().strip("\"'")
        elif word == "FROM":
            has_stage = True
            image, alias = _from(rest)
            filled = _filled(image, variables)
            known = stages.get(filled.lower()) if filled is not None else None
            base, labels = (known[0], dict(known[1])) if known else (filled, {})
            stages[(alias or f"#{len(stages)}").lower()] = (base, labels)
        elif word == "LABEL":
            labels.update(_pairs(rest))
    return DockerfileFacts(file, base, labels) if has_stage else None


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction's word and the rest, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\s*\n", " ", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield word.upper(), rest.strip()


def _from(rest: str) -> tuple[str, str | None]:
    words = [word for word in rest.split() if not word.startswith("--")]
    is_named = len(words) > 2 and words[1].upper() == "AS"
    return (words[0] if words else ""), (words[2] if is_named else None)


def _filled(name: str, variables: Mapping[str, str]) -> str | None:
    """Return a name with its variables filled in, None if one has no value."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        text = variables.get(found[1] or found[3]) or found[2]
        missing = missing or text is None
        return text or ""

    filled = _VARIABLE.sub(value, name)
    return None if missing or not filled else filled


def _pairs(rest: str) -> dict[str, str]:
    """Return the labels of one instruction: `a=b "c"="d"`, or the old form `a b`."""
    try:
        words = shlex.split(rest)
    except ValueError:
        return {}
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])}
    return {name: value for name, equals, value in (one.partition("=") for one in words) if equals}
