"""Texts before and after what must not be shown is taken out."""

from dataclasses import dataclass

import pytest

from importcost.secrecy import secrets_in, with_strings, without_credentials, without_literals

HIDDEN = {
    "key AKIAIOSFODNN7EXAMPLE used": "key (hidden) used",
    "Authorization: Bearer abc.def-123456": "Authorization: Bearer (hidden)",
    "password=hunter2 next": "password=(hidden) next",
    "DB_PASSWORD=hunter2;host=x": "DB_PASSWORD=(hidden);host=x",
    "run --token abcdef now": "run --token (hidden) now",
    "https://me:hunter2@pypi.example.com/x": "https://(hidden)@pypi.example.com/x",
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln": "(hidden)",
    "api_key: 'abcd1234'": "api_key: '(hidden)'",
    "a -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- b": "a (hidden) b",
    "cut -----BEGIN EC PRIVATE KEY-----\nMIIE": "cut (hidden)",
}
KEPT = (
    "handler.py line 3 needs the module secrets",
    "password=settings.password",
    "def login(password: str, token=None): ...",
    "secretsmanager GetSecretValue(SecretId: orders/db)",
    "the bearer of the news",
    "max_tokens=4096",
    "http://127.0.0.1:9/simple",
    "s3://bucket/key@2",
    "git@github.com:owner/name.git",
    "token = os.environ['TOKEN']",
)


@pytest.mark.parametrize(("text", "wanted"), HIDDEN.items())
def test_what_looks_like_a_credential_is_hidden(text, wanted):
    assert without_credentials(text) == wanted


@pytest.mark.parametrize("text", KEPT)
def test_source_and_sentences_stay_as_they_are(text):
    assert without_literals(text) == text


@pytest.mark.parametrize("text", [text for text in KEPT if "settings" not in text])
def test_sentences_stay_as_they_are(text):
    assert without_credentials(text) == text


SECRETS = secrets_in(
    {
        "TOKEN": "abc-DEF-123", "PIN": "7391x", "PORT": "8080", "FLAG": "True", "STAGE": "prod",
        "ROOT": "/srv/app", "PACKAGE": "orders", "API_KEY": "shapes",
        "LINES": "first line\nsecond line",
    },
    identity=("/srv/app/handler.py",),
    known=("orders", "shapes"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x abc-DEF-123y", "x (the value of TOKEN)y"),
        ("7391x", "(the value of PIN)"),
        ("a7391xb", "a7391xb"),
        ("port 8080, True, prod", "port 8080, True, prod"),
        ("/srv/app/handler.py imports orders", "/srv/app/handler.py imports orders"),
        ("its name calls shapes a secret", "its name calls (the value of API_KEY) a secret"),
        ("> second line <", "> (the value of LINES) <"),
    ],
)
def test_given_values_are_named_by_their_variable(text, wanted):
    assert SECRETS.hide(text) == wanted


def test_a_value_that_was_cut_is_found_at_the_ends():
    long = secrets_in({"TOKEN": "0123456789abcdef"})
    assert long.hide_cut("6789abcdef and 0123456789ab") == (
        "(the value of TOKEN) and (the value of TOKEN)"
    )
    assert long.hide_cut("abcdef and 012345") == "abcdef and 012345"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    numbers: tuple[int, ...] = (1, 2)


def test_strings_are_changed_wherever_they_are_and_nothing_else():
    part = Part("a")
    whole = {"a": [part, Part("b")], "n": 1}
    found = with_strings(whole, lambda text: text.replace("b", "c"))
    assert found == {"a": [part, Part("c")], "n": 1}
    assert found["a"][0] is part
    assert with_strings(whole, str) is whole


@pytest.mark.parametrize(
    "coded",
    [
        "pa%2Fss%20word%269",
        "pa/ss%20word%269",
        "pa%2Fss+word%269",
        "cGEvc3Mgd29yZCY5",
        "70612f737320776f72642639",
        "PA/SS WORD&9",
        "pa/ss word&amp;9",
    ],
)
def test_a_value_is_found_as_code_passes_it_on(coded):
    assert secrets_in({"PW": "pa/ss word&9"}).hide(f"at {coded}.") == "at (the value of PW)."
    assert secrets_in({"PW": "pa/ss"}).hide("at cGEvc3M=.") == "at cGEvc3M=."
