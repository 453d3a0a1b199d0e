"""Getters that threads may call build once: by what the source shows, and with 16 threads."""

# ruff: noqa: E501 - a line of a case is a line of its file

import importlib
import sys
import threading
from dataclasses import replace

import pytest

from importcost.deferral.rewrite.rewrite import Change, Rewritten, rewrite
from importcost.deferral.rewrite.settled import changes_of, settle_verdicts
from importcost.deferral.source.analyse import analyse, outside_uses, reach_of
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.outside import OutsideUses
from importcost.deferral.source.reach.locks import with_locks
from importcost.deferral.source.surroundings.later import LaterChanges
from importcost.model.advice import DeferStyle, VerdictKind
from tests.deferral.rewrite.cases import analysed

THREADS = 16
# As boto3's default session: nobody may make a client while another one is being made.
SDK = """import threading
import time

made = []
_busy = threading.Lock()


class Client:
    def __init__(self, name):
        self.name = name

    def Table(self, name):
        return client(f"{self.name}/{name}")


def client(name, **options):
    if not _busy.acquire(blocking=False):
        raise KeyError("data_loader")
    for _ in range(300):
        time.sleep(0)  # lets other threads run
    made.append(name)
    _busy.release()
    return Client(name)


resource = client
"""
HEAD = "from boto3 import client\nimport boto3\n\ns3 = boto3.client('s3')\nsqs = boto3.client('sqs')\n\n\n"
FANS_OUT = {
    "submit": (
        "from concurrent.futures import ThreadPoolExecutor\nimport boto3\n\ns3 = boto3.client('s3')\n"
        "sqs = boto3.client('sqs')\n\n\ndef one(key):\n    return s3.name, sqs.name\n\n\n"
        "def handler(event, context):\n    with ThreadPoolExecutor(16) as pool:\n"
        "        return [f.result() for f in [pool.submit(one, k) for k in range(64)]]\n"
    ),
    "map": (
        "import concurrent.futures\nimport boto3\n\ndynamodb = boto3.resource('dynamodb')\n"
        "table = dynamodb.Table('t')\n\n\ndef one(key):\n    return table.name, dynamodb.name\n\n\n"
        "def handler(event, context):\n    with concurrent.futures.ThreadPoolExecutor(16) as pool:\n"
        "        return list(pool.map(one, range(64)))\n"
    ),
    "a thread's own class": (
        "import threading\nimport boto3\n\ns3 = boto3.client('s3')\n\n\nclass Worker(threading.Thread):\n"
        "    def run(self):\n        self.answer = s3.name\n\n\ndef handler(event, context):\n"
        "    workers = [Worker() for _ in range(16)]\n    for one in workers:\n        one.start()\n"
        "    for one in workers:\n        one.join()\n    return [one.answer for one in workers]\n"
    ),
    "a coroutine's thread": (
        "import asyncio\nimport boto3\n\ns3 = boto3.client('s3')\n\n\ndef one():\n    return s3.name\n\n\n"
        "async def main():\n    return await asyncio.gather(*(asyncio.to_thread(one) for _ in range(16)))\n\n\n"
        "def handler(event, context):\n    return asyncio.run(main())\n"
    ),
    "an executor of the loop": (
        "import asyncio\nimport boto3\n\ns3 = boto3.client('s3')\n\n\ndef one(n):\n    return s3.name\n\n\n"
        "async def main():\n    loop = asyncio.get_running_loop()\n"
        "    return await asyncio.gather(*(loop.run_in_executor(None, one, n) for n in range(16)))\n\n\n"
        "def handler(event, context):\n    return asyncio.run(main())\n"
    ),
    "threads without the pool": (
        "from threading import Thread\nimport boto3\n\ns3 = boto3.client('s3')\nseen = []\n\n\n"
        "def one():\n    seen.append(s3.name)\n\n\ndef handler(event, context):\n"
        "    workers = [Thread(target=one) for _ in range(16)]\n    for one_ in workers:\n        one_.start()\n"
        "    for one_ in workers:\n        one_.join()\n    return list(seen)\n"
    ),
    "multiprocessing.dummy": (
        "from multiprocessing.dummy import Pool\nimport boto3\n\ns3 = boto3.client('s3')\n\n\n"
        "def one(n):\n    return s3.name\n\n\ndef handler(event, context):\n    with Pool(16) as pool:\n"
        "        return pool.map(one, range(64))\n"
    ),
    "a helper of another file": (
        "import boto3\nimport fan\n\ns3 = boto3.client('s3')\n\n\ndef one(n):\n    return s3.name\n\n\n"
        "def handler(event, context):\n    return fan.out(one, range(64))\n"
    ),
    "a decorator of another file": (
        "import boto3\nfrom fan import everywhere\n\ns3 = boto3.client('s3')\n\n\n@everywhere\ndef one(n):\n"
        "    return s3.name\n\n\ndef handler(event, context):\n    return one(range(64))\n"
    ),
}
FAN = """import functools
from concurrent.futures import ThreadPoolExecutor


def out(function, items):
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(function, items))


def everywhere(function):
    @functools.wraps(function)
    def inner(items):
        return out(function, items)

    return inner
"""
PLAIN = {
    "no thread": (
        "import boto3\n\ns3 = boto3.client('s3')\n\n\ndef handler(event, context):\n    return s3.name\n"
    ),
    "a loop of one thread": (
        "import asyncio\nimport boto3\n\ns3 = boto3.client('s3')\n\n\nasync def main():\n    return s3.name\n\n\n"
        "def handler(event, context):\n    return asyncio.run(main())\n"
    ),
    "threads that use something else": (
        "from concurrent.futures import ThreadPoolExecutor\nimport sdk\n\nold = sdk.make()\n\n\n"
        "def one(n):\n    return n + 1\n\n\ndef handler(event, context):\n    with ThreadPoolExecutor(16) as pool:\n"
        "        return old, list(pool.map(one, range(9)))\n"
    ),
}


