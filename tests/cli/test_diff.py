from __future__ import annotations

import json
from pathlib import Path

import pytest

from importcost.cli.group import cli
from importcost.errors import UsageError
from importcost.model.profile import Profile
from importcost.reports.json_ import render_json
from tests.commands import click_runner
from tests.reports.page_factory import changed_profile, estimate_of, small_profile


@pytest.fixture
def saved(tmp_path: Path) -> tuple[str, str]:
    def save(name: str, profile: Profile) -> str:
        path = tmp_path / name
        path.write_text(render_json(profile, estimate_of(profile)), encoding="utf-8")
        return str(path)

    return save("base.json", small_profile()), save("head.json", changed_profile())


def test_the_summary_goes_to_stdout_and_the_page_to_its_file(
    saved: tuple[str, str], tmp_path: Path
) -> None:
    page, data = tmp_path / "d.html", tmp_path / "d.json"
    done = click_runner().invoke(cli, ["diff", *saved, "-o", str(page), "-o", str(data)])
    assert done.exit_code == 0
    assert done.stdout.startswith("Slower: one cold start bills")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(data.read_text(encoding="utf-8"))["verdict"] == "slower"


def test_a_dash_is_json_on_stdout_and_nothing_else(saved: tuple[str, str]) -> None:
    done = click_runner().invoke(cli, ["diff", *saved, "-o", "-"])
    assert json.loads(done.stdout)["schema"] == "importcost-difference"
    assert "Slower" in done.stderr


@pytest.mark.parametrize("name", ["d.svg", "d", "d.prof"])
def test_other_suffixes_are_refused_before_anything_is_read(name: str) -> None:
    done = click_runner().invoke(cli, ["diff", "missing.json", "missing.json", "-o", name])
    assert isinstance(done.exception, UsageError)
    assert ".html or .json" in str(done.exception)


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "none.json")
    done = click_runner().invoke(cli, ["diff", path, path])
    assert isinstance(done.exception, UsageError)
    assert "none.json" in str(done.exception)
