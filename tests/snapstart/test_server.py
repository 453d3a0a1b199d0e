"""Snapshots of servers: real ones of the standard library, with hooks, pings and priming."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from random import Random

import pytest

from importcost.app.profile.request import ProfileRequest
from importcost.app.snapstart.server import hook_form, read_request, snapshot_place
from importcost.errors import HandlerError, UsageError
from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.runners.local import LocalRunner
from importcost.measure.session import Subject
from importcost.measure.snapshots.pairs import priming_pairs
from importcost.measure.snapshots.server import (
    HookPaths,
    SentRequest,
    ServerLauncher,
    ServerPlan,
    observe_server,
    raise_for_answer,
)
from importcost.measure.web.servers import Server
from importcost.model.profile import Target
from importcost.snapstart.facts import source_facts
from importcost.snapstart.fix import skeletons
from importcost.snapstart.model import Severity
from importcost.snapstart.modules import Project, parse_module
from importcost.snapstart.rules import adapter_rules, agentcore_rules, lambda_rules
from importcost.snapstart.verdict import all_findings, hazards, hook_findings
from tests.commands import run_here
from tests.harness import RUNTIME_MODULES, SETTINGS, interpreter_facts, interpreters, write_files

SERVE = """
import http.server, os, socketserver

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        status, body = route(self.command, self.path.partition("?")[0])
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *words):
        pass

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

def serve(port):
    with Server(("127.0.0.1", port), Handler) as server:
        server.serve_forever()
"""
APP = """
import os, random, socket, time, uuid
import serving

FIRST = uuid.uuid4()
SECOND = uuid.uuid4()
started = None
link = None
cache = None

def begin():
    global started, link
    started = time.time()
    link = socket.socket()

def route(method, path):
    global FIRST, link, cache
    if path == "/before":
        link.close()
        link = None
    elif path == "/after":
        FIRST = uuid.uuid4()
    elif path == "/again":
        FIRST = random.random()
    elif path == "/prime":
        import wave
        cache = uuid.uuid4()
    elif path in ("/bad", "/sick"):
        return 500, b"{}"
    return 200, b'{"status": "Healthy"}'

serving.route = route
if __name__ == "__main__":
    begin()
    serving.serve(PORT)
