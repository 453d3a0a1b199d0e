"""Every saved input is read again by its target; each once found a defect, or reaches odd code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drive import CORPUS, Watched, saved_inputs
from tests.fuzz.targets import TARGETS

SAVED = [(name, file) for name in TARGETS for file in saved_inputs(name)]


@pytest.mark.parametrize(
    ("name", "file"), SAVED, ids=[f"{name} {file.name}" for name, file in SAVED]
)
def test_a_saved_input_is_read_or_refused(name, file):
    TARGETS[name](file.read_bytes())


def test_every_saved_input_has_a_target_and_every_target_has_inputs():
    assert {one.name for one in CORPUS.iterdir()} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name):
    target = TARGETS[name]

    @given(st.binary(max_size=300))
    def look(data: bytes) -> None:
        target(data)

    look()


def test_the_driver_keeps_what_raises_once_for_each_place(tmp_path, monkeypatch, capsys):
    def breaks(data: bytes) -> None:
        if data:
            raise ZeroDivisionError(len(data))

    monkeypatch.setitem(TARGETS, "broken", breaks)
    watched = Watched("broken", tmp_path, 3)
    for data in (b"", b"one", b"two"):
        watched(data)
    (defect,) = watched.defects.values()
    assert (tmp_path / defect).read_bytes() == b"one"
    assert "ZeroDivisionError: 3" in (tmp_path / f"{defect}.txt").read_text()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["inputs"], list(told["found"].values())) == (3, [defect])
