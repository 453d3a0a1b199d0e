"""The script that measures the known facts again, on two packages made here."""

import json
import subprocess
import sys
import zipfile

import pytest

from importcost.deferral.cost.known_facts import parse_entries
from tests.benchmarks.known_packages.judge import is_worth, reason_against, reason_by_answers
from tests.benchmarks.known_packages.pairs import AFTER, BEFORE, Launched, Paired, paired
from tests.benchmarks.tell import read_told
from tests.harness import PATIENCE_S, ROOT

SCRIPT = ("tests/benchmarks/measure_knowledge.py", "--cache")
BURN = "total = 0\nfor number in range(1_000_000):\n    total += number\n"
"""Takes about 50 ms."""


def wheel(folder, name, version, files):
    """Write a wheel of pure Python."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)


def entry(name, module, before, after, **more):
    return {
        "id": name,
        "helps": "submodule",
        "distribution": "tinyheavy",
        "module": module,
        "importer": "(function)",
        "advice": "Take less.",
        "source": "own measurement",
        "python": "3.0.0",
        "versions": {"tinyheavy": "0.1"},
        "date": "2026-01-01",
        "effect": {
            "before_ms": 1.0,
            "after_ms": 0.0,
            "before_modules": 1,
            "after_modules": 0,
            "before_mb": 1.0,
            "after_mb": 0.0,
            "how": {"packages": ["tinyheavy", "tinylight"], "before": before, "after": after},
        },
        **more,
    }


HOLDING = entry(
    "holding",
    "tinyheavy.all",
    {"code": "from tinyheavy.all import answer", "use": "answer()"},
    {"code": "from tinyheavy.part import answer", "use": "answer()"},
)
ENDED = entry(
    "ended",
    "tinylight",
    {"code": "import tinylight\nimport tinyheavy.part"},
    {"code": "import tinyheavy.part"},
)
ELSEWHERE = entry("elsewhere", "tinyheavy.gone", {"code": "import tinyheavy.all"}, {"code": ""})
FAILING = entry(
    "failing", "tinyheavy.all", {"code": "import tinyheavy.all"}, {"code": "import tinyheavy.gone"}
)
OTHER = entry(
    "other",
    "tinyheavy.all",
    {"code": "from tinyheavy.all import answer", "use": "answer()"},
    {"code": "from tinyheavy.part import other", "use": "other()"},
)
LATER = entry(
    "later",
    "tinyheavy.all",
    {"code": "from tinyheavy.all import answer", "use": "answer()"},
    {"code": "from tinyheavy.part import lazily", "use": "lazily()"},
)
HIDDEN = entry(
    "hidden",
    "tinylight",
    {"code": "import tinyheavy.guest", "use": "not tinyheavy.guest.has_guest"},
    {
        "code": "import tinyheavy.guest",
        "without": ["tinylight"],
        "use": "tinyheavy.guest.has_guest",
    },
    importer="tinyheavy",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder of wheels, which is all that can be installed from."""
    folder = tmp_path_factory.mktemp("index")
    modules = {
        "tinyheavy/__init__.py": "",
        "tinyheavy/all.py": f"{BURN}from tinyheavy.part import answer\n",
        "tinyheavy/part.py": "def answer():\n    return 42\ndef other():\n    return 43\n"
        "def lazily():\n    import tinyheavy.all, tinyheavy.more\n    return 42\n",
        "tinyheavy/more.py": BURN,
        "tinyheavy/guest.py": "try:\n    import tinylight\nexcept ImportError:\n"
        "    tinylight = None\nhas_guest = tinylight is not None\n",
    }
    wheel(folder, "tinyheavy", "1.0", modules)
    wheel(folder, "tinyheavy", "2.1", modules)
    wheel(folder, "tinylight", "0.3", {"tinylight.py": "X = 1\n"})
    return folder


