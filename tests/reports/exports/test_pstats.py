"""The pstats file: readable by pstats itself, one key a frame, callers that agree."""

from __future__ import annotations

import io
import pstats
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from snakeviz.stats import json_stats, table_rows

from importcost.reports.exports.formats import render
from importcost.reports.exports.frames import build_frames
from tests.reports.export_profiles import FIXED, expected_total_us, profiles
from tests.reports.page_factory import estimate_of, facts_of
from tests.sampling import examples


def load(profile) -> tuple[pstats.Stats, io.StringIO]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "x.prof"
        data = render("pstats", profile, estimate_of(profile), facts_of(profile))
        assert isinstance(data, bytes)
        file.write_bytes(data)
        text = io.StringIO()
        return pstats.Stats(str(file), stream=text), text


def check_pstats(profile):
    stats, _ = load(profile)
    table, frames = stats.stats, build_frames(profile)
    assert len(table) == len(frames)
    first, *others = table
    assert table[first][4] == {}
    assert table[first][3] * 1e6 == pytest.approx(expected_total_us(profile))
    assert stats.total_tt * 1e6 == pytest.approx(expected_total_us(profile))
    below: dict[tuple[str, int, str], float] = dict.fromkeys(table, 0.0)
    for key in others:
        primitive, calls, own, cumulative, callers = table[key]
        assert (primitive, calls) == (1, 1)
        assert cumulative >= own >= 0
        ((caller, times),) = callers.items()
        assert times == (1, 1, own, cumulative)
        below[caller] += cumulative
    for key, below_s in below.items():
        assert table[key][3] == pytest.approx(table[key][2] + below_s, abs=1e-9)
    return stats


@pytest.mark.parametrize("key", FIXED)
def test_a_fixed_profile_loads_with_callers_that_agree(key):
    check_pstats(FIXED[key])


@settings(max_examples=examples(40), deadline=None)
@given(profiles())
def test_any_profile_loads_with_callers_that_agree(profile):
    check_pstats(profile)


@settings(max_examples=examples(40), deadline=None)
@given(profiles())
def test_readers_that_join_or_strip_keys_still_tell_all_frames_apart(profile):
    stats, _ = load(profile)
    frames = len(build_frames(profile))
    assert len(json_stats(stats)) == frames
    assert len({row[6] for row in table_rows(stats)}) == frames
    stripped = {row[5] for row in table_rows(stats)}
    assert len(stripped) == frames
    assert len(load(profile)[0].strip_dirs().stats) == frames


@pytest.mark.parametrize("key", ["small", "hostile", "self-nested", "empty"])
def test_pstats_prints_it(key):
    stats, text = load(FIXED[key])
    stats.sort_stats("cumulative").print_stats()
    stats.print_callers()
    text.getvalue().encode("utf-8")
    assert "cold start of" in text.getvalue()


def test_a_name_inside_itself_is_numbered():
    names = [key[2] for key in load(FIXED["self-nested"])[0].stats]
    same = [name for name in names if name.startswith("same")]
    assert same == ["same", "same (2)", "same (3)", "same (4)", "same (5)"]


def test_no_name_can_end_the_script_it_is_written_into():
    stats, _ = load(FIXED["hostile"])
    for file, _, name in stats.stats:
        assert "<" not in file + name
        assert (file + name).isprintable()


def test_a_key_names_the_import_statement():
    keys = {key[2]: key[:2] for key in load(FIXED["small"])[0].stats}
    assert keys["boto3"][0] == "orders/store.py"
    assert keys["boto3"][1] > 0
