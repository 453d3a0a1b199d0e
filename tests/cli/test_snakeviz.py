"""`importcost view --snakeviz` for real: the server starts, shows the profile, and goes."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from importcost.errors import MeasurementError
from importcost.processes import snakeviz
from importcost.reports.exports.frames import build_frames
from importcost.reports.exports.pstats_ import render_pstats
from importcost.reports.json_ import render_json
from tests.harness import PATIENCE_S
from tests.reports.page.browser import chromium, complaints_of, requests_of
from tests.reports.page_factory import estimate_of, facts_of, hostile_profile, small_profile


@pytest.fixture
def folder(tmp_path):
    for name, profile in {"profile": small_profile(), "hostile": hostile_profile()}.items():
        (tmp_path / f"{name}.json").write_text(render_json(profile, estimate_of(profile)))
    (tmp_path / "scratch").mkdir()
    return tmp_path


def start(folder: Path, *args: str, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(folder / "scratch"), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "importcost", "view", *args],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def viewing(folder: Path, *args: str, **variables: str):
    """Start the view and yield it with the address it prints."""
    process = start(folder, *args, "--snakeviz", "--no-open", **variables)
    try:
        line = process.stdout.readline()
        yield process, next(word for word in line.split() if word.startswith("http://"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)


def fetch(url: str) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def is_open(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


def left_behind(folder: Path) -> list[str]:
    """Return what still lies in the scratch folder, or runs with a path in it."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    running = [line for line in listed.stdout.splitlines() if str(folder / "scratch") in line]
    return [*running, *map(str, (folder / "scratch").iterdir())]


@pytest.mark.unhurried
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_the_profile_on_loopback_and_leaves_nothing(folder, sent):
    with viewing(folder, "profile.json") as (process, url):
        status, page = fetch(url)
        assert status == 200
        assert "botocore.session" in page
        assert "<title>importcost-handler-handler</title>" in page
        assert urlsplit(url).hostname == "127.0.0.1"
        assert left_behind(folder)
        process.send_signal(sent)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert said == "snakeviz has stopped; nothing of it is left.\n"
    assert not is_open(url)
    assert left_behind(folder) == []


def fake_snakeviz(folder: Path, code: str) -> str:
    """Write a module that stands before the real snakeviz, and return PYTHONPATH for it."""
    (folder / "fake").mkdir()
    (folder / "fake" / "snakeviz.py").write_text(code)
    return str(folder / "fake")


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit('tornado is broken')", "exit code 1: tornado is broken"),
        ("import no_such_module_", "No module named 'no_such_module_'"),
    ],
)
def test_a_failing_start_is_one_sentence(folder, code, said):
    path = fake_snakeviz(folder, code)
    process = start(folder, "profile.json", "--snakeviz", "--no-open", PYTHONPATH=path)
    printed, message = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert printed == ""
    assert message.startswith("Error: snakeviz could not be started")
    assert said in message
    assert "-o FILE.prof" in message
    assert message.count("\n") == 1
    assert left_behind(folder) == []


@pytest.mark.unhurried
def test_an_interruption_before_it_answers_leaves_nothing(folder):
    started = folder / "started"
    os.mkfifo(started)
    code = f"import time; open({str(started)!r}, 'w').close(); time.sleep({PATIENCE_S})"
    path = fake_snakeviz(folder, code)
    reader = os.open(started, os.O_RDONLY | os.O_NONBLOCK)
    try:
        process = start(folder, "profile.json", "--snakeviz", "--no-open", PYTHONPATH=path)
        assert select.select([reader], [], [], PATIENCE_S)[0]
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        os.close(reader)
    assert process.returncode == 130
    assert printed == ""
    assert left_behind(folder) == []


@pytest.mark.unhurried
def test_a_server_that_dies_is_told(folder):
    with viewing(folder, "profile.json") as (process, url):
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid,ppid"], capture_output=True, text=True, check=True,
            timeout=PATIENCE_S,
        )  # fmt: skip
        pairs = [line.split() for line in listed.stdout.splitlines()[1:]]
        (server,) = [int(pid) for pid, parent in pairs if int(parent) == process.pid]
        os.kill(server, signal.SIGKILL)
        _, message = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert "snakeviz has ended by itself (exit code -9" in message
    assert not is_open(url)
    assert left_behind(folder) == []


@pytest.mark.unhurried
def test_the_users_own_modules_are_not_in_its_way(folder):
    (folder / "tornado.py").write_text("raise RuntimeError('not this one')\n")
    with viewing(folder, "profile.json") as (_, url):
        assert fetch(url)[0] == 200


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time; time.sleep(60)", "does not answer after 1 s"),
        (
            "import time; print('http://127.0.0.1:9/snakeviz/x', flush=True); time.sleep(60)",
            "does not answer after 1 s",
        ),
    ],
)
def test_a_server_that_never_answers_is_given_up(tmp_path, monkeypatch, code, said):
    monkeypatch.setenv("PYTHONPATH", fake_snakeviz(tmp_path, code))
    begin = time.monotonic()
    with pytest.raises(MeasurementError, match=said), snakeviz.serve_profile(b"", "x", timeout_s=1):
        pytest.fail("nothing was started that could answer")
    assert time.monotonic() - begin < PATIENCE_S / 2


def test_a_profile_it_cannot_read_is_told():
    with pytest.raises(MeasurementError, match="could not be started"):
        snakeviz.serve_profile(b"no pstats", "x").__enter__()


def test_a_port_that_was_taken_meanwhile_does_not_matter(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(snakeviz, "free_port", lambda: taken)
        profile = small_profile()
        with snakeviz.serve_profile(
            render_pstats(profile, estimate_of(profile), facts_of(profile)), "x"
        ) as server:
            assert urlsplit(server.url).port != taken
            assert fetch(server.url)[0] == 200


@pytest.mark.unhurried
def test_options_that_belong_together_say_so(folder):
    process = start(folder, "profile.json", "--no-open")
    _, message = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "--no-open belongs to --snakeviz" in message


@pytest.mark.browser
def test_hostile_names_neither_run_nor_break_its_page(tmp_path):
    profile = hostile_profile()
    frames = len(build_frames(profile))
    with (
        snakeviz.serve_profile(
            render_pstats(profile, estimate_of(profile), facts_of(profile)), "hostile"
        ) as server,
        chromium(tmp_path) as driver,
    ):
        driver.get(server.url)
        rows = "return document.querySelectorAll('#pstats-table tbody tr').length"
        WebDriverWait(driver, PATIENCE_S).until(lambda d: d.execute_script(rows) == frames)
        WebDriverWait(driver, PATIENCE_S).until(
            lambda d: d.execute_script("return document.querySelectorAll('#chart rect').length > 3")
        )
        assert driver.execute_script("return window.__pwned") is None
        assert driver.execute_script("return document.querySelectorAll('img').length") == 0
        errors = driver.execute_script("return window.__errors")
        assert errors == [], complaints_of(driver)
        # snakeviz asks a CDN for two scripts before it takes its own copies of them.
        hosts = {urlsplit(url).hostname for url in requests_of(driver) if url.startswith("http")}
        assert hosts <= {"127.0.0.1", "cdnjs.cloudflare.com"}
        if shot := os.environ.get("IMPORTCOST_SCREENSHOTS"):
            driver.save_screenshot(str(Path(shot) / "snakeviz.png"))
