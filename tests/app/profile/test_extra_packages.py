"""`--with` installs for one run; a missing module is installed where that is safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from importcost.app.profile.extra_packages import parse_packages
from importcost.app.profile.measured import profile_handler
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.errors import HandlerError, MeasurementError, UsageError
from importcost.model.profile import WarningCode
from importcost.model.supplies import SuppliedPackage
from tests.app.profile.test_rehearsal import Notes, request

pytestmark = pytest.mark.usefixtures("few_launches")

WHEEL_METADATA = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any", needs: str = "") -> str:
    """Write a wheel with one module of its name and return its file."""
    import zipfile

    file = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {needs}\n" if needs else ""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"__version__ = '{version}'\n")
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", WHEEL_METADATA.replace("py3-none-any", tag))
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n")
    return str(file)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels in place of the package index, and a cache of its own."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


def cached(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").rglob("*-*.dist-info"))


@pytest.mark.unhurried
def test_with_installs_into_the_cache_for_this_run(tmp_path, index):
    wheel(index, "extra_one", "1.5", needs="extra_two")
    wheel(index, "extra_two", "2.0")
    asked = request(tmp_path / "task", "import extra_one, extra_two\n", packages=("extra_one<2",))
    profile = profile_handler(asked, Notes())
    assert profile.supplies.packages == (SuppliedPackage("extra_one<2", "extra_one 1.5"),)
    owners = {module.name: module.distribution for module in profile.graph.modules}
    assert (owners["extra_one"], owners["extra_two"]) == ("extra_one", "extra_two")
    assert profile.warnings == () or all(
        one.code is not WarningCode.SUPPLIED for one in profile.warnings
    )
    assert cached(tmp_path) == ["extra_one-1.5.dist-info", "extra_two-2.0.dist-info"]
    notes = Notes()
    with open_rehearsed(asked, notes):
        assert any("Using extra_one 1.5, installed for Python" in note for note in notes.notes)


@pytest.mark.unhurried
def test_requirements_go_before_what_is_asked_for_beside_them(tmp_path, index):
    wheel(index, "extra_one", "1.0")
    wheel(index, "extra_two", "2.0", needs="extra_one")
    wheel(index, "extra_one", "1.5")
    task = tmp_path / "task"
    task.mkdir()
    (task / "requirements.txt").write_text("extra_one==1.0\n")
    text = "import extra_one, extra_two\nassert extra_one.__version__ == '1.0'\n"
    with open_rehearsed(request(task, text, packages=("extra_two",)), Notes()) as bench:
        assert bench.rehearsed is not None


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "words"),
    [("no_such_name", "no_such_name"), ("extra_one==9", "extra_one==9")],
)
def test_what_cannot_be_installed_is_said_and_nothing_stays(tmp_path, index, text, words):
    wheel(index, "extra_one", "1.0")
    with pytest.raises(MeasurementError) as caught:
        profile_handler(request(tmp_path / "task", "x = 1\n", packages=(text,)), Notes())
    assert f"Installing {words} for Python" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").rglob("*partial*")) == []
    assert cached(tmp_path) == []


@pytest.mark.parametrize("text", ["", "-r file", "two words", "name==", "--pre"])
def test_what_is_no_requirement_is_refused(text):
    with pytest.raises(UsageError, match="is not a requirement"):
        parse_packages([text])


@pytest.mark.unhurried
def test_a_cache_that_cannot_be_written_is_said(tmp_path, index, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(blocked))
    wheel(index, "extra_one", "1.0")
    with pytest.raises(MeasurementError, match="cannot be written"):
        profile_handler(request(tmp_path / "task", "x = 1\n", packages=("extra_one",)), Notes())


@pytest.fixture
def known(monkeypatch):
    """Let the dated list know two modules that only the test's index has."""
    found = {"extra_one": "extra_one", "extra_two": "extra_two"}
    monkeypatch.setattr("importcost.targets.known_modules._known", lambda: found)


READS = "import extra_one\nimport os\nimport extra_two\nT = os.environ['TABLE']\n"


@pytest.mark.unhurried
def test_known_missing_modules_are_installed_where_nothing_says_what_is_deployed(
    tmp_path, index, known
):
    wheel(index, "extra_one", "1.0")
    wheel(index, "extra_two", "2.0")
    profile = profile_handler(request(tmp_path / "task", READS), Notes())
    assert [(one.module, one.installed) for one in profile.supplies.packages] == [
        ("extra_one", "extra_one 1.0"),
        ("extra_two", "extra_two 2.0"),
    ]
    assert [one.name for one in profile.supplies.placeholders] == ["TABLE"]
    (warning, _) = [one for one in profile.warnings if one.code is WarningCode.SUPPLIED]
    assert "extra_one is in no requirements file: measured with extra_one 1.0" in warning.message


@pytest.mark.unhurried
@pytest.mark.parametrize("options", [{"installs_missing": False}, {"installs": False}])
def test_nothing_is_installed_where_that_is_ruled_out(tmp_path, index, known, options):
    with pytest.raises(HandlerError, match="--with extra_one --with extra_two"):
        profile_handler(request(tmp_path / "task", READS, **options), Notes())
    assert cached(tmp_path) == []


@pytest.mark.unhurried
def test_a_module_that_is_not_on_the_list_is_never_guessed(tmp_path, index, known):
    wheel(index, "extra_one", "1.0")
    wheel(index, "extra_three", "1.0")
    text = "import extra_one\nimport extra_three\n"
    with pytest.raises(
        HandlerError, match="supply what is known of them for this run with --with extra_one"
    ):
        profile_handler(request(tmp_path / "task", text), Notes())
    assert cached(tmp_path) == []


@pytest.mark.unhurried
def test_where_a_file_says_what_is_deployed_nothing_is_added_to_it(tmp_path, index, known):
    wheel(index, "extra_one", "1.0")
    task = tmp_path / "task"
    task.mkdir()
    (task / "requirements.txt").write_text("extra_one\n")
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(task, "import extra_one, extra_two\n"), Notes())
    message = str(caught.value)
    assert "extra_two (handler.py line 1, in extra_two)" in message
    assert "does not bring, so that the deployed package will not have it: add" in message
    assert "--with extra_two" in message


def test_with_and_no_install_exclude_each_other():
    from importcost.app.profile.request import ProfileRequest, check_request

    with pytest.raises(UsageError, match="leave one of the two out"):
        check_request(ProfileRequest("handler.py", packages=("six",), installs=False))
