"""An init that ends at a call to AWS, a database or the web is told as that."""

from __future__ import annotations

import pytest

from importcost.measure.failures.calls_out import call_that_failed
from importcost.measure.failures.diagnosis import InitFailure
from importcost.measure.failures.lacking import placeholder_failed
from importcost.model.profile import Target
from importcost.model.supplies import Placeholder

FILE = "/srv/orders/create.py"
TRACE = f"""Traceback (most recent call last):
  File "{FILE}", line 7, in <module>
    from orders import store
  File "/srv/orders/store.py", line 12, in <module>
    TABLE = client.get_parameter(Name="table")
  File "/cache/botocore/client.py", line 900, in _make_api_call
    raise error
"""


def told(kind: str, message: str, traceback: str = TRACE) -> str | None:
    error = {"type": kind, "message": message, "traceback": traceback}
    trouble = call_that_failed(error, FILE, "/srv/orders")
    return None if trouble is None else str(trouble)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("EndpointConnectionError", 'Could not connect to the endpoint URL: "https://ssm/"'),
        ("gaierror", "[Errno -2] Name or service not known"),
        ("URLError", "<urlopen error [Errno 111] Connection refused>"),
        ("ConnectionError", "HTTPSConnectionPool(host='x', port=443): Max retries exceeded"),
        ("OperationalError", 'could not translate host name "db" to address: not known'),
        ("OperationalError", "(2003, \"Can't connect to MySQL server on 'db'\")"),
        ("ConfigurationError", "The DNS query name does not exist: connection refused"),
        ("URLError", ""),
    ],
)
def test_a_call_that_nobody_answers_names_its_line(kind, message):
    sentence = told(kind, message)
    assert sentence is not None
    assert sentence.startswith("/srv/orders/store.py line 12 calls out while it is imported")
    assert "nobody answered" in sentence
    assert message.rstrip(".") in sentence
    assert "--env-file" in sentence


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "ClientError",
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation",
        ),
        ("ClientError", "An error occurred (AccessDenied) when calling the PutItem operation"),
        ("NoCredentialsError", "Unable to locate credentials"),
    ],
)
def test_a_call_with_stand_in_credentials_is_turned_down(kind, message):
    assert "the call was rejected" in (told(kind, message) or "")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ValueError", "no table"),
        ("KeyError", "'ConnectionError'"),
        ("ClientError", "An error occurred (ValidationException) when calling PutItem"),
        ("RuntimeError", "the pool was built with Connection refused in its name"),
        ("TimeoutError", ""),
    ],
)
def test_other_failures_are_not_called_calls(kind, message):
    assert told(kind, message) is None


def test_a_trace_without_the_functions_own_lines_names_the_file():
    assert (told("gaierror", "", "no lines") or "").startswith(f"{FILE} calls out")


@pytest.mark.parametrize(
    ("message", "is_call"),
    [
        ('Could not connect to the endpoint URL: "https://ssm.us-east-1.amazonaws.com/"', True),
        ('Could not connect to the endpoint URL: "https://importcost.invalid/url"', False),
    ],
)
def test_a_placeholder_is_blamed_only_for_a_call_to_where_it_points(message, is_call):
    url = Placeholder("URL", "https://importcost.invalid/url", FILE, 3)
    failure = InitFailure("EndpointConnectionError", message, TRACE, (url,))
    target = Target("create", None, "/srv/orders", FILE)
    words = str(placeholder_failed(failure, [url], target))
    assert ("calls out while it is imported" in words) == is_call
    assert ("--env URL=VALUE" in words) != is_call
