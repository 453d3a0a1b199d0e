"""The Markdown summary, for a comment on a pull request: bill, phases, most expensive imports."""

from __future__ import annotations

import re

from importcost.billing.estimate import Estimate
from importcost.model.names import profiled_name
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.facts import module_texts
from importcost.reports.exports.names import clean
from importcost.reports.package import package_sentences, shipped_bytecode
from importcost.reports.platform_words import (
    heading,
    limit_words,
    measured_words,
    nothing_imported,
    place_words,
    platform_notes,
    price_unit,
    time_basis,
)
from importcost.reports.supplies import package_words, placeholder_facts
from importcost.reports.text import dollars, elide, milliseconds

NAME_LENGTH = 80
_PLAIN = re.compile(r"[\w./:()+ -]+", re.ASCII)
# No underscore, colon before a slash, or www: those emphasize, or become links.
_PLAIN_WORD = re.compile(r"(?!www\.)(?!.*:/)(?!.*_)[\w,.;:()%+/-]*", re.IGNORECASE)
_SAFE_IN_HTML = re.compile(r"[A-Za-z0-9 ]")


def render_markdown(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts,
) -> str:
    """Return GitHub-flavoured Markdown. Names cannot mention people, link, or break the table."""
    blocks = [
        _headline(profile, estimate),
        _phases(estimate),
        _imports(profile, estimate, facts),
        _package(profile, estimate, facts),
        _warnings(profile),
        _supplies(profile),
        [f"<sub>{escaped_text(_provenance(profile))}</sub>"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def code(name: str) -> str:
    """Return a name as code that no Markdown or HTML reader takes for anything else.

    A plain name stands in backquotes. Any other is written as entities in a code element: in
    tables, backslashes before pipes mean different things to different readers.
    """
    shown = elide(clean(name), NAME_LENGTH)
    return f"`{shown}`" if _PLAIN.fullmatch(shown.strip()) else f"<code>{_entities(shown)}</code>"


def escaped_text(sentence: str) -> str:
    """Return running text in which nothing is markup, a mention or a link."""
    words = clean(sentence).split(" ")
    return " ".join(
        elide(word, NAME_LENGTH) if _PLAIN_WORD.fullmatch(word) else code(word) for word in words
    )


def _entities(shown: str) -> str:
    return "".join(sign if _SAFE_IN_HTML.match(sign) else f"&#{ord(sign)};" for sign in shown)


def _headline(profile: Profile, estimate: Estimate) -> list[str]:
    shown, cost = estimate.shown_ms, estimate.dollars_per_million
    name = profiled_name(profile)
    handler = code(name) if name else "the log's handler"
    band = f"{shown.low:,.0f} to {shown.high:,.0f} ms"
    price = ""
    if cost is not None:
        price = f"; **{dollars(cost.value)}** per million cold starts {price_unit(estimate)}"
    place = place_words(estimate, ", ")
    basis = "modelled" if estimate.is_modelled else time_basis(estimate)
    lines = [
        f"### {heading(estimate, handler)}",
        "",
        f"{band}{measured_words(estimate)}{price} ({escaped_text(place)}); {basis}.",
    ]
    limit = limit_words(estimate)
    if limit is not None:
        lines += ["", f"**Init {limit}.**"]
    for note in platform_notes(estimate):
        lines += ["", escaped_text(note)]
    return lines


def _phases(estimate: Estimate) -> list[str]:
    rows = [
        f"| {escaped_text(phase.label)} | {milliseconds(phase.init_ms)} | {phase.share:.0%} |"
        for phase in estimate.phases
    ]
    return [f"| Phase, {time_basis(estimate)} | Time | Share |", "| :-- | --: | --: |", *rows]


def _imports(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> list[str]:
    nodes = facts.most_expensive
    if not nodes:
        return [nothing_imported(estimate)]
    tree, texts = profile.tree, module_texts(profile, facts)
    total_us = max(profile.function_init.local_us, 1.0)
    lines = [
        "| Most expensive imports | Local time | Share | Self | Imported by |",
        "| :-- | --: | --: | --: | :-- |",
    ]
    for node in nodes:
        fact = texts[tree.name_ids[node]]
        where = fact.imported_at or fact.importer
        cumulative_us, self_us = tree.cumulative_us[node], tree.self_us[node]
        lines.append(
            f"| {code(tree.name(node))} | {milliseconds(cumulative_us / 1000)} "
            f"| {cumulative_us / total_us:.0%} | {milliseconds(self_us / 1000)} "
            f"| {code(where) if where else ''} |"
        )
    return lines


def _package(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> list[str]:
    """Return the package's size and the bytecode of what was built, as a list."""
    if facts.package is None:
        return []
    sentences = [" ".join(package_sentences(facts.package))]
    shipped = shipped_bytecode(profile, estimate, facts)
    if shipped is not None:
        sentences.append(" ".join((shipped.text, "; ".join(shipped.steps))).strip())
    return [f"- {escaped_text(sentence)}" for sentence in sentences]


def _warnings(profile: Profile) -> list[str]:
    return [f"- {escaped_text(warning.message)}" for warning in profile.warnings]


def _supplies(profile: Profile) -> list[str]:
    packages = package_words(profile)
    lines = [escaped_text(packages), ""] if packages else []
    facts = placeholder_facts(profile)
    if not facts:
        return lines
    rows = [
        f"| {code(one.name)} | {code(one.value)} | {code(one.place) if one.place else ''} |"
        for one in facts
    ]
    head = ["| Variable that is not set | Placeholder | Read at |", "| :-- | :-- | :-- |"]
    return [*lines, *head, *rows]


def _provenance(profile: Profile) -> str:
    if not profile.runs:
        return f"importcost {profile.importcost_version}, from a log: its own wall times."
    cpu = profile.function_init.cpu_us
    return (
        f"importcost {profile.importcost_version}, measured {profile.created_at}: "
        f"{cpu.value / 1000:,.1f} ms CPU of function init, Python "
        f"{profile.environment.python_version}, runner {profile.environment.runner}."
    )
