"""The most that lazy imports could save: where Python 3.15 is looked for, and what is said."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from importcost.app.defer.lazy import upper_bound as module
from importcost.app.defer.lazy.upper_bound import find_python, upper_bound
from importcost.app.profile.request import ProfileRequest
from importcost.errors import MeasurementError
from importcost.model.advice import Advice, LazyBound, Verification
from importcost.model.interval import Interval
from importcost.reports.page.changes import proof_text
from importcost.reports.terminal.lazy_advice import bound_lines
from importcost.reports.text import Palette
from tests.harness import Handler, interpreter_facts, interpreters, write_files
from tests.reports.page_factory import advised_profile, small_profile


class Silent:
    def note(self, message):
        pass

    detail = progress = note


def executable(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.15",
        "home/.pyenv/versions/3.15.2/bin/python3.15",
        "home/.local/share/uv/python/cpython-3.15.2-linux/bin/python3.15",
        None,
    ],
)
def test_python_315_is_looked_for_on_path_and_where_managers_keep_it(place, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    executable(tmp_path / "bin" / "python3.14")
    wanted = executable(tmp_path / place) if place else None
    assert find_python() == wanted


def bench_of(root, python):
    session = Handler(root, python=python).session()
    prepared = SimpleNamespace(interpreter=interpreter_facts(python))
    return SimpleNamespace(
        runner=session._runner, subject=session._subject, prepared=prepared, request=None
    )


def test_every_python_315_here_measures_the_bound(tmp_path, monkeypatch):
    """For a handler measured with it, and for one measured with an older one."""
    root = write_files(tmp_path, {"handler.py": "import csv\nimport wave\n"})
    versions = {one: interpreter_facts(one).minor_version for one in interpreters()}
    lazy = [one for one in versions if tuple(map(int, versions[one].split("."))) >= (3, 15)]
    for python in lazy:
        monkeypatch.setattr(module, "find_python", lambda found=python: found)
        for measured in (python, interpreters()[0]):
            bound = upper_bound(bench_of(root, measured), Silent(), 5.0)
            assert bound.reason is None
            assert bound.python.startswith("3.15")
            assert {"csv", "wave"} <= set(bound.verification.gone)


def test_without_a_python_315_the_reason_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise MeasurementError("docker is not running. Start it.")

    root = write_files(tmp_path, {"handler.py": ""})
    monkeypatch.setattr(module, "find_python", lambda: None)
    monkeypatch.setattr(module, "open_bench", refuse)
    older = [one for one in interpreters() if interpreter_facts(one).minor_version != "3.15"]
    bench = bench_of(root, older[0])
    bench.request = ProfileRequest("handler.py")
    bound = upper_bound(bench, Silent(), 5.0)
    assert bound.verification is None
    assert "no Python 3.15 on this machine" in bound.reason
    assert "docker is not running" in bound.reason


SAVED = Verification(Interval(1_000.0, 2_000.0, 3_000.0), 2_000.0, 5, (), original_us=8_000.0)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (None, ""),
        (LazyBound("3.15.2", SAVED), "Upper bound: 2.0 ms (1.0 to 3.0 in 5 pairs) verified, 25%"),
        (LazyBound("3.15.2", SAVED), "(-X lazy_imports=all, Python 3.15.2)."),
        (
            LazyBound(None, None, "nothing was found"),
            "Upper bound: not measured: nothing was found.",
        ),
    ],
)
def test_the_bound_is_said_with_its_python_or_its_reason(bound, words):
    advice = Advice((), (), None, None, lazy_bound=bound)
    profile = replace(small_profile(), advice=advice)
    lines = bound_lines(profile, Palette(colour=False), 200)
    assert words in " ".join(lines)
    assert bool(lines) == (bound is not None)


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [
        (
            LazyBound("3.15.2", SAVED),
            "Upper bound, every import lazy on Python 3.15.2: 2 ms (1 to 3).",
        ),
        (
            LazyBound(None, None, "nothing was found"),
            "The upper bound of lazy imports was not measured: nothing was found.",
        ),
        (
            LazyBound("3.15.2", replace(SAVED, failure="it does not start")),
            "The upper bound of lazy imports is not known: it does not start.",
        ),
    ],
)
def test_the_page_says_the_bound_beside_the_proof(bound, sentence):
    plain = advised_profile()
    profile = replace(plain, advice=replace(plain.advice, lazy_bound=bound))
    assert proof_text(profile) == f"{proof_text(plain)} {sentence}"
