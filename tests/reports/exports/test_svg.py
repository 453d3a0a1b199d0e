"""The icicle image: well-formed, small, without script, boxes inside their parents."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from importcost.model.tree import NO_PARENT
from importcost.reports.exports.frames import FUNCTION_INIT, build_frames
from importcost.reports.exports.svg import MAX_BYTES, render_svg
from importcost.reports.exports.svg_boxes import MAX_ROWS, layout
from importcost.reports.exports.svg_style import CHART_WIDTH, WIDTH
from tests.reports.export_profiles import BAD_NAMES, FIXED, profiles
from tests.reports.page_factory import TreeBuilder, estimate_of, facts_of, large_profile, profile_of
from tests.sampling import examples

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "style", "rect", "text", "g"}
ATTRIBUTES = {"class", "role", "width", "height", "viewBox", "x", "y"}


def parsed(profile):
    return ElementTree.fromstring(render_svg(profile, estimate_of(profile), facts_of(profile)))


def check_image(profile):
    image = parsed(profile)
    for element in image.iter():
        assert element.tag.removeprefix(SVG) in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
    height = float(image.attrib["height"])
    for rect in image.iter(f"{SVG}rect"):
        assert float(rect.attrib.get("x", 0)) >= 0
        right = float(rect.attrib.get("x", 0)) + float(rect.attrib["width"])
        assert right <= WIDTH
        assert float(rect.attrib.get("y", 0)) + float(rect.attrib["height"]) <= height
    return image


@pytest.mark.parametrize("key", FIXED)
def test_a_fixed_profile_is_drawn_inside_the_image_with_nothing_to_run(key):
    image = check_image(FIXED[key])
    assert image.find(f"{SVG}title").text.startswith("cold start of")


@settings(max_examples=examples(40), deadline=None)
@given(profiles())
def test_any_profile_is_drawn_inside_the_image(profile):
    check_image(profile)


def wide_hostile_profile():
    builder = TreeBuilder()
    handler = builder.add("handler", 10, NO_PARENT)
    for number in range(1_100):
        name = BAD_NAMES[number % len(BAD_NAMES)] + "模块" * 60 + str(number)
        builder.add(name + ".sub", 900, builder.add(name, 100, handler))
    return profile_of(builder, {})


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "make", [lambda: large_profile(20_000), wide_hostile_profile], ids=["large", "wide hostile"]
)
def test_a_large_image_stays_small_by_merging(make):
    text = render_svg(make(), estimate_of(FIXED["small"]), facts_of(make()))
    assert len(text.encode("utf-8")) <= MAX_BYTES
    assert text.count("<rect") > 100
    merged = re.findall(r"<title>([\d,]+) imports too small to draw: [\d.,]+ ms", text)
    assert merged


def check_layout(profile, most):
    frames = build_frames(profile)
    boxes = layout(frames, most)
    drawn = {box.frame: box for box in boxes if not box.merged}
    assert boxes[0].width == pytest.approx(CHART_WIDTH if frames.total_us[0] else 0)
    assert max(box.row for box in boxes) < MAX_ROWS
    below: dict[int, float] = {}
    for box in boxes[1:]:
        parent = box.frame if box.merged else frames.parents[box.frame]
        above = drawn[parent]
        assert box.row == above.row + 1
        assert box.x >= above.x - 1e-6
        assert box.x + box.width <= above.x + above.width + 1e-6
        below[parent] = below.get(parent, 0.0) + box.width
    for parent, width in below.items():
        assert width <= drawn[parent].width + 1e-6
    return frames, boxes


@settings(max_examples=examples(60), deadline=None)
@given(profiles())
def test_boxes_lie_inside_their_parents(profile):
    check_layout(profile, 1_500)
    check_layout(profile, 4)


@pytest.mark.parametrize("most", [1_500, 40])
def test_what_is_not_drawn_alone_is_counted_in_a_merged_box(most):
    frames, boxes = check_layout(FIXED["large"], most)
    drawn = {box.frame for box in boxes if not box.merged}
    merged_us = sum(box.total_us for box in boxes if box.merged)
    lost = [
        frame
        for frame, parent in enumerate(frames.parents)
        if frame not in drawn and parent in drawn and frames.total_us[frame]
    ]
    folded = [
        f for f in lost if frames.parents[frames.parents[f]] == 0
        and frames.names[frames.parents[f]] != FUNCTION_INIT
    ]  # fmt: skip
    lost_us = sum(frames.total_us[frame] for frame in lost if frame not in folded)
    invisible_us = frames.total_us[0] / CHART_WIDTH * len(drawn) * 2
    assert 0 <= lost_us - merged_us <= invisible_us
    assert merged_us > 0


def test_startup_is_folded_and_deep_trees_are_cut_with_their_time_told():
    frames, boxes = check_layout(FIXED["deep"], 1_500)
    names = {frames.names[box.frame] for box in boxes if not box.merged}
    assert {"interpreter start", "runtime"} <= names
    assert "encodings" not in names
    (cut,) = [box for box in boxes if box.merged]
    assert cut.row == MAX_ROWS - 1
    modules = sum(name.startswith("deep.") for name in frames.names)
    assert cut.merged == modules - sum(name.startswith("deep.") for name in names)
    assert cut.total_us > 0
    assert frames.parents[0] == NO_PARENT


def test_light_and_dark_colour_every_class_that_is_drawn():
    image = parsed(FIXED["large"])
    light, dark = image.find(f"{SVG}style").text.split("@media (prefers-color-scheme:dark)")
    used = {element.attrib["class"] for element in image if "class" in element.attrib}
    used |= {rect.attrib["class"] for rect in image.iter(f"{SVG}rect")}
    for name in used:
        assert f".{name}{{fill:" in light
        assert f".{name}{{fill:" in dark


def test_tooltips_name_the_module_its_time_and_its_distribution():
    titles = [element.text for element in parsed(FIXED["small"]).iter(f"{SVG}title")]
    assert "boto3: 142.5 ms, 61.9%, self 12.0 ms, boto3" in titles
