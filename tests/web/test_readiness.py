"""The readiness check of Lambda Web Adapter 1.0, by its settings."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest

import importcost


@pytest.fixture(scope="module")
def probe():
    file = Path(importcost.__file__).parent / "probe" / "lwa_probe.py"
    spec = importlib.util.spec_from_file_location("lwa_probe_in_tests", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "healthy", "not_healthy"),
    [
        ("200-399,404", (200, 399, 404), (199, 400, 403, 405)),
        (" 200 , 204 ", (200, 204), (201, 203)),
        ("200", (200,), (199, 201)),
        ("200-299,401,403", (250, 401, 403), (300, 402)),
        ("500-599", (500,), (200,)),
        # What the adapter cannot read is left out, spaces around a hyphen too.
        ("200 - 399,404", (404,), (200, 399)),
        ("2xx,204", (204,), (200,)),
        ("200-300-400", (), (200, 300, 400)),
        ("399-200", (), (200, 300, 399)),
        ("", (), (200,)),
    ],
)
def test_statuses_are_read_as_the_adapter_reads_them(probe, text, healthy, not_healthy):
    check = probe.Readiness({"AWS_LWA_READINESS_CHECK_HEALTHY_STATUS": text}, 1)
    assert [status for status in (*healthy, *not_healthy) if check.is_healthy(status)] == list(
        healthy
    )


def test_without_settings_any_answer_below_500_is_ready(probe):
    check = probe.Readiness({}, 4321)
    assert (check.words, check.port, check.is_tcp) == ("GET /", 4321, False)
    assert [check.is_healthy(status) for status in (99, 100, 499, 500)] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("environment", "path", "deprecated"),
    [
        ({"AWS_LWA_READINESS_CHECK_PATH": "/health"}, "/health", []),
        ({"READINESS_CHECK_PATH": "/old"}, "/old", ["READINESS_CHECK_PATH"]),
        ({"READINESS_CHECK_PATH": "/old", "AWS_LWA_READINESS_CHECK_PATH": "/new"}, "/new", []),
        ({"AWS_LWA_READINESS_CHECK_PATH": ""}, "/", []),
    ],
)
def test_prefixed_names_come_before_those_without(probe, environment, path, deprecated):
    check = probe.Readiness(environment, 1)
    assert (check.path, check.deprecated) == (path, deprecated)


@pytest.mark.parametrize(
    ("environment", "port"),
    [
        ({"PORT": "5000", "AWS_LWA_READINESS_CHECK_PORT": "5000"}, 4321),
        ({"AWS_LWA_PORT": "7000", "PORT": "5000", "AWS_LWA_READINESS_CHECK_PORT": "7000"}, 4321),
        ({"AWS_LWA_READINESS_CHECK_PORT": "8080"}, 4321),
        ({"AWS_LWA_PORT": "7000", "AWS_LWA_READINESS_CHECK_PORT": "9001"}, 9001),
        ({"READINESS_CHECK_PORT": "9001"}, 9001),
    ],
)
def test_the_port_of_the_app_is_the_one_it_has_here(probe, environment, port):
    assert probe.Readiness(environment, 4321).port == port


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_LWA_READINESS_CHECK_PATH": "health"},
        {"AWS_LWA_READINESS_CHECK_PORT": "http"},
        {"AWS_LWA_READINESS_CHECK_PORT": "99999"},
    ],
)
def test_settings_with_which_the_adapter_does_not_start_are_named(probe, environment):
    with pytest.raises(ValueError, match=next(iter(environment))):
        probe.Readiness(environment, 1)


@pytest.mark.parametrize("protocol", ["TCP", "tcp", "Tcp"])
def test_a_tcp_check_takes_an_open_port_for_ready(probe, protocol):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check = probe.Readiness({"AWS_LWA_READINESS_CHECK_PROTOCOL": protocol}, port)
        assert check.ask(1.0) == (True, 0)
    assert check.ask(1.0) == (False, 0)


def test_a_protocol_that_is_not_known_is_http(probe):
    assert not probe.Readiness({"AWS_LWA_READINESS_CHECK_PROTOCOL": "grpc"}, 1).is_tcp


def test_the_highest_status_by_its_older_name_still_counts(probe):
    older = {"AWS_LWA_READINESS_CHECK_MIN_UNHEALTHY_STATUS": "400"}
    check = probe.Readiness(older, 1)
    assert (check.is_healthy(399), check.is_healthy(400)) == (True, False)
    assert check.deprecated == list(older)
