"""A deployed function as a target: `aws:NAME`, its files and its traffic."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from importcost.app.account.target import deployed_name
from importcost.errors import UsageError
from tests.account.aws import REGION, loopback_account, report_line, zipped
from tests.account.front import always
from tests.harness import PATIENCE_S

SOURCE = """import os
import shared
import wave

TABLE = os.environ["TABLE_NAME"]
assert os.environ["TOKEN"]


def handler(event, context):
    return TABLE
"""
CANARIES = ("canary-table", "canary-token", "canary-signature", "canary-secret", "canary-said")
MEASURED = ("--runner", "local", "--runs", "5", "--python", sys.executable)


@pytest.fixture(scope="module")
def account():
    with loopback_account() as made:
        layer = made.layer("shared", {"python/shared.py": "import decimal\n"})
        made.function(
            "orders",
            MemorySize=1024,
            Layers=[layer],
            Code={"ZipFile": zipped({"app.py": SOURCE})},
            Environment={"Variables": {"TABLE_NAME": "canary-table", "TOKEN": "canary-token"}},
        )
        made.function("node", Runtime="nodejs20.x", Handler="index.handler")
        made.function("idle")
        made.invocations("orders", 700)
        made.metric("Duration", "orders", 700 * 40.0)
        lines = [report_line(f"r{n}", 40, 300 + n if n % 7 == 0 else None) for n in range(70)]
        made.logs("/aws/lambda/orders", lines, ago_s=0)
        yield made


@pytest.fixture(autouse=True)
def no_faults(account):
    yield
    account.front.faults.clear()


def run(account, *words, cache):
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env |= account.environment | {"IMPORTCOST_CACHE_DIR": str(cache)}
    return subprocess.run(
        [sys.executable, "-m", "importcost", *words],
        env=env,
        cwd=cache,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.unhurried
def test_its_own_settings_and_files_are_measured_and_nothing_secret_is_kept(account, tmp_path):
    done = run(account, "profile", "aws:orders", *MEASURED, "-o", "a.json", "-o", "a.html",
               cache=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "a.json").read_text())
    assert saved["settings"]["memory_mb"] == 1024
    assert all(f'"{name}"' in json.dumps(saved) for name in ("shared", "decimal", "wave"))
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for canary in CANARIES:
        assert canary not in done.stdout + done.stderr
        assert not any(canary.encode() in data for data in written)


@pytest.mark.unhurried
def test_files_are_fetched_once_by_their_checksum(account, tmp_path):
    before = account.front.package_requests
    for _ in range(2):
        assert run(account, "list", "aws:orders", cache=tmp_path).returncode == 0
    assert account.front.package_requests == before + 2  # the package and the layer


@pytest.mark.unhurried
def test_values_reach_the_handler_only_if_they_are_asked_for_and_are_never_kept(account, tmp_path):
    done = run(account, "profile", f"arn:aws:lambda:{REGION}:123456789012:function:orders",
               *MEASURED, "--with-values", "-o", "a.json", cache=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "canary-" not in done.stdout + done.stderr + (tmp_path / "a.json").read_text()


@pytest.mark.unhurried
def test_a_package_that_is_not_the_described_one_is_refused(account, tmp_path):
    kept = account.front.packages["orders"]
    account.front.packages["orders"] = zipped({"app.py": "raise SystemExit\n"})
    try:
        done = run(account, "profile", "aws:orders", *MEASURED, cache=tmp_path)
    finally:
        account.front.packages["orders"] = kept
    assert done.returncode == 3
    assert "is not the one that Lambda describes" in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("target", "fault", "code", "said"),
    [
        ("aws:nobody", None, 2, "There is no function nobody in eu-west-1"),
        ("aws:orders:prod", None, 2, "with the version or alias prod"),
        ("aws:", None, 2, "does not name a deployed function"),
        ("aws:node", None, 2, "its runtime is nodejs20.x, not Python"),
        ("aws:orders", ("GetFunction", 403, "AccessDeniedException"), 3, "lambda:GetFunction"),
        ("aws:orders", ("GetFunction", 403, "ExpiredTokenException"), 3, "have expired"),
        ("aws:orders", ("package", 403, "AccessDenied"), 3, "was not given out (HTTP 403)"),
    ],
)
def test_what_goes_wrong_is_one_sentence(account, tmp_path, target, fault, code, said):
    if fault is not None:
        account.front.faults[fault[0]] = always(*fault[1:])
    done = run(account, "profile", target, *MEASURED, cache=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "canary" not in done.stderr


@pytest.mark.unhurried
def test_a_layer_that_may_not_be_read_is_left_out_with_the_reason(account, tmp_path):
    account.front.faults["GetLayerVersion"] = always(403, "AccessDeniedException")
    done = run(account, "list", "aws:orders", cache=tmp_path)
    assert done.returncode == 0
    assert "lambda:GetLayerVersion" in done.stdout


@pytest.mark.unhurried
def test_strategies_need_no_numbers_typed_in(account, tmp_path):
    done = run(account, "strategies", "aws:orders", *MEASURED, cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "700 invocations of 40 ms, 1.43% of them cold" in done.stderr


@pytest.mark.unhurried
def test_a_function_that_nobody_calls_needs_its_traffic_stated(account, tmp_path):
    done = run(account, "strategies", "aws:idle", *MEASURED, cache=tmp_path)
    assert done.returncode == 2
    assert "was not called in the last 30 days" in done.stderr


@pytest.mark.parametrize(
    ("text", "name", "qualifier", "region"),
    [
        ("aws:orders", "orders", None, None),
        ("aws:orders:7", "orders", "7", None),
        ("aws:orders:$LATEST", "orders", "$LATEST", None),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:orders:prod",
            "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            "prod",
            "eu-west-1",
        ),
        (
            "aws:arn:aws-cn:lambda:cn-north-1:123456789012:function:a",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:a",
            None,
            "cn-north-1",
        ),
    ],
)
def test_names(text, name, qualifier, region):
    assert deployed_name(text) == (name, qualifier, region)


@pytest.mark.parametrize("text", ["aws:a b", "aws:orders:a:b", "arn:aws:s3:::bucket", "aws:../x"])
def test_what_names_no_function(text):
    with pytest.raises(UsageError):
        deployed_name(text)


@pytest.mark.unhurried
def test_a_deployed_function_is_calibrated_by_its_own_log(account, tmp_path):
    done = run(account, "calibrate", "aws:orders", *MEASURED, "--memory", "512", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "10 cold starts" in done.stdout
    assert not list(tmp_path.glob("*.toml"))
    idle = run(account, "calibrate", "aws:idle", *MEASURED, cache=tmp_path)
    assert idle.returncode == 3
    assert "It has no log group" in idle.stderr
    nothing = run(account, "calibrate", "app.py", cache=tmp_path)
    assert nothing.returncode == 2
    assert "--logs FILE" in nothing.stderr
