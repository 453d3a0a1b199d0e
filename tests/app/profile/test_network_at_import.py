"""What init asks of other machines is refused at once, and named with the line that asks."""

from __future__ import annotations

import sys

import pytest

from importcost.app.profile.measured import profile_handler
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import ProfileRequest
from importcost.errors import HandlerError, TimedOutError
from importcost.measure import session
from importcost.measure.session import NetworkRule
from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.model.profile import RunKind
from tests.app.profile.test_rehearsal import Notes
from tests.harness import PATIENCE_S, write_files

pytestmark = pytest.mark.usefixtures("few_launches")

ASKS = (
    "import socket\n"
    "import client\n"
    "try:\n"
    "    client.call('198.51.100.7', 443)\n"
    "except OSError as error:\n"
    "    ANSWER = str(error)\n"
    "try:\n"
    "    socket.getaddrinfo('orders.example.com', 5432)\n"
    "except socket.gaierror as error:\n"
    "    NAME = str(error)\n"
    "assert 'unreachable' in ANSWER, ANSWER\n"
    "assert 'resolution' in NAME, NAME\n"
)
CLIENT = (
    "import socket\n\n\ndef call(host, port):\n"
    "    with socket.socket() as made:\n"
    "        made.settimeout(30)\n"
    "        made.connect((host, port))\n"
)
LOCAL = (
    "import socket\n"
    "with socket.socket() as server, socket.socket() as client:\n"
    "    server.bind(('127.0.0.1', 0))\n"
    "    server.listen()\n"
    "    client.connect(server.getsockname())\n"
    "a, b = socket.socketpair()\n"
    "a.close()\n"
    "b.close()\n"
)


def request(root, text, **options):
    write_files(root, {"app/handler.py": text, "layer/python/client.py": CLIENT})
    values = {"runner": "local", "python": sys.executable, "runs": 5, "boto3": "none", **options}
    return ProfileRequest(
        target=str(root / "app/handler.py"), layers=(str(root / "layer"),), **values
    )


@pytest.mark.unhurried
def test_a_handler_that_goes_on_without_an_answer_is_measured_and_told(tmp_path):
    profile = profile_handler(request(tmp_path, ASKS), Notes())
    file = str(tmp_path / "app/handler.py")
    assert [(one.place, one.file, one.line, one.module) for one in profile.network] == [
        ("198.51.100.7:443", file, 4, "client"),
        ("orders.example.com:5432", file, 8, None),
    ]
    (warning,) = [one for one in profile.warnings if one.code.value == "network"]
    assert f"{file} line 4 (through client) asks other machines" in warning.message
    assert "to 198.51.100.7:443, to orders.example.com:5432" in warning.message
    assert profile_from_plain(profile_to_plain(profile)).network == profile.network


@pytest.mark.unhurried
def test_every_launch_refuses_where_the_first_had_to(tmp_path):
    with open_rehearsed(request(tmp_path, ASKS), Notes()) as bench:
        assert bench.subject.network is NetworkRule.REFUSED
        for kind in (RunKind.TIMED, RunKind.TRACED):
            result = session.Session(bench.runner, bench.subject).launch_probe(kind)
            assert result["network"][0][0] == "198.51.100.7:443"


@pytest.mark.unhurried
def test_an_init_that_asks_nobody_is_timed_without_a_watch(tmp_path):
    with open_rehearsed(request(tmp_path, LOCAL), Notes()) as bench:
        assert bench.subject.network is NetworkRule.WATCHED
        result = session.Session(bench.runner, bench.subject).launch_probe(RunKind.TIMED)
        assert result["network"] is None
    assert profile_handler(request(tmp_path, LOCAL), Notes()).network == ()


def test_a_failure_for_want_of_an_answer_names_line_and_place(tmp_path):
    text = "import client\nclient.call('198.51.100.7', 443)\n"
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, text), Notes())
    message = str(caught.value)
    assert "app/handler.py line 2 calls out while it is imported, to 198.51.100.7:443," in message
    assert "--network host" in message


def test_an_error_of_another_type_after_a_refused_request_is_told_as_that(tmp_path):
    text = (
        "import client\n"
        "try:\n"
        "    client.call('198.51.100.7', 443)\n"
        "except OSError as error:\n"
        "    raise RuntimeError('no settings') from error\n"
    )
    with pytest.raises(HandlerError, match="RuntimeError: no settings") as caught:
        profile_handler(request(tmp_path, text), Notes())
    assert "line 3 calls out while it is imported" in str(caught.value)


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "waits",
    ["threading.Event().wait()", "while True:\n    time.sleep(0.05)"],
    ids=["blocked", "trying"],
)
def test_an_init_that_goes_on_waiting_is_given_up_long_before_the_limit(
    tmp_path, monkeypatch, waits
):
    monkeypatch.setattr(session, "NETWORK_PATIENCE_S", 0.2)
    text = (
        "import threading, time, client\n"
        "try:\n"
        "    client.call('198.51.100.7', 443)\n"
        "except OSError:\n"
        "    pass\n"
        f"{waits}\n"
    )
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, text, timeout_s=float(PATIENCE_S)), Notes())
    assert not isinstance(caught.value, TimedOutError)
    message = str(caught.value)
    assert "line 3 calls out while it is imported" in message
    assert "it went on trying" in message
    assert "handler.py" in caught.value.traceback_text


@pytest.mark.unhurried
def test_an_init_that_computes_after_a_refused_request_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "NETWORK_PATIENCE_S", 0.1)
    text = (
        "import time, client\n"
        "try:\n"
        "    client.call('198.51.100.7', 443)\n"
        "except OSError:\n"
        "    pass\n"
        "end = time.thread_time() + 0.5\n"
        "while time.thread_time() < end:\n    pass\n"
    )
    assert len(profile_handler(request(tmp_path, text), Notes()).network) == 1


@pytest.mark.unhurried
def test_with_the_hosts_network_nothing_is_watched(tmp_path):
    asked = request(tmp_path, LOCAL, network="host")
    with open_rehearsed(asked, Notes()) as bench:
        assert bench.subject.network is NetworkRule.OPEN
        result = session.Session(bench.runner, bench.subject).launch_probe(RunKind.GRAPH)
        assert result["network"] is None
