"""A project's functions are measured on any executor; results are kept, lost workers replaced."""

import contextlib
import os
import py_compile
import threading
import venv
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    InvalidStateError,
    ThreadPoolExecutor,
)
from dataclasses import replace

import pytest

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.contents import Contents
from importcost.app.projects.local_workers import local_workers
from importcost.app.projects.measured_by import MeasuredBy
from importcost.app.projects.profile_project import (
    ProjectRun,
    Shard,
    merged,
    parsed_shard,
    profile_project,
    read_traffic,
)
from importcost.app.projects.run import FunctionTask, ResultCache, Workers, run_tasks
from importcost.errors import UsageError
from importcost.model.results.project import MonthlyTraffic, culprits_of, with_traffic
from importcost.projects.functions import ProjectFunction, SourceLine
from importcost.targets.requirements import read_requirements
from tests.app.projects_work import figures, measure
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"


class Told:
    def __init__(self):
        self.done, self.notes = [], []

    def note(self, message):
        self.notes.append(message)

    def functions_done(self, done, total, name):
        self.done.append((done, total, name))


def tasks(folder, *names):
    request = ProfileRequest(target="app.handler")
    return [
        FunctionTask(ProjectFunction(one, SourceLine("t", 1)), request, f"key-{one}", str(folder))
        for one in names
    ]


def calls(folder):
    file = folder / "calls"
    return sorted(file.read_text().split()) if file.exists() else []


def threads(count):
    return Workers(lambda: ThreadPoolExecutor(count), count)


@pytest.mark.parametrize("workers", [local_workers(1), threads(3)], ids=["inline", "threads"])
def test_every_function_is_measured_once_and_kept(tmp_path, workers):
    told, cache = Told(), ResultCache(tmp_path / "results")
    wanted = tasks(tmp_path, "a", "b", "c")
    first = run_tasks(wanted, workers, measure, cache, told)
    assert [one.name for one in first] == ["a", "b", "c"]
    assert [one[:2] for one in told.done] == [(1, 3), (2, 3), (3, 3)]
    assert told.notes == [f"Measuring 3 functions{', 3 at a time' * (workers.at_once > 1)} ..."]
    told = Told()
    again = run_tasks(wanted, workers, measure, cache, told)
    assert told.notes == []
    assert calls(tmp_path) == ["a", "b", "c"]
    assert [one.figures for one in again] == [one.figures for one in first]
    assert cache.page("key-a").read_bytes() == b"<p>a</p>"


def test_what_fails_is_left_out_with_its_reason_and_tried_again_next_time(tmp_path):
    cache = ResultCache(tmp_path / "results")
    wanted = tasks(tmp_path, "a", "fails")
    found = run_tasks(wanted, local_workers(1), measure, cache, Told())
    assert found[1].reason == "fails did not start: correct it."
    told = Told()
    run_tasks(wanted, local_workers(1), measure, cache, told)
    assert told.notes == ["Measuring 1 of 2 functions; 1 kept from before ..."]
    assert calls(tmp_path) == ["a", "fails", "fails"]


class BreaksTogether(Executor):
    """Loses what was given out beside a task that dies, and takes nothing after it."""

    def __init__(self):
        self.open, self.is_broken = [], False

    def submit(self, fn, task):
        if self.is_broken:
            raise BrokenExecutor
        future = Future()
        self.open.append(future)
        if task.function.name == "always-dies":
            self.is_broken = True
            for one in self.open:
                if not one.done():
                    one.set_exception(BrokenExecutor())
        else:
            threading.Timer(0.2, self._finish, (future, fn, task)).start()
        return future

    @staticmethod
    def _finish(future, fn, task):
        with contextlib.suppress(InvalidStateError):
            future.set_result(fn(task))


@pytest.mark.unhurried
def test_a_function_is_not_lost_for_one_that_was_measured_beside_it(tmp_path):
    workers = Workers(lambda: contextlib.nullcontext(BreaksTogether()), 2)
    wanted = tasks(tmp_path, "a", "always-dies", "b", "c")
    found = run_tasks(wanted, workers, measure, ResultCache(tmp_path / "results"), Told())
    assert [one.name for one in found if one.figures] == ["a", "b", "c"]
    assert "Its worker was lost 3 times" in found[1].reason


class TakesNothing(Executor):
    def submit(self, fn, task):
        raise BrokenExecutor


