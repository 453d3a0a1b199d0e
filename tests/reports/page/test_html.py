from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

import importcost
from importcost.model.profile import Profile
from importcost.reports.page.assets import templates_folder
from importcost.reports.page.data import page_data
from importcost.reports.page.html import render_html
from importcost.reports.text import printable_lines
from importcost.secrecy import with_strings
from tests.harness import PATIENCE_S
from tests.reports.page_factory import (
    deep_log_profile,
    empty_profile,
    estimate_of,
    facts_of,
    hostile_profile,
    large_profile,
    small_profile,
)

PROFILES = {"small": small_profile, "hostile": hostile_profile, "empty": empty_profile}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    closed: bool = True

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        self.closed = False

    def handle_endtag(self, tag: str) -> None:
        self.closed = True

    def handle_data(self, data: str) -> None:
        if not self.closed:
            self.elements[-1].text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]


def render(profile: Profile) -> str:
    return render_html(profile, estimate_of(profile), facts_of(profile))


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]()


def test_the_page_holds_the_data_and_one_script(profile: Profile) -> None:
    scripts = parsed(render(profile)).all("script")
    kinds = [script.attributes.get("type") for script in scripts]
    assert kinds == ["application/json", None, "application/json"]
    expected = json.loads(json.dumps(page_data(profile, estimate_of(profile), facts_of(profile))))
    data, details = (json.loads(scripts[place].text) for place in (0, 2))
    assert {**data, "modules": details} == with_strings(expected, printable_lines)


def test_the_file_is_utf8_whatever_the_names(profile: Profile) -> None:
    assert render(profile).encode("utf-8")


def test_the_policy_allows_exactly_the_inlined_script_and_style(profile: Profile) -> None:
    html = render(profile)
    page = parsed(html)
    policy = page.all("meta")[1].attributes["content"] or ""

    def source(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert "\r" not in html
    assert "default-src 'none'" in policy
    assert f"script-src {source(page.all('script')[1].text)};" in policy
    assert f"style-src {source(page.all('style')[0].text)};" in policy
    assert "unsafe" not in policy


def test_nothing_is_loaded_and_nothing_is_styled_in_attributes(profile: Profile) -> None:
    page = parsed(render(profile))
    for element in page.elements:
        assert "style" not in element.attributes
        assert "src" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        href = element.attributes.get("href") or "#"
        assert href.startswith(("#", "data:image/svg+xml,"))
    style = page.all("style")[0].text
    assert not re.search(r"url\(|@import", style)


def test_the_script_has_no_way_to_parse_markup_or_reach_the_network() -> None:
    script = parsed(render(small_profile())).all("script")[2].text
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    network = r"\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bimport\(|https?://"
    assert not re.search(f"{sinks}|{network}", script)


def test_hostile_names_stay_inside_the_data() -> None:
    page = parsed(render(hostile_profile()))
    assert len(page.all("script")) == 3
    assert not page.all("img")
    assert not page.all("svg")
    outside = "".join(
        e.text for e in page.elements if e.attributes.get("id") not in ("data", "details")
    )
    assert "__pwned" not in outside


def test_without_script_the_page_says_what_is_billed() -> None:
    assert "Billed init: 406 ms" in render(small_profile())


@pytest.mark.slow
def test_twenty_thousand_nodes_stay_within_the_size_limit() -> None:
    assert len(render(large_profile()).encode()) < 1.2 * 2**20


@pytest.mark.slow
def test_a_log_of_twenty_thousand_deep_names_stays_within_the_size_limit() -> None:
    profile = deep_log_profile()
    assert sum(map(len, profile.tree.names)) > 2.5 * 2**20
    assert len(render(profile).encode()) < 1.3 * 10**6


@pytest.mark.unhurried
def test_commands_that_write_no_page_do_not_load_jinja() -> None:
    code = "import sys, importcost.reports.page.html; sys.exit('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S)
    assert done.returncode == 0


@pytest.mark.parametrize("place", ["site-packages/importcost/templates", "repo/templates"])
def test_templates_are_found_in_a_wheel_and_beside_src(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = place.partition("/")[0]
    package = tmp_path / (
        f"{top}/importcost" if top == "site-packages" else f"{top}/src/importcost"
    )
    package.mkdir(parents=True)
    (tmp_path / place).mkdir(exist_ok=True)
    monkeypatch.setattr(importcost, "__file__", str(package / "__init__.py"))
    assert templates_folder.__wrapped__() == tmp_path / place


def test_an_incomplete_installation_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importcost, "__file__", str(tmp_path / "a/b/importcost/__init__.py"))
    with pytest.raises(FileNotFoundError, match="reinstall"):
        templates_folder.__wrapped__()


def test_the_first_frame_waits_for_what_stands_behind_the_script() -> None:
    """A frame drawn before would be empty, and delay the full one."""
    profile = small_profile()
    page = render_html(profile, estimate_of(profile), facts_of(profile))
    awaited = re.search(r'<link rel="expect" href="#(\w+)" blocking="render">', page)
    assert awaited
    assert page.index(awaited[0]) < page.index("<body>")
    assert page.count(f'id="{awaited[1]}"') == 1
    script_end = page.index("</script>", page.index("<script>"))
    details = page.index('id="details"')
    # What nothing drawn at first needs comes after it, so that the frame does not wait for it.
    assert script_end < page.index(f'id="{awaited[1]}"') < details
