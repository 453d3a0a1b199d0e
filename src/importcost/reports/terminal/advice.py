"""The terminal report of `importcost defer`: what can wait, what it saves, and at what price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importcost.model.advice import (
    Advice,
    BestSet,
    BytecodeFinding,
    Economics,
    ImportFinding,
    StatementTime,
    VerdictKind,
    Verification,
)
from importcost.model.profile import Profile, significant_blocked_us
from importcost.reports.facts import short_path
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Style,
    dollars,
    elide,
    milliseconds,
    printable,
    wrap,
)

CHANGES = (VerdictKind.DEFERRABLE, VerdictKind.NEEDS_GETTER, VerdictKind.ANNOTATIONS_ONLY)
MAX_STAYING = 12
MAX_WORK = 8
WORK_MIN_US = 500
HOW = {
    VerdictKind.DEFERRABLE: "import it in the functions that use it",
    VerdictKind.NEEDS_GETTER: "make a cached getter",
    VerdictKind.ANNOTATIONS_ONLY: "import it under TYPE_CHECKING",
}


def render_advice(profile: Profile, *, width: int, colour: bool) -> str:
    """Return the advice of a profile as text; empty where it has none."""
    advice = profile.advice
    if advice is None:
        return ""
    style = Style(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    writer = _Writer(profile, advice, style, width)
    blocks = [
        writer.headline(),
        writer.bytecode(),
        writer.suggestions(),
        writer.work(),
        writer.staying(),
        writer.hints(),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def saving_words(verification: Verification | None, predicted_us: int) -> str:
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
    if verification.failure is not None:
        return f"failed: {verification.failure}, {figures}"
    return f"{figures} verified"


def saved_share(verification: Verification | None, predicted_us: float, init_us: float) -> float:
    """Return what part (0 to 1) of function init a change saves; `init_us` is the profile's."""
    if verification is None or verification.saving_us is None or not verification.original_us:
        return predicted_us / max(init_us, 1.0)
    return verification.saving_us.value / verification.original_us


def _modules_are(count: int) -> str:
    return "1 module is" if count == 1 else f"{count:,} modules are"


def is_suggestion(finding: ImportFinding) -> bool:
    """Tell whether a finding asks for a change: an edit exists, and it is worth one."""
    return finding.verdict.kind in CHANGES and finding.verdict.style is not None


