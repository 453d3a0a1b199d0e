"""The lines on an event whose AWS calls were recorded."""

import pytest

from importcost.model.results.aws_calls import CallSummary
from importcost.model.results.events import EventOutcome, Invocation
from importcost.reports.terminal.events import render_events


def rendered(summary):
    call = Invocation("1", False, frozenset(), 1.0)
    outcome = EventOutcome("event.json", call, True, {}, {}, {}, summary)
    return " ".join(render_events([outcome], None, width=100, colour=False).split())


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (CallSummary(0, 0, (), (), ()), "makes no AWS call"),
        (
            CallSummary(1, 0, (("s3 GetObject", 1),), (), ()),
            "1 AWS call compared: s3 GetObject loads",
        ),
        (
            CallSummary(3, 2, (("s3 GetObject", 4), ("sqs X", 1)), (), ()),
            (
                "3 AWS calls compared: s3 GetObject (4), sqs X; "
                "2 more not compared: they differ from one launch to the next"
            ),
        ),
        (
            CallSummary(1, 0, (("textract X", 1),), ("textract X",), ("db:5432",), ("s3 b",)),
            (
                "1 AWS call compared: textract X; the endpoint does not implement textract X; "
                "made for it to find: s3 b; not recorded: db:5432"
            ),
        ),
        (CallSummary(0, 0, (), (), ("a\x1b[31m:1",)), "not recorded: a\N{REPLACEMENT CHARACTER}["),
    ],
)
def test_an_events_calls_are_said_with_what_was_not_compared(summary, said):
    assert said in rendered(summary)


def test_nothing_is_said_without_recording():
    assert "AWS" not in rendered(None)