def test_a_pool_that_takes_nothing_comes_to_an_end(tmp_path):
    workers = Workers(lambda: contextlib.nullcontext(TakesNothing()), 2)
    wanted = tasks(tmp_path, "a", "b")
    found = run_tasks(wanted, workers, measure, ResultCache(tmp_path / "results"), Told())
    assert ["lost 3 times" in one.reason for one in found] == [True, True]


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_function_given_out_again(tmp_path):
    cache = ResultCache(tmp_path / "results")
    wanted = tasks(tmp_path, "a", "dies", "b", "always-dies", "c")
    found = run_tasks(wanted, local_workers(2), measure, cache, Told())
    assert [one.name for one in found if one.figures] == ["a", "dies", "b", "c"]
    assert "Its worker was lost 3 times" in found[3].reason


def test_a_result_that_was_written_in_part_is_none(tmp_path):
    cache = ResultCache(tmp_path)
    (task,) = tasks(tmp_path, "a")
    cache.keep(task.key, measure(task))
    cache.page(task.key).unlink()
    assert cache.read(task.key) is None
    cache.keep(task.key, measure(task))
    cache.page(task.key).with_suffix(".json").write_text("{")
    assert cache.read(task.key) is None
    cache.keep(task.key, measure(task))
    cache.page(task.key).write_bytes(b"")  # as after a loss of power
    assert cache.read(task.key) is None


TEMPLATE = """
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, CodeUri: a}
  B:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, CodeUri: b, MemorySize: 512}
  Node: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x}}
"""


def project(folder):
    return write_files(
        folder, {"template.yaml": TEMPLATE, "a/app.py": HANDLER, "b/app.py": HANDLER}
    )


def run(folder, **changes):
    found = ProjectRun(cache=ResultCache(folder / "results"), **changes)
    return profile_project(ProfileRequest(target=str(folder)), found, measure, Told()).figures


@pytest.mark.unhurried
def test_only_what_changed_is_measured_again(tmp_path):
    project(tmp_path)
    found = run(tmp_path)
    assert [one.name for one in found.functions] == ["A", "B"]
    assert found.left_out[0].reason == "its runtime is nodejs22.x, not Python."
    run(tmp_path)
    assert calls(tmp_path) == ["A", "B"]
    (tmp_path / "b" / "app.py").write_text(HANDLER + "\n")
    run(tmp_path)
    assert calls(tmp_path) == ["A", "B", "B"]


PLAIN = ProfileRequest(target="app.handler", runner="local")


def key(request):
    return Contents(MeasuredBy(print)).key_of(request)


def test_options_requirements_and_layers_are_part_of_what_a_result_holds_for(tmp_path):
    project(tmp_path)
    write_files(tmp_path, {"requirements.txt": "x", "layer/python/y.py": ""})
    a, requirements = str(tmp_path / "a"), str(tmp_path / "requirements.txt")
    keys = {
        key(replace(PLAIN, **changes))
        for changes in (
            {},
            {"memory_mb": 512},
            {"task_root": a},
            {"layers": (str(tmp_path / "layer"),)},
            {"task_root": a, "requirements": requirements},
            {"environment": {"A": "1"}},
        )
    }
    assert len(keys) == 6
    before = key(replace(PLAIN, task_root=a, requirements=requirements))
    (tmp_path / "requirements.txt").write_text("x==2")
    assert key(replace(PLAIN, task_root=a, requirements=requirements)) != before


def test_a_project_that_requirements_name_by_its_folder_is_part_of_it(tmp_path):
    """The same words may lead to another folder, whose files may change."""
    shared = {"setup.py": "", "shared.py": "A = 1"}
    write_files(tmp_path / "one", {"f/requirements.txt": "../lib/", "f/app.py": HANDLER})
    write_files(tmp_path / "two", {"f/requirements.txt": "../lib/", "f/app.py": HANDLER})
    for name in ("one", "two"):
        write_files(tmp_path / name / "lib", shared)

    def installed(name):
        found = read_requirements(str(tmp_path / name / "f" / "requirements.txt"))
        return found.key, key(replace(PLAIN, task_root=str(tmp_path / name / "f")))

    before, other = installed("one"), installed("two")
    assert before[0] == other[0]
    (tmp_path / "one" / "lib" / "shared.py").write_text("A = 2")
    changed = installed("one")
    assert changed[0] != before[0]
    assert changed[1] != before[1]
    assert installed("two") == other


def test_bytecode_counts_as_far_as_deployed_code_uses_it(tmp_path):
    source = write_files(tmp_path, {"app.py": HANDLER}) / "app.py"
    plain = replace(PLAIN, task_root=str(tmp_path))
    image = replace(plain, package_type="image")
    in_zip, in_image = key(plain), key(image)
    py_compile.compile(str(source))
    assert key(plain) == in_zip  # the dates of a ZIP's files never match
    dated = key(image)
    assert dated != in_image
    os.utime(source, (1, 1))
    assert key(image) not in (in_image, dated)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), invalidation_mode=mode)
    assert key(plain) != in_zip


