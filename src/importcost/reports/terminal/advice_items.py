"""One item of the advice as lines: a change, a statement, an import that stays, a hint."""

from __future__ import annotations

from collections.abc import Iterator

from importcost.billing.figures.platforms import LAMBDA
from importcost.model.advice import (
    TOO_NOISY,
    Economics,
    ImportFinding,
    StatementTime,
    ThirdPartyHint,
    Verification,
)
from importcost.model.behaviour import NOTHING_COMPARED, Behaviour
from importcost.model.profile import Profile, significant_blocked_us
from importcost.reports.behaviour import names_in_short, proof_words, status_words
from importcost.reports.facts import short_path
from importcost.reports.platform_words import where_times_are
from importcost.reports.styles import edit_words
from importcost.reports.text import Palette, dollars, elide, milliseconds, wrap

AGAINST_NOISE = "measure again when the machine is quieter, or with more launches (--launches 120)"


def saving_words(
    verification: Verification | None, predicted_us: int, behaviour: Behaviour = NOTHING_COMPARED
) -> str:
    """Return a saving in words: verified with its interval, failed with it, or predicted."""
    if verification is None:
        return f"{milliseconds(predicted_us / 1000)} predicted, not verified"
    interval = verification.saving_us
    if interval is None:
        return f"failed: {verification.failure}"
    figures = (
        f"{milliseconds(interval.value / 1000)} ({interval.low / 1000:,.1f} to "
        f"{interval.high / 1000:,.1f} in {verification.pairs} pairs)"
    )
    if verification.failure == TOO_NOISY:
        ends = f"between {interval.low / 1000:,.1f} and {milliseconds(interval.high / 1000)}"
        return f"not verified: {ends} in {verification.pairs} pairs, {TOO_NOISY}"
    if verification.failure is not None:
        return f"failed: {verification.failure}, {figures}"
    status = status_words(verification, behaviour)
    return f"{figures} verified" if status == "verified" else f"{figures}; {status}"


def saved_share(verification: Verification | None, predicted_us: float, init_us: float) -> float:
    """Return the share (0 to 1) of function init that a change saves; `init_us` is the whole."""
    if verification is None or verification.saving_us is None or not verification.original_us:
        return predicted_us / max(init_us, 1.0)
    return verification.saving_us.value / verification.original_us


