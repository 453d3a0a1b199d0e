"""The terminal report: figures that add up, widths kept, colour only when asked for."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from importcost.model.package.size import (
    BYTES_PER_MB,
    DistributionSize,
    PackageForm,
    PackageSize,
    PlaceSize,
    ServiceData,
)
from importcost.model.results.facts import PackageFacts
from importcost.reports.terminal.package import package_lines
from importcost.reports.terminal.profile import _apportion, render_terminal
from importcost.reports.text import Palette, elide, wrap
from tests.reports.page_factory import (
    estimate_of,
    facts_of,
    hostile_profile,
    large_profile,
    small_profile,
)


def render(profile, width=100, colour=False):
    return render_terminal(
        profile, estimate_of(profile), facts_of(profile), width=width, colour=colour
    )


def test_no_colour_means_no_escape():
    assert "\033" not in render(small_profile())
    assert "\033[" in render(small_profile(), colour=True)


@pytest.mark.unhurried
@pytest.mark.parametrize("width", [40, 60, 72, 80, 90, 110])
@pytest.mark.parametrize("make", [small_profile, large_profile])
def test_tables_and_text_keep_the_width(make, width):
    text = render(make(), width=width)
    command = "compileall"
    lines = [line for line in text.splitlines() if command not in line and "http" not in line]
    assert [line for line in lines if len(line) > width and "bills about" not in line] == []


def package_facts(size_mb=60.0, limit_mb=250, **more):
    size = round(size_mb * BYTES_PER_MB)
    function = DistributionSize("function", None, "function", 3, 3_000, 1, 1_000, 0, 0)
    pandas = DistributionSize(
        "pandas", "2.2", "layer 1 (deps)", 900, size - 3_000, 90, size // 4, 0, 0
    )
    places = (PlaceSize("function", 3, 3_000), PlaceSize("layer 1 (deps)", 900, size - 3_000))
    data = ServiceData("botocore", 400, 20 * BYTES_PER_MB, ("s3",), ("s3", "sqs"), 300_000, False)
    package = PackageSize(PackageForm.BUILT, places, (pandas, function), data, **more)
    return PackageFacts(package, limit_mb)


@pytest.mark.parametrize("width", [40, 60, 72, 110])
@pytest.mark.parametrize(
    "facts", [None, package_facts(), package_facts(300.0, lacking=("who knows",), left_out=(".g",))]
)
def test_the_package_keeps_the_width(width, facts):
    lines = package_lines(facts, Palette(colour=False), width)
    assert [line for line in lines if len(line) > width] == []


def test_the_package_says_its_share_of_the_limit_and_what_is_never_loaded():
    text = " ".join(package_lines(package_facts(), Palette(colour=False), 110))
    assert "60.0 MB unpacked, 24% of Lambda's 250 MB: function 3 KB (0%), layer 1 (deps)" in text
    assert "Init loads 15.0 MB in 91 of 903 files; 75% is never loaded by it." in text
    assert (
        "data of 400 AWS services, 20.0 MB; init reads s3; the function's code also names sqs: 0.3"
        " MB; some calls name a service by a variable." in text
    )
    assert "pandas 2.2 in layer 1 (deps)" in text
    assert "own files" not in text  # too small for a row
    over = package_lines(package_facts(300.0), Palette(colour=True), 110)
    assert "\033[31m300 MB unpacked, 120% of Lambda's 250 MB" in over[1]
    plain = package_lines(package_facts(300.0), Palette(colour=False), 110)
    assert "Lambda refuses a package that is larger." in " ".join(plain)
    image = package_facts(512.0, limit_mb=10_240)
    assert "5% of Lambda's 10 GB" in package_lines(image, Palette(colour=False), 110)[1]


def test_a_hostile_name_sends_no_control_character():
    text = render(hostile_profile())
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text) is None
    text.encode("utf-8")


def test_cells_add_up_to_the_width():
    for values in ([1, 1, 1], [0.2, 99, 3], [5], [0, 0, 1]):
        assert sum(_apportion(values, 97)) == 97


def test_long_names_keep_both_ends():
    assert elide("abcdefghij" * 5, 20).endswith("hij")
    assert len(elide("abcdefghij" * 5, 20)) == 20
    assert elide("short", 20) == "short"


def test_wrapping_loses_no_word():
    text = "one two three four five six"
    assert " ".join(wrap(text, 9)) == text
    assert max(len(line) for line in wrap(text, 9)) <= 9


def test_the_first_lines_name_the_imports_that_cost_most_with_their_place():
    profile = small_profile()
    first = render(profile).split("\n\n")[0]
    assert "Most of it is imports: boto3 (orders/store.py:11) 228 ms." in first
    assert "orders.store " not in first


def test_the_first_lines_do_not_name_imports_that_cost_nothing():
    profile = small_profile()
    tree = profile.tree
    tiny = replace(
        tree,
        self_us=tuple(us // 1000 for us in tree.self_us),
        cumulative_us=tuple(us // 1000 for us in tree.cumulative_us),
    )
    init = profile.function_init
    cpu = replace(init.cpu_us, value=init.cpu_us.value / 1000)
    short = replace(init, cpu_us=cpu, wall_us=init.wall_us // 1000, blocked_us=0)
    first = render(replace(profile, tree=tiny, function_init=short)).split("\n\n")[0]
    assert "bills about" in first
    assert "imports" not in first


def test_the_table_and_the_phases_speak_of_the_same_milliseconds():
    profile = small_profile()
    text, ratio = render(profile, width=110), estimate_of(profile).speed_ratio.value
    table = text.split("Most expensive imports")[1].split("\n\n")[0].splitlines()[1:]
    for line in table:
        on_lambda, here = re.search(r"([\d,.]+) ms +\d+% +([\d,.]+) ", line).groups()
        assert float(on_lambda.replace(",", "")) == pytest.approx(
            float(here.replace(",", "")) * ratio, rel=0.05, abs=0.6
        )