def test_the_packages_beside_the_interpreter_are_part_of_it(tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    venv.create(tmp_path / "env", symlinks=True)
    named = replace(PLAIN, python=str(python))
    before = key(named)
    (folder,) = (tmp_path / "env").glob("lib/python3*/site-packages")
    (folder / "any-1.0.dist-info").mkdir()
    assert key(named) != before


@pytest.mark.unhurried
def test_shards_cover_every_function_once_and_merge_into_the_whole(tmp_path):
    project(tmp_path)
    parts = [run(tmp_path, shard=Shard(number, 3)) for number in (1, 2, 3)]
    whole = merged(parts)
    assert [part.shard for part in parts] == [f"{n}/{len(parts)}" for n in range(1, len(parts) + 1)]
    assert whole.shard is None
    with pytest.raises(UsageError, match="are missing"):
        merged(parts[1:])
    with pytest.raises(UsageError, match="several projects"):
        merged([parts[0], replace(parts[1], place="other")])
    assert sorted(one.name for one in whole.functions) == ["A", "B"]
    assert [one.name for one in whole.left_out] == ["Node"]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "", "1/99999"])
def test_an_impossible_shard_is_told(text):
    with pytest.raises(UsageError, match="write --shard 3/10"):
        parsed_shard(text)


def test_culprits_are_ranked_over_all_functions():
    found = culprits_of(
        [
            figures("a", packages=[("boto3", 50), ("function", 9)], own=[("shared", 5)]),
            figures("b", packages=[("boto3", 60), ("pandas", 90)], own=[("shared", 6), ("b", 99)]),
        ]
    )
    assert [(one.kind, one.name, one.total_ms) for one in found] == [
        ("package", "boto3", 110),
        ("package", "pandas", 90),
        ("module", "shared.py", 11),
    ]
    assert found[0].functions == ("a", "b")


def test_traffic_makes_dollars_a_month(tmp_path):
    file = tmp_path / "traffic.csv"
    file.write_text("function,invocations,cold_rate\na,1000000,0.01\n*,5e6,0.002\n")
    traffic = read_traffic(file)
    a, b = with_traffic([figures("a", ms=400), figures("b", ms=400)], traffic)
    assert a.traffic == MonthlyTraffic(1_000_000, 0.01)
    assert a.dollars_a_month == pytest.approx(0.01)
    assert b.dollars_a_month == pytest.approx(0.01)


@pytest.mark.parametrize("line", ["a,1", "a,x,0.1", "a,1,2", "a,-1,0.5", "a,nan,0.5", "a,1,nan"])
def test_broken_traffic_names_its_line(tmp_path, line):
    file = tmp_path / "traffic.csv"
    file.write_text(f"function,invocations,cold_rate\n{line}\n")
    with pytest.raises(UsageError, match=r"traffic\.csv line 2"):
        read_traffic(file)


def test_an_executor_is_opened_once_for_all_tasks(tmp_path):
    opened = []

    @contextlib.contextmanager
    def opening():
        opened.append(1)
        with ThreadPoolExecutor(2) as executor:
            yield executor

    cache = ResultCache(tmp_path / "results")
    run_tasks(tasks(tmp_path, "a", "b"), Workers(opening, 2), measure, cache, Told())
    assert opened == [1]


def test_no_results_need_no_executor(tmp_path):
    def opening():
        raise AssertionError

    assert run_tasks([], Workers(opening, 2), measure, ResultCache(tmp_path), Told()) == ()


def test_merging_nothing_is_told():
    with pytest.raises(UsageError, match="nothing to merge"):
        merged([])


@pytest.mark.slow
def test_the_distributed_client_of_dask_is_an_executor_whose_lost_workers_are_replaced(tmp_path):
    import distributed  # seconds of importing, for one test

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    cache = ResultCache(tmp_path / "results")
    wanted = tasks(tmp_path, "a", "dies", "b", "fails")
    with (
        distributed.LocalCluster(host="127.0.0.1", **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = Workers(lambda: contextlib.nullcontext(client.get_executor(pure=False)), 4)
        found = run_tasks(wanted, workers, measure, cache, Told())
    assert [one.name for one in found if one.figures] == ["a", "dies", "b"]
    assert found[3].reason == "fails did not start: correct it."