class AdviceItems:
    """Writes single items of the advice on one profile."""

    def __init__(self, profile: Profile, style: Palette, width: int) -> None:
        self._profile = profile
        self._style = style
        self._width = width
        self._init_us = max(profile.function_init.local_us, 1.0)

    def suggestion(self, finding: ImportFinding) -> Iterator[str]:
        """Yield the lines of a change: its saving, how it is made, and its price."""
        measured = finding.verification
        mark = "·" if measured is None else "✗" if measured.failure else "✓"
        colour = {"·": "2", "✗": "31", "✓": "32"}[mark]
        if mark == "✓" and finding.behaviour.unproven:
            colour = "33"
        place = self._place(finding.place.file, finding.place.line)
        code = elide(finding.code, self._width - len(place) - 4)
        yield f"{self._style(mark, colour)} {place} {self._style(code, '1')}"
        saving = saving_words(measured, finding.exclusive_us, finding.behaviour)
        if measured is not None and measured.saving_us is None:
            # A reason may be long, and has no figures of its own.
            yield from self._indented(saving)
            saving = f"{milliseconds(finding.exclusive_us / 1000)} predicted"
        yield from self._indented(
            f"{saving}, "
            f"{saved_share(measured, finding.exclusive_us, self._init_us):.0%} of function init; "
            f"cumulative {milliseconds(finding.cumulative_us / 1000)}, "
            f"{len(finding.modules):,} module{'' if len(finding.modules) == 1 else 's'}"
        )
        if measured is not None and measured.failure == TOO_NOISY:
            yield from self._indented(AGAINST_NOISE)
        yield from self._indented(f"{edit_words(finding.verdict)}: {finding.verdict.reason}")
        if finding.economics is not None and (measured is None or measured.failure is None):
            yield from self._indented(self._terms(finding))
        if measured is not None and measured.failure is None:
            yield from self._indented(self._behaviour(finding.behaviour))
        if finding.triggered_by:
            noun = "event" if len(finding.triggered_by) == 1 else "events"
            needed = f"needed by the {noun} {', '.join(finding.triggered_by)}"
            if self._loses(finding.economics):
                needed += ": a loss with the events given"
            yield from self._indented(needed)

    @staticmethod
    def _behaviour(behaviour: Behaviour) -> str:
        """Return what proves the behaviour of a change that holds, or what does not; or nothing."""
        if behaviour.proofs:
            return f"behaviour proven by {proof_words(behaviour.proofs)}"
        if not behaviour.unproven:
            return ""
        return f"own code moves, and nothing compared it: {names_in_short(behaviour.unproven)}"

    def only_together(self, finding: ImportFinding) -> Iterator[str]:
        """Yield the lines of a finding that saves something only together with others."""
        place = self._place(finding.place.file, finding.place.line)
        code = elide(finding.code, max(20, self._width - len(place) - 4))
        yield f"+ {place} {self._style(code, '1')}"
        yield from self._indented(finding.verdict.reason)

    @staticmethod
    def _loses(economics: Economics | None) -> bool:
        """Return True if every known event makes deferring a loss."""
        if economics is None or economics.sentence is None:
            return False
        return economics.is_needed_by_all_events

    def _terms(self, finding: ImportFinding) -> str:
        economics = finding.economics
        if economics is None:
            return ""
        if finding.verdict.always_used_by and economics.sentence:
            return economics.sentence
        platform = self._profile.settings.platform
        cost = economics.dollars_per_million
        price = "" if cost is None else f", {dollars(cost)} per million"
        saved = f"{where_times_are(platform)} {milliseconds(economics.saved_ms)}"
        text = f"{saved}{price}; first use costs "
        if economics.break_even_share >= 1:
            at = " at this memory" if platform == LAMBDA else ""
            return f"{text}the same, so it never loses time{at}"
        share = f"{economics.break_even_share:.0%} of cold starts"
        return (
            f"{text}{milliseconds(economics.first_use_ms)}: pays if less than {share} need it at "
            "once, a loss beyond"
        )

    def statement(self, statement: StatementTime) -> Iterator[str]:
        """Yield the lines of a statement that is not an import."""
        place = self._place(statement.place.file, statement.place.line)
        figure = f"{statement.own_us / 1000:>8,.1f} ms"
        code = elide(statement.code, max(20, self._width - len(place) - len(figure) - 4))
        yield f"{figure}  {place} {code}"
        waits_us = self.waits_us(statement)
        if waits_us:
            waits = milliseconds(waits_us / 1000)
            yield from self._indented(f"waits {waits} beyond its CPU time")
        for event in statement.events[:3]:
            yield from self._indented(event.words)
        verdict = statement.verdict
        if verdict is not None:
            how = edit_words(verdict) or "stays"
            yield from self._indented(f"{how}: {verdict.reason}")

    def waits_us(self, statement: StatementTime) -> float:
        """Return the waiting of a statement, if the init waits for more than a processor."""
        init = self._profile.function_init
        most = significant_blocked_us(init.blocked_us, init.wall_us)
        return min(most, significant_blocked_us(statement.wall_us - statement.own_us, 0))

    def staying(self, finding: ImportFinding) -> list[str]:
        """Return the lines of an import that stays where it is."""
        place = self._place(finding.place.file, finding.place.line)
        line = f" (line {finding.verdict.line})" if finding.verdict.line else ""
        if f"line {finding.verdict.line} " in f"{finding.verdict.reason} ":
            line = ""
        text = (
            f"{place} {finding.code} — {finding.verdict.kind.value}: "
            f"{finding.verdict.reason}{line}; exclusive "
            f"{milliseconds(finding.exclusive_us / 1000)}"
        )
        if finding.verdict.always_used_by and finding.economics and finding.economics.sentence:
            text += f". {finding.economics.sentence}"
        first, *rest = wrap(text, self._width - 4)
        return ["  " + first, *("    " + line for line in rest)]

    def hint(self, hint: ThirdPartyHint) -> list[str]:
        """Return the lines of a hint about a dependency."""
        text = (
            f"{hint.module} ({hint.distribution}) {milliseconds(hint.cost_us / 1000)} here: "
            f"{hint.advice} [{hint.source}]"
        )
        first, *rest = wrap(text, self._width - 4)
        return ["  " + first, *("    " + line for line in rest)]

    def _indented(self, text: str) -> list[str]:
        return ["    " + line for line in wrap(text, self._width - 4)]

    def _place(self, file: str, line: int) -> str:
        return elide(f"{short_path(file, self._profile.target)}:{line}", 40)