"""
LWA = APP.replace("PORT)", 'int(os.environ["PORT"]))')
AGENT = APP.replace("PORT)", "8080)")


def launcher_of(folder, text, plan, request=None, python=None):
    write_files(folder, {"main.py": text, "serving.py": SERVE})
    target = Target("main", "app", str(folder), str(folder / "main.py"))
    facts = interpreter_facts(python or sys.executable)
    environment = lambda_environment(target, SETTINGS, str(folder))
    layout = local_layout(target, facts.minor_version)
    runner = LocalRunner(facts.executable, facts, layout, environment)
    server = Server(("python", str(folder / "main.py")), "python")
    subject = Subject(target, SETTINGS, RUNTIME_MODULES, "zip", None, 30.0, server=server)
    return layout, ServerLauncher(runner, subject, plan, request)


def hooked(before=None, after=None):
    return ServerPlan(HookPaths(before, after, 60.0))


PING = ServerPlan(HookPaths(None, None, 120.0), "/ping", 8080)


def findings_of(folder, text, plan, python=None):
    layout, launcher = launcher_of(folder, text, plan, python=python)
    run = observe_server(launcher, layout)
    files = run.observation.files
    modules = {
        name: parse_module(name, file, (folder / file).read_text()) for name, file in files.items()
    }
    project = Project(modules)
    found = all_findings(project, source_facts(project), run.observation, under_adapter=True)
    mine = [one for one in found if one.file.endswith("main.py")]
    return run, project, [one for one in mine if one.severity is not Severity.NOTE]


def named(findings):
    return {(one.code.split(" ")[0], one.severity.value) for one in findings}


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters())
def test_state_of_the_server_s_process_is_named_and_hooks_renew_it(tmp_path, python):
    run, _, found = findings_of(tmp_path, LWA, hooked("/before", "/after"), python)
    assert named(found) == {
        ("FIRST", "accepted"),
        ("SECOND", "hazard"),
        ("started", "hazard"),
        ("link", "accepted"),
    }
    assert [(hook.when, hook.name, hook.error) for hook in run.hooks] == [
        ("before", "POST /before", None),
        ("after", "POST /after", None),
    ]


@pytest.mark.unhurried
def test_without_hooks_everything_stays(tmp_path):
    _, _, found = findings_of(tmp_path, LWA, hooked())
    assert {one.severity for one in found} == {Severity.HAZARD}
    assert len(found) == 4


@pytest.mark.unhurried
def test_a_restore_hook_that_draws_from_the_snapshot_s_generator_renews_nothing(tmp_path):
    text = LWA.replace("FIRST = uuid.uuid4()\nSECOND", "FIRST = random.random()\nSECOND")
    _, _, found = findings_of(tmp_path, text, hooked(None, "/again"))
    (first,) = [one for one in found if one.code.startswith("FIRST = random.random()")]
    assert first.severity is Severity.HAZARD
    assert "shared generator" in first.reason


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("paths", "when", "words"),
    [
        (("/bad", None), "before", "it answered 500"),
        (("/before", "/sick"), "after", "it answered 500"),
    ],
)
def test_an_answer_that_is_not_2xx_fails_the_phase(tmp_path, paths, when, words):
    run, _, _ = findings_of(tmp_path, LWA, hooked(*paths))
    assert run.hooks[-1].when == when
    (found,) = hazards(hook_findings(run.hooks, run.init_us, adapter_rules(3.0)))
    assert found.reason.startswith(words)
    assert "Lambda Web Adapter fails the" in found.reason


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters()[-1:])
def test_an_agent_is_asked_at_its_own_port_whatever_runs_here(tmp_path, python):
    run, _, found = findings_of(tmp_path, AGENT, PING, python)
    assert run.hooks == ()
    assert ("SECOND", "hazard") in named(found)


@pytest.mark.unhurried
def test_an_agent_that_is_not_healthy_is_not_ready(tmp_path):
    text = AGENT.replace('"Healthy"', '"Broken"')
    layout, launcher = launcher_of(tmp_path, text, PING)
    launcher = replace_timeout(launcher, 2.0)
    with pytest.raises(HandlerError, match="was not ready within 2 s"):
        observe_server(launcher, layout)


def replace_timeout(launcher, seconds):
    runner, subject = launcher._runner, replace(launcher._subject, timeout_s=seconds)
    return ServerLauncher(runner, subject, PING)


def test_an_agent_that_fails_at_import_is_told_with_its_error(tmp_path):
    layout, launcher = launcher_of(tmp_path, "raise RuntimeError('no model')\n", PING)
    with pytest.raises(HandlerError, match="no model"):
        observe_server(launcher, layout)


@pytest.mark.unhurried
def test_priming_a_server_in_pairs(tmp_path):
    plan, request = hooked("/before", "/after"), SentRequest("GET", "/prime")
    _, launcher = launcher_of(tmp_path, LWA, plan, request)
    times = iter([0.0] + [1000.0] * 15)
    pairs = priming_pairs(launcher.launch, Random(1), lambda done, total: None, lambda: next(times))
    assert len(pairs.times.plain_us) == len(pairs.times.primed_us) == 8
    steps = pairs.left["steps"]
    assert steps["watch"]["held"] != steps["watched"]["held"]
    labels = {event["label"] for event in steps["watched"]["events"]}
    assert "uuid.uuid4" in labels


def test_a_priming_request_that_the_app_does_not_answer(tmp_path):
    request = SentRequest("GET", "/bad")
    _, launcher = launcher_of(tmp_path, LWA, hooked(), request)
    with pytest.raises(HandlerError, match=r"priming request GET /bad \(status 500\)"):
        raise_for_answer(launcher.launch("primed"), request)


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("GET /chat", "lwa", SentRequest("GET", "/chat")),
        ("/chat", "lwa", SentRequest("GET", "/chat")),
        ('post /x {"a": 1}', "lwa", SentRequest("POST", "/x", '{"a": 1}')),
        ('{"prompt": "x"}', "agentcore", SentRequest("POST", "/invocations", '{"prompt": "x"}')),
        ("POST /warm", "agentcore", SentRequest("POST", "/warm")),
    ],
)
def test_requests_to_prime_with(text, place, found):
    assert read_request(text, place) == found


@pytest.mark.parametrize("text", ['{"a": 1}', "chat", "G3T /x"])
def test_a_web_app_is_not_primed_with_an_event(text):
    with pytest.raises(UsageError, match="is not a request"):
        read_request(text, "lwa")


def test_each_platform_has_its_rules():
    rules = (lambda_rules(3.0), adapter_rules(3.0), agentcore_rules())
    assert [one.before_s for one in rules] == [130.0, 130.0, 120.0]
    assert [one.each_s for one in rules][1:] == [60.0, 120.0]
    place = snapshot_place(ProfileRequest("agent.py", platform="agentcore"), 3.0)
    assert (place.plan.ping_path, place.plan.port) == ("/ping", 8080)
    given = {"AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH": "/up"}
    place = snapshot_place(ProfileRequest("m:app", adapter="lwa", environment=given), 3.0)
    assert (place.plan.hooks.before, place.plan.hooks.after) == (None, "/up")
    wrong = {"AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH": "up"}
    with pytest.raises(UsageError, match="does not start with /"):
        snapshot_place(ProfileRequest("m:app", adapter="lwa", environment=wrong), 3.0)


@pytest.mark.unhurried
def test_the_skeleton_has_routes_under_the_adapter_and_none_on_agentcore(tmp_path):
    _, project, found = findings_of(tmp_path, LWA, hooked())
    target = Target("main", "app", str(tmp_path), str(tmp_path / "main.py"))
    (routes,) = skeletons(project, tuple(found), hook_form("lwa", target, {}))
    assert '@app.post("/snapstart/after-restore")' in routes.text
    assert "AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH=/snapstart/after-restore" in routes.text
    (none,) = skeletons(project, tuple(found), hook_form("agentcore", target, {}))
    assert len(none.open_points) == len(found)
    assert "def " not in none.text


@pytest.mark.unhurried
def test_the_command_starts_the_server_and_calls_its_hooks(tmp_path):
    write_files(tmp_path, {"main.py": LWA, "serving.py": SERVE})
    words = ("snapstart", "main:app", "--adapter", "lwa", "--server", "python main.py", "--json")
    paths = ("BEFORE_CHECKPOINT_PATH=/before", "AFTER_RESTORE_PATH=/after")
    given = [word for path in paths for word in ("--env", f"AWS_LWA_SNAPSTART_{path}")]
    done = run_here(tmp_path, *words, *given, "--runner", "local")
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert data["around"] == "lwa"
    assert [hook["name"] for hook in data["hooks"]] == ["POST /before", "POST /after"]
    found = {(one["code"].split(" ")[0], one["severity"]) for one in data["findings"]}
    assert {("FIRST", "accepted"), ("SECOND", "hazard"), ("link", "accepted")} <= found


POOL = """
import random

