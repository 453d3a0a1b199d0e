"""The command as a user types it, hooks in their order, limits, and the skeleton that mends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from importcost.snapstart.facts import source_facts
from importcost.snapstart.fix import skeletons
from importcost.snapstart.model import HazardKind, HookRun, Severity
from importcost.snapstart.modules import Project, parse_module
from importcost.snapstart.rules import lambda_rules
from importcost.snapstart.verdict import adapter_hook_notes, all_findings, hazards, hook_findings
from tests.commands import run_here
from tests.harness import interpreters, write_files
from tests.snapstart.runs import snapshot_of

SAMPLES = Path(__file__).resolve().parents[2] / "sample_handlers"
CORPUS = Path(__file__).with_name("corpus")
REGISTER = "from snapshot_restore_py import register_after_restore, register_before_snapshot\n"
# Everything in these is a plain assignment at module level, which a skeleton can renew.
MENDABLE = (
    "uuid_plain",
    "uuid_from_import",
    "random_plain",
    "random_own_generator",
    "secrets_all",
    "urandom",
    "clock_time",
    "clock_datetime",
    "clock_in_dict",
    "credentials_variables",
    "environment_volatile",
    "socket_held",
    "through_function",
    "through_constructor",
    "one_of_two_renewed",
)


def importcost(*words: str) -> subprocess.CompletedProcess[str]:
    return run_here(Path.cwd(), "snapstart", *words, "--runner", "local")


def findings_of(folder: Path, name: str):
    file = folder / f"{name}.py"
    project = Project({name: parse_module(name, str(file), file.read_text())})
    facts = source_facts(project)
    return project, all_findings(project, facts, snapshot_of(folder, name).observation)


@pytest.mark.unhurried
@pytest.mark.parametrize(("sample", "code"), [("snapstart_session", 0), ("snapstart_broken", 1)])
def test_the_samples_come_out_as_they_say(sample, code):
    done = importcost(str(SAMPLES / sample / "handler.py"), "--json")
    assert done.returncode == code, done.stderr
    data = json.loads(done.stdout)
    assert data["clean"] is (code == 0)
    found = [(item["kind"], item["severity"], item["label"]) for item in data["findings"]]
    assert found == [("uuid", "hazard" if code else "accepted", "uuid.uuid4")]
    lines = (SAMPLES / sample / "handler.py").read_text().splitlines()
    assert lines[data["findings"][0]["line"] - 1].startswith("SESSION_ID = ")


@pytest.mark.unhurried
def test_a_failing_init_cannot_be_measured_but_its_source_is_read(tmp_path):
    text = "import uuid\nX = uuid.uuid4()\nraise RuntimeError('no network')\n"
    write_files(tmp_path, {"handler.py": text})
    done = importcost(str(tmp_path / "handler.py"))
    assert done.returncode == 3
    assert "handler.py:2 (uuid)" in done.stderr


def test_hooks_run_in_lambdas_order_with_their_arguments(tmp_path):
    text = REGISTER + (
        "def b(n): pass\ndef c(n): pass\ndef d(n): pass\ndef e(n): pass\n"
        "register_before_snapshot(b, 1)\nregister_before_snapshot(c, n=2)\n"
        "register_after_restore(d, 3)\nregister_after_restore(e, n=4)\n"
    )
    hooks = snapshot_of(write_files(tmp_path, {"handler.py": text})).hooks
    assert [(hook.when, hook.name) for hook in hooks] == [
        ("before", "c"),
        ("before", "b"),
        ("after", "d"),
        ("after", "e"),
    ]
    assert all(hook.error is None and hook.wall_us >= 0 for hook in hooks)


@pytest.mark.parametrize(("when", "code"), [("before_snapshot", 64), ("after_restore", 65)])
def test_a_hook_that_raises_is_a_hazard_with_lambdas_exit_code(tmp_path, when, code):
    text = REGISTER + f"@register_{when}\ndef broken():\n    raise ValueError('why')\n"
    run = snapshot_of(write_files(tmp_path, {"handler.py": text}))
    (found,) = hook_findings(run.hooks, run.init_us, lambda_rules(3.0))
    assert found.kind is HazardKind.HOOK_FAILED
    assert found.line == 2
    assert f"exit code {code}" in found.reason
    assert "ValueError: why" in found.reason


@pytest.mark.parametrize(
    ("when", "wall_s", "timeout_s", "is_over"),
    [
        ("before", 129, 3, False),
        ("before", 131, 3, True),
        ("before", 131, 900, False),
        ("before", 899, 1_800, False),
        ("before", 901, 1_800, True),
        ("after", 9.9, 900, False),
        ("after", 10.1, 900, True),
    ],
)
def test_limits_are_lambdas(when, wall_s, timeout_s, is_over):
    hook = HookRun(when, "slow", "handler.py", 3, int(wall_s * 1e6), None)
    found = hook_findings((hook,), 0, lambda_rules(timeout_s))
    assert [item.kind for item in found] == ([HazardKind.HOOK_LIMIT] if is_over else [])


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("--adapter", "lwa"), {}),
        (("--env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap"), {}),
        ((), {"run.sh": "exec python -m uvicorn --port=$PORT handler:app\n"}),
    ],
)
def test_hooks_under_the_web_adapter_are_flagged(tmp_path, words, files):
    text = REGISTER + "@register_after_restore\ndef renew(): pass\n"
    write_files(tmp_path, {"handler.py": text, **files})
    done = importcost(str(tmp_path / "handler.py"), "--json", *words)
    assert done.returncode == 1
    assert [item["kind"] for item in json.loads(done.stdout)["findings"]] == ["adapter-hook"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"AFTER_RESTORE": "/up"}, [("POST /up", "AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH")]),
        ({"BEFORE_CHECKPOINT": "/d"}, [("POST /d", "AWS_LWA_SNAPSTART_BEFORE_CHECKPOINT_PATH")]),
        ({"AFTER_RESTORE": ""}, []),
        ({}, []),
    ],
)
def test_the_http_hooks_of_the_web_adapter_are_told_as_notes(given, told):
    found = adapter_hook_notes({f"AWS_LWA_SNAPSTART_{n}_PATH": path for n, path in given.items()})
    assert [(one.code, one.label) for one in found] == told
    assert {one.severity for one in found} <= {Severity.NOTE}


@pytest.mark.parametrize("seconds", ["nan", "0", "1801"])
def test_a_timeout_that_lambda_does_not_have_is_refused(tmp_path, seconds):
    write_files(tmp_path, {"handler.py": ""})
    done = importcost(str(tmp_path / "handler.py"), "--function-timeout", seconds)
    assert done.returncode == 2
    assert "--function-timeout" in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize("name", MENDABLE)
def test_the_skeleton_makes_a_snippet_clean(tmp_path, name):
    text = (CORPUS / f"{name}.py").read_text()
    write_files(tmp_path, {f"{name}.py": text})
    project, findings = findings_of(tmp_path, name)
    assert hazards(findings)
    (skeleton,) = skeletons(project, findings)
    assert not skeleton.open_points
    write_files(tmp_path, {f"{name}.py": text + skeleton.text})
    _, findings = findings_of(tmp_path, name)
    assert hazards(findings) == ()


def test_what_a_library_consumes_for_itself_is_not_the_functions(tmp_path):
    files = {
        "handler.py": "import library\nNAME = library.name()\nTHING = library.Thing()\n",
        "site-packages/library.py": "import uuid, time\nMINE = uuid.uuid4()\n"
        "def name(): return str(uuid.uuid4())\n"
        "class Thing:\n    def __init__(self): self.at = time.time()\n",
        "sitecustomize.py": "",
    }
    root = write_files(tmp_path, files)
    text = f"import sys\nsys.path.append({str(root / 'site-packages')!r})\n" + files["handler.py"]
    write_files(tmp_path, {"handler.py": text})
    _, findings = findings_of(tmp_path, "handler")
    assert [(item.line, item.kind) for item in findings] == [(4, HazardKind.UUID)]


@pytest.mark.unhurried
def test_a_value_made_in_another_own_module_is_found_and_may_be_cleared_from_here(tmp_path):
    other = "import uuid\nSESSION = uuid.uuid4()\n"
    hook = REGISTER + "import other\n@register_before_snapshot\ndef clear(): other.SESSION = None\n"
    broken = write_files(tmp_path / "a", {"other.py": other, "handler.py": "import other\n"})
    mended = write_files(tmp_path / "b", {"other.py": other, "handler.py": hook})
    for root, code in ((broken, 1), (mended, 0)):
        done = importcost(str(root / "handler.py"), "--json")
        (found,) = json.loads(done.stdout)["findings"]
        assert done.returncode == code
        assert (Path(found["file"]).name, found["line"]) == ("other.py", 2)
        assert found["found_by"] == ["source", "run"]


@pytest.mark.parametrize("python", interpreters()[:8])
def test_every_supported_python_tells_the_same(tmp_path, python):
    write_files(tmp_path, {"handler.py": (CORPUS / "secrets_all.py").read_text()})
    run = snapshot_of(tmp_path, python=python)
    lines = {event.frames[-1][2] for event in run.observation.events if event.is_direct}
    assert lines == {4, 5, 6}


@pytest.mark.parametrize(("seed", "severity"), [("", "hazard"), ("random.seed(); ", "accepted")])
def test_an_object_that_hooks_close_and_open_again_with_the_same_draw(tmp_path, seed, severity):
    text = REGISTER + (
        "import random\nclass Pool:\n"
        "    def connect(self): self.id, self.is_open = random.randint(1, 10**9), True\n"
        "    def close(self): self.is_open = False\n"
        "pool = Pool()\npool.connect()\nregister_before_snapshot(pool.close)\n"
        f"@register_after_restore\ndef again(): {seed}pool.connect()\n"
    )
    write_files(tmp_path, {"handler.py": text})
    _, findings = findings_of(tmp_path, "handler")
    drawn = [item for item in findings if item.kind is HazardKind.RANDOM]
    assert severity in {item.severity.value for item in drawn}
    assert bool(hazards(tuple(drawn))) is (severity == "hazard")
