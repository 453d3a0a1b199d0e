"""`importcost calibrate` as a user types it, and what it writes into configurations."""

from __future__ import annotations

import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.app.bill.calibrate_store import COMMENT, with_table
from importcost.billing.calibration import Calibration, Fitted
from importcost.billing.estimate import estimate
from importcost.config.read import load_config, read_config
from importcost.config.start import toml_text
from importcost.errors import UsageError
from tests.cli.bill_factory import importcost, log_of, saved_profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CONFIG = '[project]\nname = "x"  # kept\n\n[tool.importcost]\nhandler = "handler.py"\n'
OWN = Calibration(
    84.4,
    1.25,
    0.1,
    151.3,
    0.95,
    1.07,
    21,
    Fitted.RATIO,
    "x86_64",
    "zip",
    "python3.12",
    "2026-11-23",
)


@pytest.fixture
def folder(tmp_path):
    profile = saved_profile(tmp_path)
    middle = estimate(profile).init_ms.value * 1.2
    (tmp_path / "log.txt").write_text(log_of(middle))
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    return tmp_path


def init_of(folder, *args):
    done = importcost(folder, "estimate", "p.json", "--memory", "512", "--json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["series"][0]["init_ms"]


def test_what_is_calibrated_is_stored_and_then_estimated_with(folder):
    before = init_of(folder)
    done = importcost(folder, "calibrate", "p.json", "--logs", "log.txt")
    assert done.returncode == 0, done.stderr
    assert "21 cold starts" in done.stdout
    assert "Stored in" in done.stderr
    text = (folder / "pyproject.toml").read_text()
    assert text.startswith(CONFIG)
    own = load_config(str(folder / "pyproject.toml")).find("default").calibration
    assert (own.cold_starts, own.fitted, own.runtime) == (21, Fitted.RATIO, "python3.12")
    after = init_of(folder)
    assert after["value"] == pytest.approx(before["value"] * 1.2, rel=0.01)
    assert after["high"] - after["low"] < before["high"] - before["low"]


def test_a_second_calibration_replaces_the_first(folder):
    importcost(folder, "calibrate", "p.json", "--logs", "log.txt")
    first = (folder / "pyproject.toml").read_text()
    (folder / "log.txt").write_text(log_of(150.0, 30))
    done = importcost(folder, "calibrate", "--profile", "p.json", "--logs", "log.txt")
    assert done.returncode == 0, done.stderr
    second = (folder / "pyproject.toml").read_text()
    assert second.startswith(CONFIG)
    assert second.count("calibration]") == 1
    assert len(second.splitlines()) == len(first.splitlines())
    assert tomllib.loads(second)["tool"]["importcost"]["calibration"]["cold_starts"] == 30


@pytest.mark.parametrize("option", ["--validate", "--dry-run"])
def test_nothing_is_written_where_it_was_not_asked_for(folder, option):
    done = importcost(folder, "calibrate", "p.json", "--logs", "log.txt", option)
    assert done.returncode == 0, done.stderr
    assert (folder / "pyproject.toml").read_text() == CONFIG
    assert ("[tool.importcost.calibration]" in done.stdout) is (option == "--dry-run")
    assert re.search(r"published .* -1\d%", done.stdout)


@pytest.mark.parametrize("width", [40, 63, 64, 110])
def test_the_table_fits_its_width(folder, width):
    args = ("calibrate", "p.json", "--logs", "log.txt", "--validate")
    done = importcost(folder, *args, COLUMNS=str(width))
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= width


def test_a_log_from_stdin_and_json_out(folder):
    text = (folder / "log.txt").read_text()
    args = ("calibrate", "p.json", "--logs", "-", "--validate", "--json")
    found = json.loads(importcost(folder, *args, stdin=text).stdout)
    assert found["cold_starts"] == 21
    assert found["fitted"]["inside"] > found["published"]["inside"] - 1e-9
    assert found["published"]["error"] == pytest.approx(1 / 1.2 - 1, abs=0.01)
    assert "together" in " ".join(found["notes"])


def test_an_empty_stdin_is_named_by_its_name(folder):
    done = importcost(folder, "calibrate", "p.json", "--logs", "-")
    assert done.returncode == 3
    assert "Error: stdin holds no cold start" in done.stderr


def test_too_few_cold_starts_end_with_code_3_and_are_still_validated(folder):
    (folder / "few.txt").write_text(log_of(200.0, 4))
    done = importcost(folder, "calibrate", "p.json", "--logs", "few.txt")
    assert done.returncode == 3
    assert "holds 4 cold starts" in done.stderr
    assert "5 more" in done.stderr
    assert "Traceback" not in done.stderr
    done = importcost(folder, "calibrate", "p.json", "--logs", "few.txt", "--validate")
    assert done.returncode == 0
    assert "5 more" in " ".join(done.stdout.split())


def test_variants_tell_floor_and_ratio(folder):
    saved_profile(folder, "large.json", cpu_us=(290_000, 300_000, 310_000))
    small, large = (
        estimate(saved_profile(folder, name, cpu_us=cpu)).function_init_ms.value
        for name, cpu in (
            ("p.json", (95_000, 100_000, 105_000)),
            ("large.json", (290_000, 300_000, 310_000)),
        )
    )
    (folder / "small.txt").write_text(log_of(60 + 1.4 * small))
    (folder / "large.txt").write_text(log_of(60 + 1.4 * large))
    pairs = ("--profile", "p.json", "--logs", "small.txt", "--profile", "large.json")
    done = importcost(folder, "calibrate", *pairs, "--logs", "large.txt")
    assert done.returncode == 0, done.stderr
    own = load_config(str(folder / "pyproject.toml")).find("default").calibration
    assert own.fitted is Fitted.BOTH
    assert own.floor_ms == pytest.approx(60, abs=1)
    assert own.speed_factor == pytest.approx(1.4, abs=0.01)


EMULATED = (
    "REPORT RequestId: a\tInit Duration: 0.13 ms\tDuration: 5.00 ms\tBilled Duration: 5 ms"
    "\tMemory Size: 512 MB\tMax Memory Used: 512 MB"
)


def record(kind, **record):
    return json.dumps({"type": f"platform.{kind}", "record": record})


def test_a_log_of_several_functions_asks_which(folder):
    lines = []
    for name, middle in (("orders", 150.0), ("refunds", 900.0)):
        for n in range(12):
            start = record("initStart", functionName=name, initializationType="on-demand")
            metrics = {"durationMs": 2.0, "initDurationMs": middle + n, "memorySizeMB": 512}
            done = record("report", requestId=f"{name}-{n}", metrics=metrics)
            stream = f"2026/11/01/[$LATEST]{name.encode().hex():0>24}{n:08x}"
            lines += [f"2026-11-01T10:00:00 {stream} {one}" for one in (start, done)]
    (folder / "both.txt").write_text("\n".join(lines))
    args = ("calibrate", "p.json", "--logs", "both.txt", "--validate")
    done = importcost(folder, *args)
    assert done.returncode == 2
    assert "orders, refunds" in done.stderr
    done = importcost(folder, *args, "--function", "orders")
    assert done.returncode == 0, done.stderr
    assert "12 cold starts" in done.stdout
    assert "12 cold starts of other functions" in " ".join(done.stdout.split())
    assert importcost(folder, *args, "--function", "x").returncode == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "holds no cold start"),
        (
            "INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout",
            "init(s) that failed",
        ),
        (
            EMULATED,
            "local emulator",
        ),
    ],
)
def test_a_log_without_cold_starts_says_what_it_has(folder, text, word):
    (folder / "none.txt").write_text(text)
    done = importcost(folder, "calibrate", "p.json", "--logs", "none.txt")
    assert done.returncode == 3
    assert word in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("p.json",),
        ("--logs", "log.txt"),
        ("p.json", "--logs", "nowhere.txt"),
        ("p.json", "--profile", "p.json", "--logs", "log.txt"),
        ("--profile", "handler.py", "--logs", "log.txt"),
        ("--profile", "p.json", "--profile", "p.json", "--logs", "log.txt"),
        ("p.json", "--logs", "log.txt", "--handler", "nobody"),
        ("p.json", "--logs", "log.txt", "--config", "nowhere.toml"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_a_sentence(folder, args):
    done = importcost(folder, "calibrate", *args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (folder / "pyproject.toml").read_text() == CONFIG


def test_without_a_configuration_a_new_one_names_the_handler(folder):
    (folder / "pyproject.toml").unlink()
    done = importcost(folder, "calibrate", "p.json", "--logs", "log.txt")
    assert done.returncode == 0, done.stderr
    found = load_config(str(folder / "importcost.toml")).find("default")
    assert found.calibration.cold_starts == 21
    assert found.handler.endswith("handler.py:handler")
    assert init_of(folder)["confidence"] == 0.8


def test_a_read_only_configuration_stays(folder):
    (folder / "pyproject.toml").chmod(0o444)
    done = importcost(folder, "calibrate", "p.json", "--logs", "log.txt")
    assert done.returncode == 2
    assert "read-only" in done.stderr
    assert (folder / "pyproject.toml").read_text() == CONFIG


PATH = ("tool", "importcost", "handlers", "orders", "calibration")
TEXTS = {
    "tables": '[tool.importcost.handlers.orders]\nhandler = "a.py"\n\n[tool.other]\nx = 1\n',
    "no newline": '[tool.importcost.handlers.orders]\nhandler = "a.py"',
    "crlf": '# é\r\n[tool.importcost.handlers.orders]\r\nhandler = "a.py"\r\n[z]\r\ny = """\r\n"""',
    "dotted": '[tool.importcost]\nhandlers.orders.handler = "a.py"\n',
    "odd separators": '[tool.importcost.handlers.orders]\nhandler = "a\u2028.py"\n# \x85\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_other_character_stays(text):
    once = with_table(text, PATH, OWN)
    assert once.startswith(text)
    newer = Calibration(**{**{n: getattr(OWN, n) for n in OWN.__slots__}, "cold_starts": 99})
    twice = with_table(once + "\n[last]\nz = 1 # end", PATH, newer)
    assert twice.startswith(text)
    assert twice.endswith("\n[last]\nz = 1 # end")
    assert twice.count(COMMENT) == 1
    assert (
        read_config(once.replace("\r\n", "\n"), "pyproject.toml").find("orders").calibration == OWN
    )
    assert ("\r\n" in once) is ("\r\n" in text)


@pytest.mark.parametrize(
    "text",
    [
        '[tool.importcost]\nhandlers = { orders = { handler = "a.py" } }\n',
        '[tool.importcost.handlers]\norders = { handler = "a.py" }\n',
        '[tool.importcost.handlers.orders]\nhandler = "a.py"\ncalibration = { floor_ms = 1 }\n',
        '[tool.importcost.handlers.orders]\nhandler = "a.py"\ncalibration.floor_ms = 1\n',
    ],
)
def test_tables_written_otherwise_are_refused(text):
    with pytest.raises(UsageError, match="by hand"):
        with_table(text, PATH, OWN)


def test_comments_inside_the_table_stay():
    once = with_table(TEXTS["tables"], PATH, OWN)
    marked = once.replace("floor_ms", "# measured on a Monday\nfloor_ms")
    assert "# measured on a Monday\n" in with_table(marked, PATH, OWN)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=60))
def test_any_text_that_is_toml_survives(text):
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        text = f"x = {toml_text(text)}\n"
        before = tomllib.loads(text)
    after = with_table(text, ("tool", "c"), OWN)
    assert after.startswith(text)
    assert {k: v for k, v in tomllib.loads(after).items() if k != "tool"} == before


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("floor_ms = 0", "more than 0"),
        ('fitted = "guess"', "ratio or floor or both"),
        ("surplus = 1", "surplus"),
        ("band_low = 1.5", "band_low up to 1"),
    ],
)
def test_a_table_edited_by_hand_is_checked_when_read(line, word):
    text = with_table(CONFIG, ("tool", "importcost", "calibration"), OWN)
    key = line.split(" ")[0]
    edited = re.sub(rf"^{key} = .*$", line, text, flags=re.M)
    if edited == text:
        edited += line + "\n"
    with pytest.raises(UsageError, match=word):
        read_config(edited, "pyproject.toml")


def test_a_calibration_for_all_handlers_is_refused():
    text = '[tool.importcost.handlers.a]\nhandler = "a.py"\n'
    with pytest.raises(UsageError, match="one function's"):
        read_config(with_table(text, ("tool", "importcost", "calibration"), OWN), "pyproject.toml")
