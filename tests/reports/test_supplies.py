"""Every report names the placeholders that the figures were made with."""

from __future__ import annotations

from dataclasses import replace

from importcost.model.supplies import Placeholder, SuppliedPackage, Supplies
from importcost.reports.exports.markdown import render_markdown
from importcost.reports.page.data import page_data
from importcost.reports.terminal.profile import render_terminal
from tests.reports.page_factory import TASK_ROOT, estimate_of, facts_of, small_profile

FILE = f"{TASK_ROOT}/orders/create.py"


def profile(count: int, *packages: SuppliedPackage):
    placeholders = tuple(
        Placeholder(f"TABLE_{number}", f"importcost-table-{number}", FILE, number + 1)
        for number in range(count)
    )
    return replace(small_profile(), supplies=Supplies(packages, placeholders))


def terminal(made) -> str:
    text = render_terminal(made, estimate_of(made), facts_of(made), width=100, colour=False)
    return " ".join(text.split())


def test_the_terminal_names_placeholders_with_the_lines_that_read_them():
    assert "TABLE_1=importcost-table-1 (orders/create.py:2)." in terminal(profile(2))
    many = terminal(profile(9))
    assert "Placeholders for 9 variables that init reads and nobody has set:" in many
    assert "TABLE_5=importcost-table-5 (orders/create.py:6), and 3 more." in many
    assert "Placeholder" not in terminal(profile(0))


def test_the_headline_stays_as_it_is():
    first = [terminal(profile(count)).split("Most of it")[0] for count in (0, 9)]
    assert first[0][:200] == first[1][:200]


def test_summary_and_page_name_all_of_them():
    made = profile(9, SuppliedPackage("requests<3", "requests 2.32.3"))
    summary = render_markdown(made, estimate_of(made), facts_of(made))
    assert summary.count("importcost-table-") == 9
    assert "| `TABLE_8` | `importcost-table-8` | `orders/create.py:9` |" in summary.replace(
        "<code>", "`"
    ).replace("</code>", "`").replace("&#95;", "_").replace("&#45;", "-").replace("&#47;", "/")
    assert "requests 2.32.3" in summary
    supplies = page_data(made, estimate_of(made), facts_of(made))["supplies"]
    assert len(supplies["placeholders"]) == 9
    assert supplies["placeholders"][8]["place"] == "orders/create.py:9"
    assert "requests 2.32.3" in supplies["packages"]
    assert "--with: requests 2.32.3" in terminal(made)
