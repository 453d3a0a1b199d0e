"""`--platform` as a user types it: measured without Lambda, billed by data, or refused."""

from __future__ import annotations

import json
import sys

import pytest

from importcost.billing.figures.platforms import load_platforms
from tests.commands import run_here
from tests.harness import write_files
from tests.web.test_web import SERVER

HANDLER = """
import os, sys
BEFORE = sorted(name for name in ("json", "decimal") if name in sys.modules)
import json, decimal
print("before:", BEFORE, "lambda:", [one for one in os.environ if "LAMBDA" in one])

def handler(event, context):
    return {}
"""


@pytest.fixture
def folder(tmp_path):
    files = {
        "handler.py": HANDLER,
        "uvicorn/__init__.py": "",
        "uvicorn/__main__.py": SERVER,
        "main.py": "# fastapi\nimport wave\n\ndef app(age_s):\n    return 500\n",
        "importcost.toml": "[handlers.one]\nhandler = 'handler.py'\nplatform = 'generic'\n"
        "max_cost_per_million = 5\nmax_init_ms = 0.001\n",
    }
    return write_files(tmp_path / "work", files)


def run(folder, *args):
    variables = {"IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"), "VIRTUAL_ENV": None}
    return run_here(folder, *args, variables=variables)


def profile(folder, *args):
    fixed = ("--runs", "5", "--no-install", "--python", sys.executable, "-o", "p.json")
    return run(folder, "profile", *args, *fixed)


@pytest.mark.unhurried
@pytest.mark.parametrize("platform", ["generic", "cloudrun", "agentcore"])
def test_a_handler_is_measured_without_lambda(folder, platform):
    done = profile(folder, "handler.py", "--platform", platform)
    assert done.returncode == 0, done.stderr
    saved = json.loads((folder / "p.json").read_text())
    assert saved["settings"]["platform"] == platform
    assert saved["settings"]["package_type"] is None
    names = {saved["tree"]["names"][at] for at in saved["tree"]["name_ids"]}
    # Lambda's runtime loads json before the handler: here the handler pays for it.
    assert {"json", "decimal"} <= names
    assert "Lambda" not in done.stdout
    tree = saved["tree"]
    rows = [
        (tree["names"][name], tree["phases"][at])
        for name, at in zip(tree["name_ids"], tree["phase_ids"], strict=True)
    ]
    assert ("json", "handler imports") in rows
    assert "runtime" not in {phase for _, phase in rows}
    assert {"phase": "runtime", "wall_us": 0, "cpu_us": 0} in saved["phases"]
    estimate = saved["derived"]["estimate"]
    parts = sum(one["init_ms"] for one in estimate["phases"])
    assert parts == pytest.approx(estimate["init_ms"]["value"])
    if platform == "cloudrun":
        billed = estimate["billed_init_ms"]["value"]
        assert billed % 100 == 0
        assert billed >= estimate["init_ms"]["value"]
        assert "at 512 MB and 1 vCPU" in done.stdout


@pytest.mark.unhurried
def test_nothing_is_loaded_before_and_why_names_the_handler(folder):
    write_files(folder, {"says.py": HANDLER.replace("print(", "raise RuntimeError(")})
    done = profile(folder, "says.py", "--platform", "generic")
    assert "'before:', []" in done.stderr
    fixed = ("--runs", "5", "--no-install", "--python", sys.executable)
    done = run(folder, "why", "handler.py", "json", "--platform", "generic", *fixed)
    assert done.returncode == 0, done.stderr
    assert "handler.py:4" in done.stdout


@pytest.mark.unhurried
@pytest.mark.parametrize("text", ["import sys\nsys.exit(3)\n", "import os\nos._exit(3)\n"])
@pytest.mark.parametrize("platform", ["cloudrun", "generic"])
def test_the_end_of_a_process_is_told_without_lambdas_words(folder, text, platform):
    write_files(folder, {"ends.py": text})
    done = profile(folder, "ends.py", "--platform", platform)
    assert done.returncode == 3
    assert "its process would end before it serves anything" in done.stderr
    assert "Lambda would" not in done.stderr