class Pool:
    def connect(self):
        self.id = random.randint(1, 10**9)
        self.is_open = True

    def close(self):
        self.is_open = False

pool = Pool()
pool.connect()
"""


@pytest.mark.unhurried
@pytest.mark.parametrize(("seed", "severity"), [("", "hazard"), ("random.seed(); ", "accepted")])
def test_an_object_that_a_hook_reopens_with_the_snapshot_s_generator(tmp_path, seed, severity):
    route = f'    if path == "/before": pool.close()\n    if path == "/up": {seed}pool.connect()\n'
    text = f"import os\nimport serving\n{POOL}\ndef route(method, path):\n{route}"
    text += '    return 200, b"{}"\n\nserving.route = route\n'
    text += 'if __name__ == "__main__":\n    serving.serve(int(os.environ["PORT"]))\n'
    _, _, found = findings_of(tmp_path, text, hooked("/before", "/up"))
    assert [(one.code, one.severity.value) for one in found] == [("pool.connect()", severity)]


@pytest.mark.unhurried
def test_a_hook_reaches_one_of_several_processes(tmp_path):
    layout, launcher = launcher_of(tmp_path, LWA, hooked(None, "/after"))
    # The copies accept from the same socket, as the workers of a pre-forking server do.
    serving = SERVE.replace("as server:\n", "as server:\n        os.fork(), os.fork()\n")
    write_files(tmp_path, {"serving.py": serving})
    assert observe_server(launcher, layout).workers == 3
