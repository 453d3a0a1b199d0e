"""The best changes of a profile's advice, as the page's first screen lists them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from importcost.model.advice import (
    Advice,
    Economics,
    ImportFinding,
    LazyBound,
    SourcePlace,
    Verification,
)
from importcost.model.behaviour import Behaviour
from importcost.model.profile import Profile
from importcost.reports.behaviour import proof_headline
from importcost.reports.facts import short_path
from importcost.reports.page.columns import first_nodes
from importcost.reports.styles import edit_words

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import (
        AdviceNotes,
        BestChange,
        ChangePart,
        FixData,
    )


MOST_CHANGES = 5
MOST_WORK = 6
MOST_STAYING = 12
WORK_MIN_US = 500
VERIFIED, PREDICTED, FAILED, UNMEASURED = "verified", "predicted", "failed", "unmeasured"
UNPROVEN = "unproven"
"""A change whose imports and time were measured, and that moves own code which nothing compared."""


def best_changes(profile: Profile, limit: int = MOST_CHANGES) -> list[BestChange]:
    """Return the changes worth most: bytecode, the best set, single statements.

    Largest saving first and what failed last. Savings are microseconds of CPU here, with their
    interval where they were measured; `saved_ms` and `waits_ms` are modelled on Lambda.
    """
    if profile.advice is None:
        return []
    rows = _Rows(profile, profile.advice)
    joint = [row for row in (rows.bytecode(), rows.best_set()) if row is not None]
    singles = sorted(rows.singles(), key=_rank)
    return sorted([*joint, *singles[: limit - len(joint)]], key=_rank)


def _rank(row: BestChange) -> tuple[bool, float]:
    return row["status"] == FAILED, -row["saving_us"]


class _Rows:
    """Makes one row a change."""

    def __init__(self, profile: Profile, advice: Advice) -> None:
        self._profile = profile
        self._advice = advice
        self._init_us = max(profile.function_init.local_us, 1.0)
        self._nodes = first_nodes(profile.tree)
        modules = profile.graph.modules if profile.graph else ()
        self._module_of_file = {one.file: one.name for one in modules if one.file}

    def bytecode(self) -> BestChange | None:
        found = self._advice.bytecode
        if found is None:
            return None
        change = self._change("bytecode", found.verification, 0.0, found.economics)
        change["title"] = "Ship bytecode with the package"
        change["how"] = f"{_count(found.modules, 'module')} compiled again at every cold start"
        change["fix"] = {"label": "Copy command", "text": found.command}
        change["modules"] = found.modules
        if found.verification is None:
            change["status"] = UNMEASURED
        return change

    def best_set(self) -> BestChange | None:
        best = self._advice.best_set
        # One statement by itself already has its row among the single ones.
        if best is None or len(best.finding_ids) < 2:
            return None
        parts = [self._advice.findings[number] for number in best.finding_ids]
        change = self._change("set", best.verification, best.exclusive_us, best.economics)
        change["title"] = f"Defer {_count(len(parts), 'import')} together"
        change["parts"] = [self._statement(part) for part in parts]
        change["how"] = "Shared modules are saved only if all of them wait"
        if best.economics and all(part.verdict.always_used_by for part in parts):
            change["how"] += f". {best.economics.sentence}"
        change["fix"] = self._fix(best.fix)
        change["modules"] = len(_gone(best.verification, best.modules))
        return _with_behaviour(change, best.behaviour)

    def singles(self) -> Iterator[BestChange]:
        for finding in self._advice.findings:
            how = edit_words(finding.verdict)
            if how is None:
                continue
            measured = finding.verification
            change = self._change("single", measured, finding.exclusive_us, finding.economics)
            part = self._statement(finding)
            change["title"], change["place"] = part["title"], part["place"]
            change["importer"], change["triggered_by"] = part["importer"], part["triggered_by"]
            change["how"] = f"{how[0].upper()}{how[1:]}: {_reason(finding)}"
            change["fix"] = self._fix(finding.fix)
            change["modules"] = len(_gone(measured, finding.modules))
            change["node"] = self._node(finding)
            yield _with_behaviour(change, finding.behaviour)

    def _statement(self, finding: ImportFinding) -> ChangePart:
        return {
            "title": finding.code,
            "place": place_text(self._profile, finding.place),
            "importer": self._module_of_file.get(finding.place.file),
            "triggered_by": list(finding.triggered_by),
        }

    def _change(
        self, kind: str, measured: Verification | None, predicted_us: float, worth: Economics | None
    ) -> BestChange:
        """Return a change with its saving, without its name and remedy."""
        interval = measured.saving_us if measured else None
        failure = measured.failure if measured else None
        saving_us = predicted_us if measured is None else interval.value if interval else 0.0
        base_us = (measured.original_us if measured else None) or self._init_us
        saved_ms, computed_ms = self._worth(worth)
        return {
            "kind": kind,
            "title": "",
            "how": "",
            "fix": None,
            "modules": 0,
            "status": PREDICTED if measured is None else FAILED if failure else VERIFIED,
            "failure": failure,
            "saving_us": saving_us,
            "low_us": interval.low if interval else None,
            "high_us": interval.high if interval else None,
            "pairs": measured.pairs if measured else 0,
            "share": saving_us / base_us,
            "saved_ms": saved_ms,
            "computed_ms": computed_ms,
        }

    def _worth(self, worth: Economics | None) -> tuple[float | None, float | None]:
        """Return the saving of a change on Lambda, and its computing part, which is throttled."""
        if worth is None:
            return None, None
        return worth.saved_ms, max(0.0, worth.saved_ms - worth.waiting_ms)

    def _fix(self, diff: str | None) -> FixData | None:
        """Return the text that the button copies: the diff, or the command that makes it."""
        if diff:
            return {"label": "Copy fix", "text": diff}
        target = self._profile.target
        if target is None or target.handler_file is None:
            return None
        file = shlex.quote(short_path(target.handler_file, target))
        return {"label": "Copy command", "text": f"importcost defer {file} --write"}

    def _node(self, finding: ImportFinding) -> int | None:
        tree = self._profile.tree
        found = (self._nodes[name] for name in finding.imported if name in self._nodes)
        return max(found, key=lambda node: tree.cumulative_us[node], default=None)


def _with_behaviour(change: BestChange, behaviour: Behaviour) -> BestChange:
    if change["status"] == VERIFIED and behaviour.unproven:
        change["status"] = UNPROVEN
    return change


def proof_text(profile: Profile) -> str | None:
    """Return the sentences on what proof there is of the best set, None without one.

    The most that lazy imports could save comes last, if it was asked for.
    """
    if profile.advice is None:
        return None
    headline = proof_headline(profile.advice.best_set)
    bound = profile.advice.lazy_bound
    sentences = [one for one in (headline, bound and _bound_sentence(bound)) if one]
    return " ".join(sentences) or None


def _bound_sentence(bound: LazyBound) -> str:
    measured = bound.verification
    if measured is None:
        return f"The upper bound of lazy imports was not measured: {bound.reason}."
    if measured.saving_us is None or measured.failure:
        return f"The upper bound of lazy imports is not known: {measured.failure}."
    saved = measured.saving_us
    figures = f"{saved.value / 1000:,.0f} ms ({saved.low / 1000:,.0f} to {saved.high / 1000:,.0f})"
    return f"Upper bound, every import lazy on Python {bound.python}: {figures}."


def _reason(finding: ImportFinding) -> str:
    """Return a verdict's reason, and what deferring does to an import that each call uses."""
    worth = finding.economics
    if finding.verdict.always_used_by and worth and worth.sentence:
        return f"{finding.verdict.reason}. {worth.sentence}"
    return finding.verdict.reason


