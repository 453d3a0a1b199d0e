"""Every export keeps totals exact, names harmless and depths bounded."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from importcost.model.tree import NO_PARENT
from importcost.reports.exports.formats import FORMATS, format_by_suffix, render
from importcost.reports.exports.frames import NO_NODE, build_frames
from importcost.reports.exports.names import clean
from tests.reports.export_profiles import FIXED, expected_total_us, profiles
from tests.reports.page_factory import estimate_of, facts_of
from tests.sampling import examples

SCHEMA = json.loads((Path(__file__).parents[1] / "speedscope/file-format-schema.json").read_text())
TEXT_FORMATS = [name for name, known in FORMATS.items() if not known.is_binary]
LINE_FORMATS = [name for name in TEXT_FORMATS if name != "html"]

every_profile = pytest.mark.parametrize("profile", FIXED.values(), ids=FIXED.keys())


def export(name, profile):
    return render(name, profile, estimate_of(profile), facts_of(profile))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.html", "html"),
        ("A.HTM", "html"),
        ("a.json", "json"),
        ("a.speedscope.json", "speedscope"),
        ("a.trace.json", "trace"),
        ("trace.json", "json"),
        ("a.folded", "folded"),
        ("a.prof", "pstats"),
        ("a.pstats", "pstats"),
        ("a.csv", "csv"),
        ("a.md", "markdown"),
        ("a.svg", "svg"),
        ("a.pdf", None),
        ("json", None),
    ],
)
def test_the_longest_suffix_says_the_format(path, name):
    assert format_by_suffix(path) == name


def test_no_suffix_stands_for_two_formats():
    suffixes = [suffix for known in FORMATS.values() for suffix in known.suffixes]
    assert len(suffixes) == len(set(suffixes))


@every_profile
@pytest.mark.parametrize("name", FORMATS)
def test_every_profile_renders_as_its_format_says(name, profile):
    report = export(name, profile)
    assert isinstance(report, bytes if FORMATS[name].is_binary else str)
    assert report


@pytest.mark.parametrize("name", LINE_FORMATS)
def test_text_encodes_and_sends_a_terminal_no_control_character(name):
    text = export(name, FIXED["hostile"])
    text.encode("utf-8")
    assert [sign for sign in set(text) - set("\r\n") if not sign.isprintable()] == []


def check_frames(profile):
    frames = build_frames(profile)
    children_us = [0] * len(frames)
    for frame, parent in enumerate(frames.parents):
        assert frames.self_us[frame] >= 0
        if parent != NO_PARENT:
            assert frames.start_us[frame] == frames.start_us[parent] + children_us[parent]
            children_us[parent] += frames.total_us[frame]
    for frame, below_us in enumerate(children_us):
        assert frames.total_us[frame] == frames.self_us[frame] + below_us
    assert frames.total_us[0] == expected_total_us(profile)
    shown = [node for node in frames.nodes if node != NO_NODE]
    assert sorted(shown) == list(range(len(profile.tree)))
    for frame, node in enumerate(frames.nodes):
        if node != NO_NODE:
            assert frames.self_us[frame] == max(0, profile.tree.self_us[node])
            assert frames.names[frame] == profile.tree.name(node)


@every_profile
def test_frames_nest_and_keep_every_module_of_a_fixed_profile(profile):
    check_frames(profile)


@given(profiles())
def test_frames_nest_and_keep_every_module(profile):
    check_frames(profile)


def check_speedscope(profile):
    document = json.loads(export("speedscope", profile))
    jsonschema.validate(document, SCHEMA)
    (evented,) = document["profiles"]
    names = [frame["name"] for frame in document["shared"]["frames"]]
    own_us: dict[str, int] = {}
    stack, now = [], 0
    for event in evented["events"]:
        assert event["at"] >= now
        if stack:
            name = names[stack[-1]]
            own_us[name] = own_us.get(name, 0) + event["at"] - now
        now = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            assert stack.pop() == event["frame"]
    assert stack == []
    assert now == evented["endValue"] == expected_total_us(profile)
    tree = profile.tree
    shown = [clean(tree.name(node)) for node in range(len(tree))]
    for name in set(shown) - set(names[:4]):
        nodes = [node for node in range(len(tree)) if shown[node] == name]
        assert own_us.get(name, 0) == sum(max(0, tree.self_us[node]) for node in nodes)


@pytest.mark.parametrize("key", ["small", "empty", "hostile", "self-nested", "log"])
def test_speedscope_fits_its_schema_and_nests(key):
    check_speedscope(FIXED[key])


@settings(max_examples=examples(30), deadline=None)
@given(profiles())
def test_speedscope_keeps_every_modules_own_time(profile):
    check_speedscope(profile)


def test_speedscope_opens_a_deep_tree_without_a_slip():
    events = json.loads(export("speedscope", FIXED["deep"]))["profiles"][0]["events"]
    assert sum(event["type"] == "O" for event in events) == len(events) / 2 > 3_000


def check_trace(profile):
    events = json.loads(export("trace", profile))["traceEvents"]
    tree, stack, now, opened = profile.tree, [], 0, []
    for event in events:
        if event["ph"] == "M":
            continue
        assert event["ts"] >= now
        now = event["ts"]
        if event["ph"] == "B":
            stack.append(event["name"])
            opened.append(event)
        else:
            assert stack.pop() == event["name"]
    assert stack == []
    assert now == expected_total_us(profile) == sum(e["args"]["self_us"] for e in opened)
    modules = [event["name"] for event in opened if event["cat"] == "import"]
    assert sorted(modules) == sorted(clean(tree.name(node)) for node in range(len(tree)))


@every_profile
def test_the_trace_of_a_fixed_profile_nests(profile):
    check_trace(profile)


@settings(max_examples=examples(30), deadline=None)
@given(profiles())
def test_the_trace_nests_and_adds_up(profile):
    check_trace(profile)


def test_the_trace_says_where_a_module_is_imported():
    events = json.loads(export("trace", FIXED["small"]))["traceEvents"]
    boto3 = next(event for event in events if event.get("name") == "boto3")
    assert boto3["args"]["imported_at"].startswith("orders/store.py:")
    assert boto3["args"]["distribution"] == "boto3"


def check_folded(profile):
    lines = export("folded", profile).splitlines()
    parts = [line.rpartition(" ") for line in lines]
    assert sum(int(weight) for _, _, weight in parts) == expected_total_us(profile)
    stacks = [stack for stack, _, _ in parts]
    assert len(set(stacks)) == len(stacks)
    frames = build_frames(profile)
    depths = {frames.depths[frame] + 1 for frame in range(len(frames)) if frames.self_us[frame]}
    assert {len(stack.split(";")) for stack in stacks} == depths


@pytest.mark.parametrize("key", [key for key in FIXED if key != "deep"])
def test_folded_stacks_of_a_fixed_profile_add_up(key):
    check_folded(FIXED[key])


@settings(max_examples=examples(30), deadline=None)
@given(profiles())
def test_folded_stacks_add_up_and_keep_their_depth(profile):
    check_folded(profile)


def check_csv(profile):
    rows = list(csv.DictReader(io.StringIO(export("csv", profile), newline="")))
    tree = profile.tree
    modules = [row for row in rows if row["kind"] == "module"]
    assert sum(int(row["self_us"]) for row in modules) == sum(tree.self_us)
    assert len(modules) == len(tree)
    for row in rows:
        for text in (row["name"], row["distribution"], row["imported_by"], row["imported_at"]):
            assert not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        if row["parent_id"]:
            assert int(rows[int(row["parent_id"])]["depth"]) == int(row["depth"]) - 1
    assert int(rows[0]["cumulative_us"]) == expected_total_us(profile)


@every_profile
def test_csv_of_a_fixed_profile_reads_back(profile):
    check_csv(profile)


@settings(max_examples=examples(30), deadline=None)
@given(profiles())
def test_csv_reads_back_with_every_figure_and_no_formula(profile):
    check_csv(profile)


@pytest.mark.parametrize("line", ["self_us,cumulative_us", '"quotes""\'`and\\backslash"'])
def test_csv_quotes_by_rfc_4180(line):
    text = export("csv", FIXED["hostile"])
    assert line in text
    assert text.count("\r\n") == len(text.splitlines())
