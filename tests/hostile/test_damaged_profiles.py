"""Saved profiles that were cut, edited or forged: every command reads them, or says why not."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.reports.exports.formats import FORMATS
from tests.hostile.answers import call
from tests.reports.page_factory import large_profile, small_profile
from tests.sampling import sample

LOG = (
    "REPORT RequestId: 1 Duration: 3 ms Billed Duration: 200 ms Memory Size: 128 MB "
    "Max Memory Used: 40 MB Init Duration: 180.00 ms\n"
)
READERS: dict[str, tuple[str, ...]] = {
    "view": ("view", "bad.json", "--tree"),
    "view a page": ("view", "bad.json", "-o", "page.html"),
    "estimate": ("estimate", "bad.json"),
    "strategies": ("strategies", "bad.json", "--invocations", "9000", "--duration", "80"),
    "why": ("why", "bad.json", "requests"),
    "diff": ("diff", "bad.json", "good.json"),
    "diff to": ("diff", "good.json", "bad.json", "-o", "page.html"),
    "compare": ("compare", "bad.json", "good.json"),
    "compare to": ("compare", "good.json", "bad.json"),
    "calibrate": ("calibrate", "bad.json", "--logs", "log.txt", "--validate"),
    "calibrate variants": ("calibrate", "--profile", "bad.json", "--logs", "log.txt", "--dry-run"),
    **{
        f"export {name}": ("export", "bad.json", "-o", f"out{known.suffixes[0]}")
        for name, known in FORMATS.items()
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("damaged")
    (root / "good.json").write_text(json.dumps(profile_to_plain(small_profile())))
    (root / "log.txt").write_text(3 * LOG)
    return root


def answers(folder: Path, text: str) -> Iterator[Any]:
    (folder / "bad.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    for argv in READERS.values():
        yield call(folder, *argv)


def assert_refused(folder: Path, text: str, *expected: str) -> None:
    for answer in answers(folder, text):
        answer.assert_answered((2,))
        assert "bad.json" in answer.last, answer
        for part in expected:
            assert part in answer.last, answer


NESTED = 100_000
LARGE = 10**30
UNREADABLE = {
    "empty": ("", "line 1, column 1"),
    "lists in lists": ("[" * NESTED, "nested too deeply"),
    "objects in objects": ('{"a":' * NESTED, "nested too deeply"),
    "cut": ('{"schema": "importcost-profile", "schema_version": 1, "tar', "line 1"),
    "a number": ("5", "not an importcost profile"),
    "NaN": ('{"speed_us": NaN}', "NaN, which is not a number"),
    "Infinity": ('{"speed_us": -Infinity}', "-Infinity, which is not a number"),
    "digits": ('{"speed_us": ' + "9" * 5_000 + "}", "thousands of digits"),
    "another schema": ('{"schema": "x"}', "not an importcost profile"),
    "a version to come": ('{"schema": "importcost-profile", "schema_version": [2]}', "[2]"),
}


@pytest.mark.parametrize(("text", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_text_that_is_not_a_profile_is_refused_by_every_reader(folder, text, expected):
    assert_refused(folder, text, expected)


def test_bytes_that_are_not_text_are_refused(folder):
    (folder / "bad.json").write_bytes(b'{"schema": "\xff\xfe"}')
    for argv in READERS.values():
        answer = call(folder, *argv)
        answer.assert_answered((2,))
        assert "not UTF-8" in answer.last


def column(name: str, index: int, value: int) -> Any:
    """Return a change of one entry of a column of the tree."""
    return lambda p: p["tree"][name].__setitem__(index, value)


def changed(change: Any) -> str:
    data = profile_to_plain(large_profile(40))
    change(data)
    return json.dumps(data)


WRONG = {
    "a column is cut": (lambda p: p["tree"]["phase_ids"].pop(), "tree.phase_ids has 39 entries"),
    "a column goes on": (lambda p: p["tree"]["self_us"].append(1), "tree.self_us has 41"),
    "a name that is not there": (column("name_ids", 3, 99), "name_ids[3]"),
    "a name before the first": (column("name_ids", 3, -1), "name_ids[3]"),
    "a phase that is not there": (column("phase_ids", 0, 7), "phase_ids[0]"),
    "no phases": (lambda p: p["tree"]["phases"].clear(), "phase_ids[0]"),
    "its own parent": (column("parents", 5, 5), "parents[5] is 5"),
    "a cycle": (column("parents", 2, 6), "parents[2] is 6"),
    "a parent before the first": (column("parents", 5, -2), "parents[5]"),
    "a parent elsewhere": (column("parents", -1, 0), "parents[39] is 0"),
    "a figure past 64 bits": (column("self_us", 0, LARGE), "tree.self_us"),
    "times that add up past 64 bits": (column("self_us", 0, 2**63 - 1), "self_us adds up to"),
    "a phase of ages": (
        lambda p: p["phases"][1].update(cpu_us=2**63 - 1), "phases[1] lasts longer"
    ),
    "a time past 64 bits": (lambda p: p.update(speed_us=LARGE), "speed_us is a whole number of"),
    "a float past all bits": (
        lambda p: p["function_init"].update(unattributed_share=10**400), "of more than 64 bits"
    ),
    "a negative time": (lambda p: p["function_init"].update(wall_us=-1), "wall_us is -1"),
    "no speed": (lambda p: p.update(speed_us=0), "speed_us is 0"),
    "an interval upside down": (
        lambda p: p["function_init"]["cpu_us"].update(low=9e9), "cpu_us is not in order"
    ),
    "a confidence of nearly 0": (
        lambda p: p["function_init"]["cpu_us"].update(confidence=5e-324), "cpu_us.confidence is"
    ),
    "a confidence of nearly 1": (
        lambda p: p["function_init"]["cpu_us"].update(confidence=1 - 2**-53), "cpu_us.confidence"
    ),
    "a phase of centuries": (
        lambda p: p["phases"][0].update(cpu_us=2**63 - 1), "lasts longer than a launch can take"
    ),
    "modules of centuries": (column("self_us", 3, 2**62), "tree.self_us adds up to more time than"),
    "a name of no node": (lambda p: p["tree"]["names"].append("x"), "is the name of no node"),
    "memory that Lambda lacks": (lambda p: p["settings"].update(memory_mb=0), "memory_mb is 0"),
    "a processor that Lambda lacks": (lambda p: p["settings"].update(arch="vax"), "arch is 'vax'"),
    "a package that is none": (lambda p: p["settings"].update(package_type="tar"), "package_type"),
    "a runtime that is none": (lambda p: p["settings"].update(runtime="nodejs"), "runtime is"),
    "a version that is none": (
        lambda p: p["environment"].update(python_version="three"), "python_version is 'three'"
    ),
    "true for a number": (lambda p: p["settings"].update(memory_mb=True), "memory_mb should be"),
    "a number for true": (
        lambda p: p["graph"]["edges"][0].update(cached=1), "cached should be true or false"
    ),
    "no graph but a list": (lambda p: p.update(graph=[]), "graph should be an object"),
    "a kind to come": (lambda p: p["graph"]["edges"][0].update(kind="eval"), "kind is 'eval'"),
    "null for a list": (lambda p: p["tree"].update(names=None), "tree.names should be a list"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), WRONG.values(), ids=WRONG)
def test_a_profile_that_cannot_be_is_refused_with_the_place(folder, change, expected):
    assert_refused(folder, changed(change), expected)


HUNTED = {
    bool: (0, 1, "true", None),
    int: (-1, 0, -(2**63), 2**63 - 1, 2**63, LARGE, 1.5, True, "1", None, [1]),
    float: (float("nan"), float("inf"), -1.0, 1e308, -1e308, 5e-324, 10**400, "0", None),
    str: ("", "x" * 300, "\0", "\ud800", "../../etc", "\x1b]0;x\x07\n::error::y", "3", None, 5),
    list: ([], None, {}, [None], "cut", "twice", "turned"),
    dict: ({}, None, []),
    type(None): (0, "", [], {}),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Return every place of a document with its value, the ends of each list only."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index in sorted({0, len(value) // 2, len(value) - 1} & set(range(len(value)))):
            yield from places(value[index], (*path, index))


def damaged(path: tuple[Any, ...], other: Any) -> str:
    data = copy.deepcopy(profile_to_plain(large_profile(60)))
    above = data
    for key in path[:-1]:
        above = above[key]
    value = above[path[-1]]
    turned = {"cut": lambda: value[:-1], "twice": lambda: value * 2, "turned": lambda: value[::-1]}
    is_turn = isinstance(value, list) and isinstance(other, str)
    above[path[-1]] = turned[other]() if is_turn else other
    return json.dumps(data)


def damages() -> list[tuple[tuple[Any, ...], Any]]:
    """Return each place with each of the values that do not belong there."""
    whole = profile_to_plain(large_profile(60))
    return [(path, other) for path, value in places(whole) if path for other in HUNTED[type(value)]]


@pytest.mark.unhurried
@pytest.mark.sweep
@pytest.mark.parametrize(("path", "other"), sample(damages(), 25, repr), ids=repr)
def test_no_damage_is_a_fault_of_importcosts(folder, path, other):
    for answer in answers(folder, damaged(path, other)):
        answer.assert_answered()
        if answer.code == 0:
            assert "nan" not in answer.out.lower().split()


@pytest.mark.unhurried
def test_a_profile_that_is_damaged_at_random_is_read_or_refused(folder):
    """Bytes lost, doubled and changed, as by a disk or a merge."""
    rng = random.Random(5)
    text = json.dumps(profile_to_plain(small_profile()))
    for _ in range(30):
        place, length = rng.randrange(len(text)), rng.randrange(1, 40)
        part = rng.choice(["", "0", "-", "]", text[place : place + 2 * length]])
        (folder / "bad.json").write_text(text[:place] + part + text[place + length :])
        for name in ("estimate", "view", "diff"):
            call(folder, *READERS[name]).assert_answered()


def test_a_profile_from_a_log_is_read(folder):
    profile = profile_from_plain(profile_to_plain(small_profile()))
    assert profile == small_profile()
