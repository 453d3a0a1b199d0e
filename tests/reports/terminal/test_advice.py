import re
from dataclasses import replace

import pytest

from importcost.app.defer.suggestions import with_economics
from importcost.billing.estimate import estimate
from importcost.model.advice import DeferVerdict, VerdictKind
from importcost.reports.terminal.advice import render_advice
from tests.reports.page_factory import advised_profile, verified


def changed(profile, number, **values):
    findings = list(profile.advice.findings)
    findings[number] = replace(findings[number], **values)
    return replace(profile, advice=replace(profile.advice, findings=tuple(findings)))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 300])
def test_every_line_but_the_command_fits(width):
    text = render_advice(advised_profile(), width=width, colour=False)
    lines = [line for line in text.splitlines() if "compileall" not in line]
    # A place and a figure need their room on a very narrow terminal.
    assert max(map(len, lines)) <= min(110, max(width, 72))


@pytest.mark.parametrize(
    ("failure", "colour"), [(None, "1;32"), ("no saving shows beyond the noise", "31")]
)
def test_a_set_that_does_not_hold_is_not_shown_as_one_that_does(failure, colour):
    profile = advised_profile()
    best = replace(profile.advice.best_set, verification=verified(900, failure))
    profile = replace(profile, advice=replace(profile.advice, best_set=best))
    first = render_advice(profile, width=80, colour=True).splitlines()[0]
    assert first.startswith(f"\033[{colour}mDefer 2 statements together: ")


@pytest.mark.parametrize(
    ("reason", "line", "shown"),
    [
        ("app is used at module level at line 16", 16, "at line 16;"),
        ("app is used at module level at line 161", 16, "at line 161 (line 16);"),
        ("it is an instruction to the compiler", 3, "compiler (line 3);"),
    ],
)
def test_a_reason_names_its_line_once(reason, line, shown):
    verdict = DeferVerdict(VerdictKind.NOT_DEFERRABLE, reason, line)
    profile = changed(advised_profile(), 4, verdict=verdict)
    text = " ".join(render_advice(profile, width=110, colour=False).split())
    assert shown in text


@pytest.mark.parametrize(
    ("names", "words"),
    [(("a.json",), "the event a.json"), (("a.json", "b.json"), "the events a.json, b.json")],
)
def test_one_event_is_no_events(names, words):
    profile = changed(advised_profile(), 0, triggered_by=names)
    assert f"needed by {words}\n" in render_advice(profile, width=100, colour=False)


@pytest.mark.parametrize(
    ("events", "used", "is_told"),
    [
        ((), (), False),
        (("a", "b"), ("a",), False),
        (("a", "b"), ("a", "b"), True),
        (("a",), (), False),
    ],
)
def test_what_all_events_need_is_called_a_loss(events, used, is_told):
    profile = changed(advised_profile(), 0, triggered_by=used)
    advice = with_economics(profile.advice, estimate(profile), 200_000, events)
    text = render_advice(replace(profile, advice=advice), width=100, colour=False)
    one, best = advice.findings[0].economics, advice.best_set.economics
    for found in (one, best):
        assert found.is_needed_by_all_events == is_told
        assert found.sentence.startswith("Every event given needs it.") == is_told
    assert bool(re.search("Every event given needs it. Deferring this is a loss", text)) == is_told
    assert (text.count("a loss with the events given") == 1) == is_told