def analysed_files(texts):
    """Return the files of a function, settled, by name, as `defer` reads them."""
    sources = {name: SourceText(f"{name}.py", text, "utf-8", False) for name, text in texts.items()}
    outside = outside_uses(sources)
    reach = reach_of(sources, ["app.handler"])
    read = {}
    for name, source in sources.items():
        used = outside.get(name, OutsideUses())
        if name == "app":
            used = replace(used, entry=used.entry | {"handler"})
        read[name] = analyse(source, name, False, (3, 12), used, LaterChanges(reach))
    return {name: settle_verdicts(file, (3, 12)) for name, file in with_locks(read, reach).items()}


def rewritten(texts):
    """Return the texts with every object that can be one made a getter."""
    result = {}
    for name, file in analysed_files(texts).items():
        changes = [change for made in file.objects for change in changes_of(made)]
        done = rewrite(file, changes, (3, 12))
        assert isinstance(done, Rewritten), done
        result[name] = done.text
    return result


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write the files of a function, and import one of them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    known = set(sys.modules)

    def importing(texts, name="app"):
        for file, text in {"boto3": SDK, **texts}.items():
            (tmp_path / f"{file}.py").write_text(text)
        monkeypatch.delitem(sys.modules, "boto3", raising=False)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield importing
    for name in set(sys.modules) - known:
        if name in ("boto3", "app", "fan", "jobs", "a", "b"):
            del sys.modules[name]


@pytest.fixture
def busy():
    """Switch between threads as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*calls):
    """Call each function from THREADS threads that start together; return what went wrong."""
    barrier, errors = threading.Barrier(THREADS * len(calls)), []

    def run(call):
        barrier.wait()
        try:
            call()
        except KeyError as error:
            errors.append(error)

    workers = [threading.Thread(target=run, args=(call,)) for call in calls for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return errors


@pytest.mark.parametrize("text", FANS_OUT.values(), ids=FANS_OUT)
def test_each_client_is_made_once_however_many_threads_ask_for_it(load, busy, text):
    changed = rewritten({"app": text, "fan": FAN})
    assert "with _lock:" in changed["app"]
    module = load(changed)
    sdk = sys.modules.get("boto3")
    answer = module.handler({}, None)
    sdk = sys.modules["boto3"] if sdk is None else sdk
    getters = [getattr(module, name) for name in dir(module) if name.startswith("get_")]
    assert getters
    assert at_once(*getters) == []
    assert len(sdk.made) == len(set(sdk.made)), sdk.made
    assert len(sdk.made) == len(getters)
    assert answer


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_where_nothing_threads_a_getter_is_cached_only(text):
    changed = rewritten({"app": text, "fan": FAN})["app"]
    assert "@functools.cache\ndef get_" in changed
    assert "lock" not in changed


def test_a_cache_alone_makes_several(load, busy):
    """The race is real: the same module with plain getters fails or makes several clients."""
    text = FANS_OUT["submit"]
    file = analysed(text)
    plain = rewrite(file, [Change(made, DeferStyle.GETTER) for made in file.objects], (3, 12))
    module = load({"app": plain.text})
    errors = at_once(module.get_s3, module.get_sqs)
    assert errors or len(sys.modules["boto3"].made) > 2


def test_a_build_that_fails_is_tried_again(load):
    text = FANS_OUT["threads without the pool"]
    changed = rewritten({"app": text})
    module = load(changed)
    sdk = importlib.import_module("boto3")
    sdk._busy.acquire()
    with pytest.raises(KeyError):
        module.get_s3()
    sdk._busy.release()
    assert module.get_s3() is module.get_s3()


TWO_FILES = {
    "app": (
        "from concurrent.futures import ThreadPoolExecutor\nimport boto3\nimport jobs\n\n"
        "s3 = boto3.client('s3')\nsqs = boto3.client('sqs')\n\n\ndef one(n):\n    return s3.name, sqs.name, jobs.run()\n\n\n"
        "def handler(event, context):\n    with ThreadPoolExecutor(16) as pool:\n        return list(pool.map(one, range(64)))\n"
    ),
    "jobs": "import boto3\n\nsns = boto3.client('sns')\n\n\ndef run():\n    return sns.name\n",
}


@pytest.mark.unhurried
def test_clients_of_two_files_are_not_made_by_threads_of_both(load, busy):
    """One file holds the lock for the session: the other file's client is made during init."""
    files = analysed_files(TWO_FILES)
    kinds = {made.name: made.verdict.kind for file in files.values() for made in file.objects}
    assert kinds == {
        "s3": VerdictKind.NEEDS_GETTER,
        "sqs": VerdictKind.NEEDS_GETTER,
        "sns": VerdictKind.NOT_DEFERRABLE,
    }
    assert "app makes clients" in files["jobs"].objects[0].verdict.reason
    module = load(rewritten(TWO_FILES))
    assert at_once(module.get_s3, module.get_sqs, lambda: module.one(1)) == []
    assert sorted(sys.modules["boto3"].made) == ["s3", "sns", "sqs"]


