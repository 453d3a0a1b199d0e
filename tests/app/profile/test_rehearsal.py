"""Everything that init lacks is supplied before the figures, or named in full; every command does
the same.
"""

from __future__ import annotations

import sys

import pytest

from importcost.app.defer.why import why_measured
from importcost.app.profile.measured import profile_handler
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import ProfileRequest
from importcost.app.snapstart.check import check_snapstart
from importcost.errors import HandlerError
from importcost.measure.session import Session
from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.model.profile import RunKind
from tests.harness import write_files

pytestmark = pytest.mark.usefixtures("few_launches")


class Notes:
    """A listener that keeps the notes and counts the launches that are told of."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)

    def detail(self, message: str) -> None:
        """Drop what only --verbose shows."""

    def progress(self, progress) -> None:
        pass


def request(root, text, **options):
    write_files(root, {"handler.py": text})
    values = {"runner": "local", "python": sys.executable, "runs": 5, **options}
    return ProfileRequest(target=str(root / "handler.py"), **values)


READS = "import os\nTABLE = os.environ['TABLE_NAME']\nLIMIT = int(os.environ['PAGE_LIMIT'])\n"


@pytest.mark.unhurried
def test_a_profile_is_made_with_placeholders_and_keeps_them(tmp_path):
    notes = Notes()
    profile = profile_handler(request(tmp_path, READS), notes)
    found = {one.name: (one.value, one.line) for one in profile.supplies.placeholders}
    assert found == {"TABLE_NAME": ("importcost-table-name", 2), "PAGE_LIMIT": ("1", 3)}
    assert "TABLE_NAME, PAGE_LIMIT" in " ".join(notes.notes)
    assert profile_from_plain(profile_to_plain(profile)).supplies == profile.supplies
    assert sum(run.kind is RunKind.GRAPH for run in profile.runs) == 1


@pytest.mark.unhurried
def test_a_variable_that_is_given_is_no_placeholder(tmp_path):
    given = request(tmp_path, READS, environment={"TABLE_NAME": "orders"})
    with open_rehearsed(given, Notes()) as bench:
        assert [one.name for one in bench.provenance.supplies.placeholders] == ["PAGE_LIMIT"]
        assert bench.environment == {"TABLE_NAME": "orders", "PAGE_LIMIT": "1"}


@pytest.mark.unhurried
def test_without_placeholders_the_error_names_all_variables(tmp_path):
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, READS, placeholders=False), Notes())
    message = str(caught.value)
    assert "TABLE_NAME (handler.py line 2) and PAGE_LIMIT (handler.py line 3)" in message
    assert "--env TABLE_NAME=VALUE --env PAGE_LIMIT=VALUE or --env-file FILE" in message
    assert "KeyError" in caught.value.traceback_text


@pytest.mark.unhurried
def test_all_missing_modules_stand_in_one_error(tmp_path):
    text = "import json\nimport nowhere_x\nfrom aws_lambda_powertools_x import Logger\n"
    (tmp_path / "requirements.txt").write_text("")
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, text), Notes())
    message = str(caught.value)
    assert "nowhere_x (handler.py line 2)" in message
    assert "aws_lambda_powertools_x (handler.py line 3, " in message
    assert "--with" in message
    assert "requirements.txt" in message


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import jsn\n", "jsn (handler.py line 1, json may be meant): correct the import"),
        ("import reqeusts\n", "reqeusts (handler.py line 1, requests may be meant): correct"),
        ("import utlis\n", "utlis (handler.py line 1, utils may be meant): correct"),
        (
            "import yaml.lodaer\n",
            "yaml.lodaer (handler.py line 1, the installed PyYAML has no such module): correct",
        ),
        ("import jsn, nowhere_x\n", "jsn (handler.py line 1, json may be meant) and nowhere_x"),
    ],
)
def test_a_misspelt_import_is_told_as_that(tmp_path, text, words):
    write_files(tmp_path, {"utils.py": "", "yaml/__init__.py": ""})
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, text), Notes())
    assert words in str(caught.value)
    assert "--with PyYAML" not in str(caught.value)


@pytest.mark.unhurried
def test_a_placeholder_that_cannot_pass_is_told_as_that(tmp_path):
    text = (
        "import os\nfrom enum import Enum\nclass Kind(Enum):\n    A = 'alpha'\n"
        "Kind(os.environ['RUN_KIND'])\n"
    )
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, text), Notes())
    assert "placeholder for RUN_KIND (importcost-run-kind) did not pass" in str(caught.value)
    assert "--env RUN_KIND=VALUE" in str(caught.value)


@pytest.mark.unhurried
def test_a_failure_for_another_reason_is_told_within_one_launch(tmp_path, monkeypatch):
    def no_diagnosis(*_):
        raise AssertionError("a diagnosis was launched")

    monkeypatch.setattr("importcost.app.profile.rehearsal.diagnose", no_diagnosis)
    with pytest.raises(HandlerError, match="ZeroDivisionError"):
        profile_handler(request(tmp_path, "1 / 0\n"), Notes())


@pytest.mark.unhurried
def test_why_and_snapstart_get_placeholders_too(tmp_path):
    text = READS + "import json\n"
    assert why_measured(request(tmp_path, text), "json", 3, Notes()).profile.supplies.placeholders
    report = check_snapstart(request(tmp_path, text), 30, Notes())
    assert report.init_us > 0


@pytest.mark.unhurried
def test_image_packages_keep_their_bytecode_with_placeholders(tmp_path):
    text = READS + "KEY = os.environ.get('KEY_NAME').lower()\n"
    profile = profile_handler(request(tmp_path, text, package_type="image"), Notes())
    names = [one.name for one in profile.supplies.placeholders]
    assert names == ["TABLE_NAME", "PAGE_LIMIT", "KEY_NAME"]


def test_an_image_package_fails_within_one_launch(tmp_path, monkeypatch):
    launched = []

    def launch(session, *words):
        launched.append(words[0])
        return real(session, *words)

    real = Session._launch
    monkeypatch.setattr(Session, "_launch", launch)
    with pytest.raises(HandlerError, match="ZeroDivisionError"):
        profile_handler(request(tmp_path, "1 / 0\n", package_type="image"), Notes())
    assert launched == ["warm-up"]


@pytest.mark.unhurried
def test_an_image_package_gets_a_variable_that_was_read_softly(tmp_path):
    text = "import os\nKEY = os.environ.get('KEY_NAME').lower()\n"
    profile = profile_handler(request(tmp_path, text, package_type="image"), Notes())
    assert [one.name for one in profile.supplies.placeholders] == ["KEY_NAME"]