@pytest.mark.unhurried
def test_the_environment_is_not_lambdas(folder):
    write_files(folder, {"says.py": HANDLER.replace("print(", "raise RuntimeError(")})
    done = profile(folder, "says.py", "--platform", "cloudrun")
    assert done.returncode == 3
    assert "'lambda:', []" in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize("platform", ["cloudrun", "generic"])
def test_a_server_is_ready_when_it_listens(folder, platform):
    # Its / answers 500: an adapter would wait for another status for ever.
    done = profile(folder, "main:app", "--platform", platform)
    assert done.returncode == 0, done.stderr
    assert "is ready with a TCP connection" in " ".join(done.stdout.split())
    assert "Lambda" not in done.stdout


@pytest.mark.unhurried
def test_an_agent_is_ready_with_a_healthy_ping(folder):
    done = profile(folder, "main:app", "--platform", "agentcore")
    assert done.returncode == 0, done.stderr
    assert "is ready with GET /ping answering 200" in " ".join(done.stdout.split())
    assert "AgentCore Runtime" in done.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--platform", "clowdrun"), "name cloudrun"),
        (("--platform", "vercel"), "no data on"),
        (("--platform", "cloudrun", "--arch", "arm64"), "Cloud Run runs x86_64"),
        (("--platform", "cloudrun", "--package-type", "image"), "no package type to choose"),
        (("--platform", "cloudrun", "--region", "eu-west-1"), "no prices by region"),
        (("--platform", "cloudrun", "--boto3", "none"), "Lambda's runtime is not on Cloud Run"),
        (("--platform", "cloudrun", "--adapter", "lwa"), "asks the server of a web app itself"),
        (("--platform", "agentcore", "--arch", "x86_64"), "AgentCore Runtime runs arm64"),
        (("--platform", "agentcore", "--memory", "512"), "no memory size to choose"),
        (("--platform", "azure-flex", "--memory", "512"), "2,048 or 4,096 MB"),
        (("--platform", "lambda-managed", "--memory", "1024"), "2,048 to 32,768 MB"),
        (("--memory", "20000"), "128 to 10,240 MB"),
    ],
)
def test_what_a_platform_does_not_have_is_refused_in_a_sentence(folder, args, says):
    done = run(folder, "profile", "handler.py", *args)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("strategies", "--invocations", "1000", "--duration", "5"), "startup CPU boost"),
        (("snapstart",), "is about Lambda"),
        (("verify-init",), "is about Lambda"),
    ],
)
def test_commands_about_lambda_say_so_before_they_measure(folder, command, says):
    name, *rest = command
    done = run(folder, name, "handler.py", "--platform", "cloudrun", *rest)
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.unhurried
def test_a_budget_on_dollars_needs_a_price(folder):
    done = run(folder, "check", "--runs", "6", "--runner", "local")
    assert done.returncode == 1  # the budget on time fails
    assert "no price of a start is known for this machine" in " ".join(done.stdout.split())
    assert "Measured init is" in " ".join(done.stdout.split())
    assert "Lambda" not in done.stdout


@pytest.mark.unhurried
def test_a_saved_profile_is_estimated_on_its_platform(folder):
    assert profile(folder, "handler.py", "--platform", "cloudrun").returncode == 0
    table = run(folder, "estimate", "p.json")
    assert table.returncode == 0, table.stderr
    assert "on Cloud Run, by memory size" in table.stdout
    assert "Lambda" not in table.stdout
    too_large = run(folder, "estimate", "p.json", "--memory", "40000")
    assert "128 to 32,768 MB" in too_large.stderr
    data = json.loads(run(folder, "estimate", "p.json", "--json").stdout)
    sizes = [one["memory_mb"] for one in data["series"][0]["points"]]
    assert sizes == list(load_platforms()["cloudrun"].memory.shown)
    assert profile(folder, "handler.py", "--platform", "generic").returncode == 0
    assert "none of a start is known" in run(folder, "estimate", "p.json").stderr