@pytest.mark.parametrize(
    "more",
    [
        "\n\ndef late():\n    return boto3.client('sts')\n",
        "\n\ndef late():\n    import boto3 as aws\n    return aws.resource('ec2')\n",
        "\n\nclass Late:\n    def make(self):\n        return s3.client('x')\n",
    ],
)
def test_a_client_that_a_function_makes_keeps_those_that_threads_would_make(more):
    files = analysed_files({"app": FANS_OUT["submit"] + more})
    for made in files["app"].objects:
        assert made.verdict.kind is VerdictKind.NOT_DEFERRABLE
        assert "is not thread-safe" in made.verdict.reason
    for statement in files["app"].imports:
        if "boto3" in statement.imported:
            assert statement.verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_a_client_on_a_session_of_its_own_races_with_nobody():
    more = "\n\ndef late():\n    return boto3.Session().client('sts')\n"
    files = analysed_files({"app": FANS_OUT["submit"] + more})
    assert all(made.is_locked for made in files["app"].objects)


def test_a_client_that_only_the_main_thread_makes_takes_the_same_lock():
    text = (
        FANS_OUT["submit"]
        .replace("return s3.name, sqs.name", "return s3.name")
        .replace("handler(event, context):\n", "handler(event, context):\n    sqs.name\n")
    )
    changed = rewritten({"app": text})["app"]
    assert changed.count("with _lock:") == 2


def test_files_that_import_each_other_do_not_wait_for_each_other():
    texts = {
        "app": (
            "from concurrent.futures import ThreadPoolExecutor\nimport sdk\nimport jobs\n\nx = sdk.make(jobs.y_name())\n\n\n"
            "def one(n):\n    return x, jobs.run()\n\n\ndef x_name():\n    return x.name\n\n\n"
            "def handler(event, context):\n    with ThreadPoolExecutor(16) as pool:\n        return list(pool.map(one, range(64)))\n"
        ),
        "jobs": (
            "import sdk\n\ny = sdk.make('y')\n\n\ndef y_name():\n    return y.name\n\n\n"
            "def run():\n    import app\n    return app.x_name(), y\n"
        ),
    }
    files = analysed_files(texts)
    assert not any(made.is_locked for file in files.values() for made in file.objects)


@pytest.mark.parametrize(
    "load",
    [
        "def load():\n    with _guard:\n        return sdk.client('s3')\n",
        "def load():\n    _guard.acquire()\n    try:\n        return sdk.client('s3')\n    finally:\n        _guard.release()\n",
        "def inner():\n    with _guard:\n        return sdk.client('s3')\n\n\ndef load():\n    return inner()\n",
        "class Loader:\n    def __init__(self):\n        self._lock = threading.Lock()\n        with self._lock:\n            sdk.x()\n\n\nload = Loader\n",
    ],
)
def test_a_value_that_takes_a_lock_of_the_users_is_made_at_import(load):
    """A function that holds the lock and first asks for the object would wait for itself."""
    text = (
        f"import threading\nimport sdk\n\n_guard = threading.Lock()\n\n\n{load}\n\ns3 = load()\n\n\n"
        "def handler(event, context):\n    with _guard:\n        return s3.name\n"
    )
    made = {one.name: one for one in analysed_files({"app": text})["app"].objects}["s3"]
    assert made.verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "takes a lock at line" in made.verdict.reason or "app._guard" in made.verdict.reason
