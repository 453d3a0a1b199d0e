"""The dependencies of installed distributions, and the visible part of an environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importcost.measure.deployed.distributions import (
    IMPORTCOST,
    closure,
    installed_distributions,
    marker_environment,
    needed_by_importcost_alone,
    unsatisfied_by,
)
from importcost.measure.deployed.environment_view import VIEW_PREFIX, Visible, open_view
from tests.harness import write_files
from tests.packages import installed

MARKERS = marker_environment("3.12.1")


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("My_Package>=1.0", False),
        ("my-package==2.0", True),
        ("other", True),
        ("other; python_version < '3.0'", False),
        ("my-package @ https://example.invalid/x.whl", True),
    ],
)
def test_what_is_installed_need_not_be_installed(tmp_path, line, missing):
    installed(tmp_path, "my-package", "1.5")
    assert (
        bool(closure([line], installed_distributions([str(tmp_path)]), MARKERS).missing) is missing
    )


def test_a_closure_follows_needs_and_the_extras_asked_for(tmp_path):
    needs = ("base", "fast; extra == 'speed'", "slow; extra == 'other'", "old; python_version<'3'")
    installed(tmp_path, "app", needs=needs, extras=("speed", "other"))
    for name in ("base", "fast", "slow", "unrelated"):
        installed(tmp_path, name)
    found = installed_distributions([str(tmp_path)])
    assert closure(["app"], found, MARKERS).names == {"app", "base"}
    assert closure(["app[speed]"], found, MARKERS).names == {"app", "base", "fast"}
    assert closure(["app", "app[speed]"], found, MARKERS).names == {"app", "base", "fast"}


def test_a_need_that_is_not_met_further_down_is_missing(tmp_path):
    installed(tmp_path, "app", needs=("base>=2",))
    installed(tmp_path, "base", "1.0")
    assert closure(["app"], installed_distributions([str(tmp_path)]), MARKERS).missing == (
        "base>=2",
    )


def test_the_first_folder_wins(tmp_path):
    installed(tmp_path / "a", "pkg", "2.0")
    installed(tmp_path / "b", "pkg", "1.0")
    found = installed_distributions([str(tmp_path / "a"), str(tmp_path / "b")])
    assert found["pkg"].version == "2.0"


def test_importcost_goes_with_what_only_it_needs(tmp_path):
    installed(tmp_path, IMPORTCOST, needs=("click", "jinja2", "snakeviz"))
    installed(tmp_path, "snakeviz", needs=("tornado",))
    installed(tmp_path, "jinja2", needs=("markupsafe",))
    installed(tmp_path, "flask", needs=("click",))
    installed(tmp_path, "tornado", requested=True)
    for name in ("click", "markupsafe", "pip", "setuptools"):
        installed(tmp_path, name)
    hidden = needed_by_importcost_alone(installed_distributions([str(tmp_path)]), MARKERS)
    # flask needs click too, and somebody asked for tornado by name.
    assert hidden == {IMPORTCOST, "snakeviz", "jinja2", "markupsafe", "pip", "setuptools"}


def test_setuptools_stays_where_something_needs_it(tmp_path):
    installed(tmp_path, "setuptools")
    installed(tmp_path, "pip")
    installed(tmp_path, "legacy", needs=("setuptools",))
    found = installed_distributions([str(tmp_path)])
    assert needed_by_importcost_alone(found, MARKERS) == {"pip"}


def test_an_environment_without_importcost_hides_its_installers_only(tmp_path):
    installed(tmp_path, "pip", requested=True)
    installed(tmp_path, "click")
    found = installed_distributions([str(tmp_path)])
    assert needed_by_importcost_alone(found, MARKERS) == {"pip"}


def test_versions_that_do_not_go_together(tmp_path):
    installed(tmp_path, "boto3", "1.42.0", needs=("botocore>=1.42,<1.43", "absent"))
    installed(tmp_path, "botocore", "1.29.0")
    found = installed_distributions([str(tmp_path)])
    assert unsatisfied_by(found["boto3"], found, MARKERS) == ("botocore>=1.42,<1.43",)
    assert unsatisfied_by(found["botocore"], found, MARKERS) == ()


@pytest.fixture
def site(tmp_path) -> Path:
    """An environment with a plain package, a namespace shared by two, and loose files."""
    folder = tmp_path / "lib" / "site-packages"
    installed(folder, "plain", files=("plain/__init__.py", "plain/data/x.json"))
    installed(folder, "single", files=("single.py", "__pycache__/single.cpython-312.pyc"))
    installed(folder, "ns-a", files=("ns/a/__init__.py", "ns/shared.pth"))
    installed(folder, "ns-b", files=("ns/b/__init__.py", "b.pth"))
    write_files(folder, {"loose.py": "", "_virtualenv.py": "", "loose.pth": "../beside\n"})
    return folder


def shown(view: str) -> set[str]:
    found = set()
    for folder, names, files in os.walk(view, followlinks=True):
        names[:] = [name for name in names if not name.endswith(".dist-info")]
        found |= {str(Path(folder, name).relative_to(view)) for name in files}
    return found


def test_a_view_shows_the_visible_alone(site, tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    found = installed_distributions([str(site)])
    visible = Visible(found, frozenset(("plain", "ns-a", "single")), is_open=False)
    with open_view([str(site)], visible) as views:
        ((view, folder),) = views
        assert folder == str(site)
        assert shown(view) == {
            "plain/__init__.py",
            "plain/data/x.json",
            "single.py",
            "__pycache__/single.cpython-312.pyc",
            "ns/a/__init__.py",
            "ns/shared.pth",
        }
        assert (Path(view) / "plain").is_symlink()
        assert not (Path(view) / "ns").is_symlink()
    assert not Path(view).exists()
    assert (site / "plain/__init__.py").exists()


def test_an_open_view_shows_what_belongs_to_nobody(site, tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    found = installed_distributions([str(site)])
    with open_view([str(site)], Visible(found, frozenset(found), is_open=True)) as ((view, _),):
        names = shown(view)
        assert {"loose.py", "loose.pth", "b.pth", "ns/b/__init__.py"} <= names
        assert "_virtualenv.py" not in names
        # A path that is relative to the real folder stays the same one.
        assert Path(view, "loose.pth").read_text() == f"{site.parent / 'beside'}\n"


def test_a_folder_of_which_nothing_is_visible_has_no_view(site, tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    found = installed_distributions([str(site)])
    with open_view([str(site)], Visible(found, frozenset(), is_open=False)) as views:
        assert views == ()


def test_the_views_of_a_killed_process_are_swept(site, tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    left = tmp_path / "cache/views" / f"{VIEW_PREFIX}999999999-x"
    mine = tmp_path / "cache/views" / f"{VIEW_PREFIX}{os.getpid()}-x"
    left.mkdir(parents=True)
    mine.mkdir()
    found = installed_distributions([str(site)])
    with open_view([str(site)], Visible(found, frozenset(found), is_open=False)):
        assert not left.exists()
        assert mine.exists()


def test_a_cache_that_cannot_be_written_does_not_keep_a_view_from_being_made(
    site, tmp_path, monkeypatch
):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    found = installed_distributions([str(site)])
    with open_view([str(site)], Visible(found, frozenset(found), is_open=False)) as ((view, _),):
        assert "plain/__init__.py" in shown(view)
    assert not Path(view).exists()
