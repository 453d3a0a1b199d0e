"""The table of formats a profile is written in; a format's module is imported when it renders."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:  # the command line asks this table about suffixes before it needs any of these
    from importcost.billing.estimate import Estimate
    from importcost.model.profile import Profile
    from importcost.model.results.facts import ProfileFacts


class Renderer(Protocol):
    """The interface of a format's module: a profile, its estimate and its facts to one document."""

    def __call__(self, profile: Profile, estimate: Estimate, facts: ProfileFacts) -> str | bytes:
        """Return text that encodes as UTF-8 for a text format, bytes for a binary one."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: the suffixes that name it, and its renderer (`module:function`)."""

    suffixes: tuple[str, ...]
    summary: str
    renderer: str
    is_binary: bool = False


_HERE = "importcost.reports.exports"
FORMATS: dict[str, Format] = {
    "html": Format(
        (".html", ".htm"), "the report page", "importcost.reports.page.html:render_html"
    ),
    "json": Format((".json",), "the saved profile", "importcost.reports.json_:render_json"),
    "speedscope": Format(
        (".speedscope.json",), "for speedscope.app", f"{_HERE}.speedscope:render_speedscope"
    ),
    "trace": Format(
        (".trace.json",), "for Perfetto and chrome://tracing", f"{_HERE}.trace:render_trace"
    ),
    "folded": Format((".folded",), "stacks for flamegraph.pl", f"{_HERE}.folded:render_folded"),
    "pstats": Format(
        (".prof", ".pstats"), "for pstats and snakeviz", f"{_HERE}.pstats_:render_pstats", True
    ),
    "csv": Format((".csv",), "one row a module", f"{_HERE}.csv_:render_csv"),
    "markdown": Format((".md", ".markdown"), "for a comment", f"{_HERE}.markdown:render_markdown"),
    "svg": Format((".svg",), "the icicle as an image", f"{_HERE}.svg:render_svg"),
}


def format_by_suffix(path: str) -> str | None:
    """Return the format whose suffix ends `path`, the longest winning; None if there is none."""
    name = path.lower()
    found = [
        (len(suffix), key)
        for key, known in FORMATS.items()
        for suffix in known.suffixes
        if name.endswith(suffix)
    ]
    return max(found)[1] if found else None


def known_suffixes() -> str:
    """Return the first suffix of every format, as a list for a message."""
    first = [known.suffixes[0] for known in FORMATS.values()]
    return f"{', '.join(first[:-1])} or {first[-1]}"


def render(name: str, profile: Profile, estimate: Estimate, facts: ProfileFacts) -> str | bytes:
    """Return `profile` in the format called `name`, a key of `FORMATS`."""
    module, _, function = FORMATS[name].renderer.partition(":")
    renderer = cast("Renderer", getattr(importlib.import_module(module), function))
    return renderer(profile, estimate, facts)
