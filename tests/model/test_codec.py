"""The saved form of a profile: back and forth, and true to its published schema."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib import resources

import jsonschema
import pytest

from importcost.billing.figures.platforms import load_platforms
from importcost.errors import UsageError
from importcost.model.codec import profile_from_plain, profile_schema, profile_to_plain, to_plain
from tests.reports.page_factory import hostile_profile, small_profile


@pytest.mark.parametrize("make", [small_profile, hostile_profile])
def test_a_saved_profile_reads_back_the_same(make):
    profile = make()
    text = json.dumps(profile_to_plain(profile))
    assert profile_from_plain(json.loads(text)) == profile


def test_a_saved_profile_fits_the_schema():
    jsonschema.validate(profile_to_plain(small_profile()), profile_schema())


def test_the_published_schema_is_the_codes():
    data = resources.files("importcost.reports").joinpath(
        "data", "importcost-profile-1.schema.json"
    )
    assert json.loads(data.read_text(encoding="utf-8")) == profile_schema()


def broken(change):
    data = profile_to_plain(small_profile())
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data.update(schema="other"), "not an importcost profile"),
        (lambda data: data.update(schema_version=99), "schema version is 99"),
        (lambda data: data.pop("phases"), "profile.phases is missing"),
        (lambda data: data["settings"].update(memory_mb="128"), "settings.memory_mb should be"),
        (lambda data: data["settings"].update(memory_mb=True), "settings.memory_mb should be"),
        (lambda data: data["tree"].update(names=[1]), "tree.names should have strings"),
        (lambda data: data["tree"].update(parents=["a"]), "tree.parents should have whole"),
        (lambda data: data["phases"][0].update(phase="lunch"), "phases[0].phase is 'lunch'"),
        (lambda data: data.update(runs={}), "profile.runs should be a list"),
    ],
)
def test_what_is_no_profile_is_named_by_its_place(change, expected):
    with pytest.raises(UsageError, match=expected.replace("[", r"\[").replace("]", r"\]")):
        profile_from_plain(broken(change))


def test_unknown_keys_are_ignored():
    data = {**profile_to_plain(small_profile()), "derived": {"estimate": 1}}
    assert profile_from_plain(data) == small_profile()


def test_a_profile_without_graph_or_target_reads_back():
    profile = replace(small_profile(), graph=None, target=None, speed_us=None)
    assert profile_from_plain(profile_to_plain(profile)) == profile


@pytest.mark.parametrize("name", sorted(load_platforms()))
def test_settings_that_a_platform_does_not_have_are_null(name):
    platform = load_platforms()[name]
    profile = small_profile()
    image = replace(profile.settings, platform=name, package_type="image", arch="x86_64")
    profile = replace(profile, settings=replace(image, memory_mb=128, region="us-east-1"))
    saved = profile_to_plain(profile)
    jsonschema.validate(saved, profile_schema())
    there = {
        "memory_mb": platform.memory is not None,
        "arch": bool(platform.arches),
        "package_type": bool(platform.package_types),
        "region": platform.has_regions,
    }
    assert {one: saved["settings"][one] is not None for one in there} == there
    assert profile_from_plain(json.loads(json.dumps(saved))) == profile
    older = {**saved, "settings": as_saved_before(profile.settings)}
    assert profile_from_plain(json.loads(json.dumps(older))) == profile


def as_saved_before(settings):
    """Return settings as they were saved when every platform had all of them."""
    return {one.name: to_plain(getattr(settings, one.name)) for one in fields(settings)}