class _Writer:
    def __init__(self, profile: Profile, advice: Advice, style: Style, width: int) -> None:
        self._profile = profile
        self._advice = advice
        self._style = style
        self._width = width
        self._init_us = max(profile.function_init.local_us, 1.0)

    def headline(self) -> list[str]:
        best = self._advice.best_set
        if best is None or not best.finding_ids:
            return ["No import of the function's own files is worth deferring."]
        count = len(best.finding_ids)
        words = "1 statement" if count == 1 else f"{count} statements together"
        lines = self._best_lines(best, words)
        gone = best.verification.gone if best.verification else best.modules
        if gone:
            lines.append(f"{_modules_are(len(gone))} then no longer loaded during init.")
        if best.economics is not None:
            lines += self._price(best.economics)
        return lines

    def _best_lines(self, best: BestSet, words: str) -> list[str]:
        measured = best.verification
        if measured is not None and measured.saving_us is None:
            lines = wrap(f"Deferring {words} fails: {measured.failure}.", self._width)
            return [self._style(line, "31") for line in lines]
        share = saved_share(measured, best.exclusive_us, self._init_us)
        figure = saving_words(measured, best.exclusive_us)
        text = f"Defer {words}: {figure}, {share:.0%} of function init."
        code = "1" if measured is None else "31" if measured.failure else "1;32"
        return [self._style(line, code) for line in wrap(text, self._width)]

    def _price(self, economics: Economics) -> list[str]:
        memory = self._profile.settings.memory_mb
        text = (
            f"On Lambda about {milliseconds(economics.saved_ms)} a cold start, "
            f"{dollars(economics.dollars_per_million)} per million that need none of it; the "
            f"first request that does waits {milliseconds(economics.first_use_ms)} at {memory} MB."
        )
        lines = wrap(text, self._width)
        if economics.sentence:
            lines += [self._style(line, "33") for line in wrap(economics.sentence, self._width)]
        return lines

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
        found = [one for one in self._advice.findings if is_suggestion(one)]
        if not found:
            return []
        lines = [self._style("One by one (shared modules count only where they go)", "1")]
        together = self._only_together()
        for finding in sorted(found, key=lambda one: -self._saving_us(one)):
            if finding not in together:
                lines += self._suggestion(finding)
        for finding in together:
            place = self._place(finding.place.file, finding.place.line)
            code = elide(finding.code, max(20, self._width - len(place) - 4))
            lines.append(f"+ {place} {self._style(code, '1')}")
            lines += self._indented(finding.verdict.reason)
        return lines

    def _only_together(self) -> list[ImportFinding]:
        """Return the members of the best set that were not measured by themselves."""
        best = self._advice.best_set
        if best is None or best.verification is None:
            return []
        members = [self._advice.findings[number] for number in best.finding_ids]
        return [one for one in members if one.verification is None] if len(members) > 1 else []

    @staticmethod
    def _saving_us(finding: ImportFinding) -> float:
        measured = finding.verification
        if measured is not None and measured.saving_us is not None:
            return measured.saving_us.value
        return finding.exclusive_us

    def _suggestion(self, finding: ImportFinding) -> Iterator[str]:
        measured = finding.verification
        mark = "·" if measured is None else "✗" if measured.failure else "✓"
        colour = {"·": "2", "✗": "31", "✓": "32"}[mark]
        place = self._place(finding.place.file, finding.place.line)
        code = elide(finding.code, self._width - len(place) - 4)
        yield f"{self._style(mark, colour)} {place} {self._style(code, '1')}"
        yield from self._indented(
            f"{saving_words(measured, finding.exclusive_us)}, "
            f"{saved_share(measured, finding.exclusive_us, self._init_us):.0%} of function init; "
            f"cumulative {milliseconds(finding.cumulative_us / 1000)}, "
            f"{len(finding.modules):,} modules"
        )
        how = HOW[finding.verdict.kind]
        names = ", ".join(finding.verdict.objects)
        reason = finding.verdict.reason
        yield from self._indented(f"{how}{' for ' + names if names else ''}: {reason}")
        if finding.economics is not None and (measured is None or measured.failure is None):
            yield from self._indented(self._terms(finding.economics))
        if finding.triggered_by:
            noun = "event" if len(finding.triggered_by) == 1 else "events"
            needed = f"needed by the {noun} {', '.join(finding.triggered_by)}"
            if self._loses(finding.economics):
                needed += ": a loss with the events given"
            yield from self._indented(needed)

    @staticmethod
    def _loses(economics: Economics | None) -> bool:
        """Return True if every event that is known of says that deferring is a loss."""
        if economics is None or economics.sentence is None:
            return False
        return economics.is_needed_by_all_events

    def _terms(self, economics: Economics) -> str:
        text = (
            f"on Lambda {milliseconds(economics.saved_ms)}, "
            f"{dollars(economics.dollars_per_million)} per million; first use costs "
        )
        if economics.break_even_share >= 1:
            return f"{text}the same, so that it never loses time at this memory"
        share = f"{economics.break_even_share:.0%} of cold starts"
        return (
            f"{text}{milliseconds(economics.first_use_ms)}: pays if less than {share} need it at "
            "once, a loss beyond"
        )

    def _indented(self, text: str) -> list[str]:
        return ["    " + line for line in wrap(text, self._width - 4)]

    def _place(self, file: str, line: int) -> str:
        return elide(f"{short_path(file, self._profile.target)}:{line}", 40)

    def work(self) -> list[str]:
        slow = [
            one
            for one in self._advice.statements
            if one.own_us + self._waits_us(one) >= WORK_MIN_US or one.events
        ]
        if not slow:
            return []
        slow.sort(key=lambda one: (-one.own_us - self._waits_us(one), one.place.line))
        lines = [self._style("Module-level work that is no import", "1")]
        for statement in slow[:MAX_WORK]:
            lines += self._statement(statement)
        if len(slow) > MAX_WORK:
            lines.append(f"  and {len(slow) - MAX_WORK} more")
        return lines

    def _waits_us(self, statement: StatementTime) -> float:
        """Return how long a statement waits, as far as the init waits for more than a processor."""
        init = self._profile.function_init
        most = significant_blocked_us(init.blocked_us, init.wall_us)
        return min(most, significant_blocked_us(statement.wall_us - statement.own_us, 0))

    def _statement(self, statement: StatementTime) -> Iterator[str]:
        place = self._place(statement.place.file, statement.place.line)
        figure = f"{statement.own_us / 1000:>8,.1f} ms"
        code = elide(statement.code, max(20, self._width - len(place) - len(figure) - 4))
        yield f"{figure}  {place} {code}"
        waits_us = self._waits_us(statement)
        if waits_us:
            waits = milliseconds(waits_us / 1000)
            yield from self._indented(f"waits {waits} beyond its CPU time")
        for event in statement.events[:3]:
            yield from self._indented(event)
        verdict = statement.verdict
        if verdict is not None:
            kind = HOW.get(verdict.kind, "stays")
            yield from self._indented(f"{kind}: {verdict.reason}")

    def staying(self) -> list[str]:
        rest = [one for one in self._advice.findings if not is_suggestion(one)]
        rest.sort(key=lambda one: -one.cumulative_us)
        if not rest:
            return []
        lines = [self._style("Stays where it is", "1")]
        for finding in rest[:MAX_STAYING]:
            lines += self._stays(finding)
        if len(rest) > MAX_STAYING:
            lines.append(f"  and {len(rest) - MAX_STAYING} more that cost less")
        return lines

    def _stays(self, finding: ImportFinding) -> list[str]:
        place = self._place(finding.place.file, finding.place.line)
        line = f" (line {finding.verdict.line})" if finding.verdict.line else ""
        if f"line {finding.verdict.line} " in f"{finding.verdict.reason} ":
            line = ""
        text = (
            f"{place} {finding.code} — {finding.verdict.kind.value}: "
            f"{finding.verdict.reason}{line}; exclusive "
            f"{milliseconds(finding.exclusive_us / 1000)}"
        )
        first, *rest = wrap(text, self._width - 4)
        return ["  " + first, *("    " + line for line in rest)]

    def hints(self) -> list[str]:
        if not self._advice.hints:
            return []
        lines = [self._style("In your dependencies", "1")]
        for hint in self._advice.hints:
            text = (
                f"{hint.module} ({hint.distribution}) {milliseconds(hint.cost_us / 1000)}: "
                f"{hint.advice} [checked with {hint.checked_version}; {hint.source}]"
            )
            first, *rest = wrap(text, self._width - 4)
            lines += ["  " + first, *("    " + line for line in rest)]
        return lines


def suggestion_lines(profile: Profile, style: Style, width: int, limit: int = 3) -> Sequence[str]:
    """Return the few lines about deferring that `importcost profile` shows; predicted figures."""
    advice = profile.advice
    if advice is None or advice.best_set is None or not advice.best_set.finding_ids:
        return []
    best = advice.best_set
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
