"""A log says where it was written: on Lambda, in its local emulator, or nowhere known."""

from __future__ import annotations

import pytest

from importcost.app.profile.from_log import EMULATOR, LAMBDA, UNKNOWN_PLACE, profile_log
from importcost.app.profile.request import ProfileRequest

ROWS = """import time: self [us] | cumulative | imported package
import time:       100 |        100 | site
import time:       900 |        900 | handler
"""
IDS = "RequestId: 1035c6cf-b362-4cae-b39f-01863fbabab6"
# As the emulator of aws-sam-cli wrote them.
RAPID = (
    "23 Nov 2026 13:15:29,057 [INFO] (rapid) INIT RTDONE(status: success)\n"
    "23 Nov 2026 13:15:29,057 [INFO] (rapid) INIT REPORT(durationMs: 45.683000)\n"
)
EMULATED_FIRST = (
    f"REPORT {IDS}\tInit Duration: 0.08 ms\tDuration: 46.57 ms\tBilled Duration: 47 ms\t"
    "Memory Size: 3008 MB\tMax Memory Used: 3008 MB\t\n"
)
EMULATED_NEXT = (
    f"REPORT {IDS}\tDuration: 0.74 ms\tBilled Duration: 1 ms\tMemory Size: 3008 MB\t"
    "Max Memory Used: 3008 MB\t\n"
)
REAL = (
    f"REPORT {IDS}\tDuration: 2.13 ms\tBilled Duration: 84 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: {used} MB\tInit Duration: 81.26 ms\t\n"
)
START = f"START {IDS} Version: $LATEST\n"
INIT_START = "INIT_START Runtime Version: python:3.12.v60\tRuntime Version ARN: arn:aws\n"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("", UNKNOWN_PLACE),
        (START, LAMBDA),
        (START + REAL.format(used=31), LAMBDA),
        (START + REAL.format(used=128), LAMBDA),
        (REAL.format(used=31) + EMULATED_NEXT.replace("3008", "128"), LAMBDA),
        (INIT_START + EMULATED_NEXT.replace("3008", "128"), LAMBDA),
        (START + RAPID, EMULATOR),
        (START + EMULATED_FIRST, EMULATOR),
        (START + EMULATED_NEXT, EMULATOR),
    ],
)
def test_the_place_is_told_by_the_lines_around_the_rows(lines, place):
    profile = profile_log(ProfileRequest(target=""), (lines + ROWS).encode(), "x.log")
    assert profile.environment.platform == place
    assert profile.source == ("lambda-log" if place == LAMBDA else "log")


def test_lines_out_of_order_are_counted_once():
    """CloudWatch may show a child after its parent, whose time already holds the child's."""
    shuffled = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       500 |       2500 | handler\n"
        "import time:      2000 |       2000 |   heavy\n"
    )
    profile = profile_log(ProfileRequest(target=""), shuffled.encode(), "a log")
    assert profile.function_init.cpu_us.value == 2500
    assert sum(phase.cpu_us for phase in profile.phases) == 2500


def test_a_log_that_was_cut_says_so_first():
    rows = ROWS + "import time:       700 |        700 |   boto3.session\n"
    told = profile_log(ProfileRequest(target=""), rows.encode(), "x.log").warnings[0].message
    assert "ends inside an import" in told
    assert "whole log stream" in told
    whole = profile_log(ProfileRequest(target=""), ROWS.encode(), "x.log")
    assert not any("ends inside" in one.message for one in whole.warnings)
