"""The known facts about packages: entries of `data/knowledge.json`, and their reader.

Each entry says what it was measured with and how, so that `tests/benchmarks/measure_knowledge.py`
can measure it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.errors import UsageError

OWN_CODE = "(function)"
"""As an entry's importer: the user's own files, the only ones that can import something else."""


class HelpKind(str, Enum):
    """The kind of change that an entry advises. None of them edits the package."""

    SUBMODULE = "submodule"
    """The own code imports another part of the same distribution."""
    CALL = "call"
    """The own code makes another call, or passes another argument."""
    WITHOUT = "without"
    """An optional package stays out of the deployed package."""
    VARIABLE = "variable"
    """An environment variable is set on the function."""
    EXTRA = "extra"
    """The requirements name a lighter extra."""
    SIBLING = "sibling"
    """Another distribution does the same work."""
    STANDARD = "standard"
    """The standard library does the same work."""
    TESTS = "tests"
    """It is there for tests or development: the function does without."""
    VERSION = "version"
    """Another version of the distribution loads less."""


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """One of the two programs whose difference is an entry's effect.

    `packages` are the requirements that are installed for it, and `code` is the part that is timed.
    The packages in `without` cannot be imported by it. `environment` holds the variables that are
    set. `use` is an expression that is evaluated after the code: the work that both programs do
    alike.
    """

    code: str
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    use: str | None = None

    @property
    def words(self) -> str:
        """The program in one line of Markdown."""
        set_to = [f"{name}={value}" for name, value in self.environment.items()]
        hidden = [f"without {','.join(self.without)}"] if self.without else []
        lines = [line for line in self.code.split("\n") if line.strip()]
        body = [line.strip() if _opens(lines, n) else line for n, line in enumerate(lines)]
        return f"`{'; '.join([*set_to, *hidden, *body]) or 'nothing'}`"


def _opens(lines: list[str], number: int) -> bool:
    return number > 0 and lines[number - 1].rstrip().endswith(":")


@dataclass(frozen=True, slots=True)
class Effect:
    """The measured effect of the advice.

    Milliseconds of CPU of the importing thread, modules loaded, and growth of resident memory in
    MB. `before` is the program that the advice is for, and `after` the one that follows it.
    """

    before_ms: float
    after_ms: float
    before_modules: int
    after_modules: int
    before_mb: float
    after_mb: float
    before: KnownProgram
    after: KnownProgram

    @property
    def how(self) -> str:
        """The two programs in one sentence of Markdown."""
        left, right = self.before, self.after
        if left.packages == right.packages:
            return f"{left.words} against {right.words}"
        with_left, with_right = (", ".join(side.packages) or "nothing" for side in (left, right))
        return (
            f"{left.words} with {with_left} installed against {right.words} with {with_right} "
            "installed"
        )


@dataclass(frozen=True, slots=True)
class KnowledgeEntry:
    """One known fact about a distribution.

    It applies if `module`, or anything in it, is loaded. If `importer` is given, only imports by
    that module, or by anything in it (or OWN_CODE), count. `distribution` is the PyPI name of the
    package that the advice is about, or STDLIB. `advice` may name the `{importers}` of the module.
    `python`, `versions` (by distribution) and `date` (ISO) say with what and when `effect` was
    measured.
    """

    id: str
    helps: HelpKind
    distribution: str
    module: str
    importer: str | None
    advice: str
    source: str
    python: str
    versions: Mapping[str, str]
    date: str
    effect: Effect

    @property
    def checked_version(self) -> str:
        """The versions that it was measured with, like `pandas 3.1.1 with pyarrow 26.0.1`."""
        first, *others = [f"{name} {version}" for name, version in self.versions.items()] or [
            f"Python {self.python}"
        ]
        if not others:
            return first
        *inner, last = others
        return f"{first} with {', '.join(inner) + ' and ' if inner else ''}{last}"


@lru_cache(maxsize=1)
def load_entries() -> tuple[KnowledgeEntry, ...]:
    """Return the shipped knowledge base. Raises UsageError if the file is damaged."""
    name = "knowledge.json"
    shipped = files("importcost.deferral").joinpath("data", name)
    return parse_entries(shipped.read_text(encoding="utf-8"), name)


def parse_entries(text: str, where: str) -> tuple[KnowledgeEntry, ...]:
    """Return the entries of a knowledge base's text. Raises UsageError naming `where`."""
    try:
        return tuple(_entry(item) for item in json.loads(text)["entries"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"The knowledge base {where} cannot be read ({type(error).__name__}: {error}):"
            " reinstall importcost."
        ) from error


def _entry(item: Mapping[str, Any]) -> KnowledgeEntry:
    helps, effect = HelpKind(item["helps"]), _effect(item["effect"])
    return KnowledgeEntry(**{**item, "helps": helps, "effect": effect})


def _effect(item: Mapping[str, Any]) -> Effect:
    figures = {name: value for name, value in item.items() if name != "how"}
    how = item["how"]
    common = how.get("packages", ())
    return Effect(
        **figures, before=_program(how["before"], common), after=_program(how["after"], common)
    )


def _program(item: Mapping[str, Any], common: list[str]) -> KnownProgram:
    return KnownProgram(
        code=item["code"],
        packages=tuple(item.get("packages", common)),
        without=tuple(item.get("without", ())),
        environment=dict(item.get("environment", {})),
        use=item.get("use"),
    )
