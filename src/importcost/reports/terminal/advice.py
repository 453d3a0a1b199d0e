"""The terminal report of `importcost defer`: imports to defer, their saving and their price."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.billing.figures.platforms import LAMBDA
from importcost.model.advice import (
    TOO_NOISY,
    Advice,
    BestSet,
    BytecodeFinding,
    DeferStyle,
    Economics,
    ImportFinding,
)
from importcost.model.profile import Profile
from importcost.reports.behaviour import proof_headline
from importcost.reports.facts import short_path
from importcost.reports.platform_words import where_times_are
from importcost.reports.terminal.advice_items import (
    AGAINST_NOISE,
    AdviceItems,
    saved_share,
    saving_words,
)
from importcost.reports.terminal.lazy_advice import bound_lines, ignored_lines, statements_words
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    dollars,
    elide,
    milliseconds,
    printable,
    wrap,
)

MAX_STAYING = 12
MAX_WORK = 8
WORK_MIN_US = 500


def render_advice(profile: Profile, *, width: int, colour: bool) -> str:
    """Return the advice of a profile as text; empty if it has none."""
    advice = profile.advice
    if advice is None:
        return ""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    writer = _Writer(profile, advice, style, width)
    blocks = [
        writer.headline(),
        bound_lines(profile, style, width),
        writer.bytecode(),
        writer.suggestions(),
        writer.work(),
        writer.staying(),
        writer.hints(),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _modules_are(count: int) -> str:
    return "1 module is" if count == 1 else f"{count:,} modules are"


class _Writer:
    def __init__(self, profile: Profile, advice: Advice, style: Palette, width: int) -> None:
        self._profile = profile
        self._advice = advice
        self._style = style
        self._width = width
        self._items = AdviceItems(profile, style, width)
        self._init_us = max(profile.function_init.local_us, 1.0)

    def headline(self) -> list[str]:
        ignored = self._advice.ignored
        best = self._advice.best_set
        if best is None or not best.finding_ids:
            if ignored is not None:
                return ignored_lines(ignored, self._style, self._width)
            return [f"No import {self._place()} is worth deferring."]
        words = statements_words(len(best.finding_ids))
        lines = self._best_lines(best, words) + self._proof(best)
        gone = best.verification.gone if best.verification else best.modules
        if gone:
            lines.append(f"{_modules_are(len(gone))} then no longer loaded during init.")
        if best.economics is not None:
            lines += self._price(best.economics)
        if ignored is not None:
            lines += ignored_lines(ignored, self._style, self._width)
        return lines

    def _is_of_dependencies(self) -> bool:
        return any(one.verdict.style is DeferStyle.LAZY_DEPENDENCY for one in self._advice.findings)

    def _place(self) -> str:
        if self._advice.lazy_bound is not None:
            return "inside a dependency"
        return "of the function's own files"

    def _best_lines(self, best: BestSet, words: str) -> list[str]:
        measured = best.verification
        if measured is not None and measured.saving_us is None:
            lines = wrap(f"Deferring {words} fails: {measured.failure}.", self._width)
            return [self._style(line, "31") for line in lines]
        share = saved_share(measured, best.exclusive_us, self._init_us)
        figure = saving_words(measured, best.exclusive_us, best.behaviour)
        verb = "Let wait" if self._is_of_dependencies() else "Defer"
        text = f"{verb} {words}: {figure}, {share:.0%} of function init."
        code = "1" if measured is None else "31" if measured.failure else "1;32"
        lines = [self._style(line, code) for line in wrap(text, self._width)]
        if measured is not None and measured.failure == TOO_NOISY:
            lines += wrap(f"{AGAINST_NOISE.capitalize()}.", self._width)
        return lines

    def _proof(self, best: BestSet) -> list[str]:
        """Return the lines that say what proof there is."""
        text = proof_headline(best)
        if text is None:
            return []
        is_doubtful = bool(best.behaviour.unproven or best.behaviour.doubts)
        code = "33" if is_doubtful and best.verification is not None else "0"
        return [self._style(line, code) for line in wrap(text, self._width)]

    def _price(self, economics: Economics) -> list[str]:
        settings, cost = self._profile.settings, economics.dollars_per_million
        where = where_times_are(settings.platform)
        price = "" if cost is None else f", {dollars(cost)} per million that need none of it"
        at = f" at {settings.memory_mb} MB" if settings.platform == LAMBDA else ""
        text = (
            f"{where[:1].upper()}{where[1:]} about {milliseconds(economics.saved_ms)} a cold "
            f"start{price}; the first request that does waits "
            f"{milliseconds(economics.first_use_ms)}{at}."
        )
        # Where each cold start needs it, there are none that save.
        lines = [] if self._is_always_used() else wrap(text, self._width)
        if economics.sentence:
            lines += [self._style(line, "33") for line in wrap(economics.sentence, self._width)]
        return lines

    def _is_always_used(self) -> bool:
        """Return True if each call of the handler uses each member of the best set."""
        best = self._advice.best_set
        members = best.finding_ids if best else ()
        return all(self._advice.findings[number].verdict.always_used_by for number in members)

    def bytecode(self) -> list[str]:
        found = self._advice.bytecode
        if found is None:
            return []
        head = self._style("Ship bytecode", "1")
        return [
            f"{head}: {self._bytecode_saving(found)}",
            *wrap(
                f"{_modules_are(found.modules)} compiled at every cold start. In the build "
                "folder, with Lambda's Python version:",
                self._width,
            ),
            "  " + self._style(printable(found.command), "36"),
        ]

    @staticmethod
    def _bytecode_saving(found: BytecodeFinding) -> str:
        if found.verification is None:
            return "not measured"
        return saving_words(found.verification, 0)

    def suggestions(self) -> list[str]:
        found = [one for one in self._advice.findings if one.is_suggested]
        if not found:
            return []
        lines = [self._style("One by one (shared modules count only where they go)", "1")]
        together = self._only_together()
        for finding in sorted(found, key=lambda one: -self._saving_us(one)):
            if finding not in together:
                lines += self._items.suggestion(finding)
        for finding in together:
            lines += self._items.only_together(finding)
        return lines

    def _only_together(self) -> list[ImportFinding]:
        """Return the members of the best set that were not measured by themselves."""
        best = self._advice.best_set
        if best is None or best.verification is None:
            return []
        members = [self._advice.findings[number] for number in best.finding_ids]
        return [one for one in members if not one.stands_alone and one.verification is None]

    @staticmethod
    def _saving_us(finding: ImportFinding) -> float:
        measured = finding.verification
        if measured is not None and measured.saving_us is not None:
            return measured.saving_us.value
        return finding.exclusive_us

    def work(self) -> list[str]:
        slow = [
            one
            for one in self._advice.statements
            if one.own_us + self._items.waits_us(one) >= WORK_MIN_US or one.events
        ]
        if not slow:
            return []
        slow.sort(key=lambda one: (-one.own_us - self._items.waits_us(one), one.place.line))
        lines = [self._style("Module-level work besides imports", "1")]
        for statement in slow[:MAX_WORK]:
            lines += self._items.statement(statement)
        if len(slow) > MAX_WORK:
            lines.append(f"  and {len(slow) - MAX_WORK} more")
        return lines

    def staying(self) -> list[str]:
        rest = [one for one in self._advice.findings if not one.is_suggested]
        rest.sort(key=lambda one: -one.cumulative_us)
        if not rest:
            return []
        lines = [self._style("Stays where it is", "1")]
        for finding in rest[:MAX_STAYING]:
            lines += self._items.staying(finding)
        if len(rest) > MAX_STAYING:
            lines.append(f"  and {len(rest) - MAX_STAYING} more that cost less")
        return lines

    def hints(self) -> list[str]:
        if not self._advice.hints:
            return []
        lines = [self._style("In your dependencies", "1")]
        for hint in self._advice.hints:
            lines += self._items.hint(hint)
        return lines


def suggestion_lines(profile: Profile, style: Palette, width: int, limit: int = 3) -> Sequence[str]:
    """Return the few lines about deferring that `importcost profile` shows; predicted figures."""
    advice = profile.advice
    if advice is None or advice.best_set is None or not advice.best_set.finding_ids:
        return []
    best = advice.best_set
    if best.economics is not None and best.economics.net_ms is not None:
        return []  # each cold start needs it: nothing could wait
    share = best.exclusive_us / max(profile.function_init.local_us, 1.0)
    first, *rest = wrap(
        f"Could wait: {milliseconds(best.exclusive_us / 1000)} here ({share:.0%} of function "
        "init), predicted. `importcost defer` measures it and writes the edit.",
        width,
    )
    lines = [first.replace("Could wait", style("Could wait", "1"), 1), *rest]
    chosen = [advice.findings[index] for index in best.finding_ids]
    chosen.sort(key=lambda one: -one.exclusive_us)
    for finding in chosen[:limit]:
        place = elide(f"{short_path(finding.place.file, profile.target)}:{finding.place.line}", 36)
        figure = f"{finding.exclusive_us / 1000:>9,.1f} ms"
        code = elide(finding.code, max(20, width - len(place) - len(figure) - 4))
        lines.append(f"{figure}  {place} {code}")
    if len(chosen) > limit:
        lines.append(f"{'':>12}  and {len(chosen) - limit} more")
    return lines