@pytest.fixture
def measure(index, tmp_path, monkeypatch):
    """Run the script on entries; return its exit code, output and the entries as it left them."""
    for name in ("PIP", "UV"):
        monkeypatch.setenv(f"{name}_FIND_LINKS", str(index))
        monkeypatch.setenv(f"{name}_NO_INDEX", "1")
    data = tmp_path / "entries.json"

    def run(entries, *options):
        if entries is not None:
            data.write_text(json.dumps({"description": "made here", "entries": entries}))
        done = subprocess.run(
            [sys.executable, *SCRIPT, str(tmp_path / "cache"), "--data", str(data), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout, parse_entries(data.read_text(), "entries")

    return run


@pytest.mark.slow
def test_what_holds_is_renewed_and_what_does_not_is_named(measure, tmp_path):
    code, out, (holding, ended) = measure([HOLDING, ENDED], "--update")
    assert code == 1
    assert "holding: holds: " in out
    assert "ended: no longer holds: it saves " in out
    assert "\n1 holds, 1 no longer holds, 0 not measured\nno longer holds: ended\n" in out
    assert {name: one.value for name, one in read_told(out.splitlines()[-1]).items()} == {
        "holding": 1,
        "no_longer": 1,
        "not_measured": 0,
    }
    assert holding.versions == {"tinyheavy": "2.1", "tinylight": "0.3"}
    assert holding.effect.before_ms - holding.effect.after_ms > 5
    assert (holding.effect.before_modules, holding.effect.after_modules) == (3, 2)
    assert holding.date > "2026-01-01"
    assert (ended.date, ended.versions) == ("2026-01-01", {"tinyheavy": "0.1"})
    assert not list((tmp_path / "cache").glob("env-*")), "environments are removed"
    # It goes on where it was: nothing is installed or measured again, the end is the same.
    code, again, _ = measure([HOLDING, ENDED])
    assert (code, again) == (1, out)


@pytest.mark.slow
def test_one_entry_is_asked_for_by_name(measure):
    code, out, _ = measure([HOLDING, ENDED], "--only", "holding")
    assert code == 0
    assert "ended" not in out
    code, out, _ = measure(None, "--only", "holding", "unknown")
    assert (code, out) == (2, "No entry has the id or distribution unknown.\n")


@pytest.mark.slow
def test_each_reason_is_told(measure):
    code, out, _ = measure([ELSEWHERE, FAILING, OTHER, LATER, HIDDEN])
    assert code == 1
    assert "elsewhere: no longer holds: its module is no longer loaded" in out
    assert "failing: no longer holds: the advice's code fails: ModuleNotFoundError" in out
    assert "other: no longer holds: the two programs answer differently: 42 and 43" in out
    assert "later: no longer holds: the work loads the same after all" in out
    # It is hidden as if it were not installed, and saves too little.
    assert "hidden: no longer holds: it saves" in out


@pytest.mark.slow
def test_a_hint_that_importcost_would_not_show_is_told(measure):
    wrong = {**HOLDING, "importer": "tinylight"}
    code, out, _ = measure([wrong])
    assert code == 1
    assert "its hint does not appear: tinyheavy.all is not loaded by tinylight" in out


@pytest.mark.slow
def test_what_cannot_be_installed_is_not_measured(measure):
    missing = json.loads(json.dumps(HOLDING).replace("tinylight", "tinymissing"))
    code, out, _ = measure([missing])
    assert code == 3
    assert "holding: not measured: " in out
    assert "tinymissing" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(0)", "the replaced code fails: SystemExit: 0"),
        ("import os; os._exit(7)", "the replaced code fails: exit code 7:"),
        ("input()", "the replaced code fails: EOFError"),
        ("import os; os.kill(os.getpid(), 9)", "the replaced code fails: exit code -9:"),
        ("import tinylight, os; os.chmod('.', 0)", "its module is no longer loaded"),
    ],
)
def test_a_program_that_misbehaves_is_a_reason(measure, code, said):
    code, out, _ = measure([entry("odd", "tinyheavy.all", {"code": code}, {"code": ""})])
    assert code == 1
    assert f"odd: no longer holds: {said}" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--python", "/no/such/python"), "No such file or directory: '/no/such/python'"),
        (("--python", "/bin/true"), "/bin/true does not tell the version of a Python 3"),
        (("--data", "/no/such/file"), "No such file or directory: '/no/such/file'"),
        (("--data", __file__), "cannot be read"),
    ],
)
def test_wrong_options_are_one_sentence(measure, options, said):
    code, out, _ = measure([HOLDING], *options)
    assert code == 2
    assert said in out
    assert len(out.splitlines()) == 1


def runs(before, after, **more):
    answers = {"before": iter(before), "after": iter(after)}
    order = []

    def run(side):
        order.append(side)
        value = next(answers[side])
        if isinstance(value, str):
            return Launched(error=value)
        return Launched(value, value, 3, 1.0, True, "1")

    return run, order


def test_pairs_start_with_each_side_by_turns():
    run, order = runs([9.0] * 20, [1.0] * 20)
    found = paired(run, reason_by_answers)
    assert len(found.before) == len(found.after) == 5
    assert order[:2] == [BEFORE, AFTER], "launches that do not count"
    assert order[2:6] == [BEFORE, AFTER, AFTER, BEFORE]


def test_pairs_that_disagree_are_followed_by_more():
    run, _ = runs([9.0] * 20, [9.0] + [1.0, 20.0] * 9)
    assert len(paired(run, reason_by_answers).before) == 15


@pytest.mark.parametrize(("before", "after"), [(["boom"], [1.0]), ([9.0] * 4, [1.0, "boom"])])
def test_a_program_that_fails_ends_its_pairs(before, after):
    run, _ = runs(before, after)
    assert "boom" in reason_against(paired(run, reason_by_answers))


@pytest.mark.parametrize(
    ("saving_ms", "before_ms", "worth"),
    [
        (5.0, 1000.0, True),
        (4.9, 1000.0, False),
        (1.0, 10.0, True),
        (0.9, 2.0, False),
        (0, 0, False),
    ],
)
def test_a_saving_counts_in_milliseconds_or_as_a_share(saving_ms, before_ms, worth):
    assert is_worth(saving_ms, before_ms) is worth


def test_savings_are_medians_of_pairs():
    def side(*times):
        return tuple(Launched(time, time, 1, 1.0, True, "1") for time in times)

    # The machine slowed down: medians of the sides say 0, the pairs say 6.
    found = Paired(side(10, 10, 16, 22, 22), side(4, 4, 10, 16, 16))
    assert found.savings_ms == [6, 6, 6, 6, 6]
    assert reason_against(found) is None


def test_a_saving_on_which_the_pairs_disagree_does_not_count():
    run, _ = runs([20.0] * 20, [20.0] + [1.0, 5.0, 40.0] * 6)
    assert (
        reason_against(paired(run, reason_by_answers))
        == "its pairs disagree: from -20.0 to 19.0 ms saved"
    )
