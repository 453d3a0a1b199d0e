"""Checks and comparisons for the renderers, and hostile ones by the thousand."""

from pathlib import Path

from hypothesis import strategies as st

from importcost.gate.budgets import Level, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.compare import compare_timings
from tests.gate.timings import pairs

DATA = Path(__file__).parents[2] / "data"
ROOT = "/srv/shop"
PLACES = {"orders": ("/srv/shop/pyproject.toml", 12)}


def check_of(rule=Rule.INIT, level=Level.ERROR, status=Status.FAIL, message="It is slow.", **rest):
    return Check(rule, level, status, message, rest.pop("handler", "orders"), **rest)


CHECKS = (
    check_of(
        Rule.FORBIDDEN_IMPORT,
        message="pandas is forbidden.",
        file="/srv/shop/src/helper.py",
        line=4,
    ),
    check_of(Rule.FORBIDDEN_IMPORT, message="numpy is forbidden.", file="/opt/x.py", line=9),
    check_of(Rule.NETWORK, Level.WARN, message="It connects.", file="/srv/shop/a.py", line=1),
    check_of(Rule.INIT, status=Status.WARN, message="It may be slow.", measured=900, budget=800),
    check_of(Rule.INCREASE, status=Status.INCONCLUSIVE, message="The pairs do not tell."),
    check_of(Rule.MEMORY, status=Status.NOT_MEASURED, message="Memory is not known."),
    check_of(Rule.MODULE_COUNT, status=Status.PASS, message="12 modules."),
    check_of(Rule.COST, Level.OFF, status=Status.SKIPPED, message="Switched off."),
    check_of(Rule.MEASUREMENT, status=Status.PASS, message="It imports.", handler="refunds"),
)

# Everything that means something to XML, Markdown, HTML, the runner or a terminal.
hostile = st.text(
    st.one_of(
        st.sampled_from(
            list("<>&\"'`|*_[]()!#@~\\\r\n\t\0\x1b\x7f\u2028\u202e\ufffe\ud800%:,;=$-+.")
        ),
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn"]),
    ),
    max_size=40,
)
words = st.sampled_from(
    ["]]>", "::error::", "\n::set-output name=a::b", "-->", "</details>", "%0A"]
)
texts = st.lists(hostile | words, max_size=4).map("".join)
checks = st.builds(
    Check,
    rule=st.sampled_from(Rule),
    level=st.sampled_from(Level),
    status=st.sampled_from(Status),
    message=texts,
    handler=texts,
    file=st.none() | texts | texts.map(lambda text: f"{ROOT}/{text}"),
    line=st.none() | st.integers(-3, 10**9),
    measured=st.none() | st.floats(),
    budget=st.none() | st.floats(),
)
check_lists = st.lists(checks, max_size=8)


def comparison_of(shift_us, handler="orders"):
    return compare_timings({handler: pairs(15, 100_000, shift_us)})[0]