def _gone(measured: Verification | None, predicted: Sequence[str]) -> Sequence[str]:
    return measured.gone if measured is not None and measured.gone else predicted


def _count(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def place_text(profile: Profile, place: SourcePlace) -> str:
    """Return a place as file:line, the file as short as a reader needs it."""
    return f"{short_path(place.file, profile.target)}:{place.line}"


def advice_notes(profile: Profile) -> AdviceNotes:
    """Return the other parts of the advice: module-level work, dependencies, imports that stay.

    Times are microseconds of CPU on the measuring machine.
    """
    advice = profile.advice
    if advice is None:
        return {"work": [], "hints": [], "staying": []}
    slow = [one for one in advice.statements if one.own_us >= WORK_MIN_US or one.events]
    slow.sort(key=lambda one: (-one.own_us, one.place.line))
    stays = [one for one in advice.findings if not one.is_suggested]
    stays.sort(key=lambda one: -one.exclusive_us)
    return {
        "work": [
            {
                "code": one.code,
                "place": place_text(profile, one.place),
                "own_us": one.own_us,
                "events": [event.words for event in one.events],
            }
            for one in slow[:MOST_WORK]
        ],
        "hints": [
            {
                "module": one.module,
                "distribution": one.distribution,
                "cost_us": one.cost_us,
                "advice": one.advice,
                "source": one.source,
            }
            for one in advice.hints
        ],
        "staying": [
            {
                "code": one.code,
                "place": place_text(profile, one.place),
                "exclusive_us": one.exclusive_us,
                "reason": f"{one.verdict.kind.value}: {_reason(one)}",
            }
            for one in stays[:MOST_STAYING]
        ],
    }
