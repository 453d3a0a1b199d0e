"""State of the process that code changes rarely: limits, hooks, registries, the stack."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

MODULES = (
    "import builtins, codecs, copyreg, csv, email.charset, gettext, mimetypes, os, resource\n"
    "import shutil, sqlite3, sys, threading, urllib.request, xml.etree.ElementTree, zoneinfo\n"
    "import logging, yaml\n"
    "import boto3, heavy\n"
)
APP = """
{made}
def handler(event, context):
    if event:
        {change}
    return client.answer(event) if event else None
"""

OF_ALL = {
    "limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 9))",
    "limit of a process": "resource.prlimit(0, resource.RLIMIT_NOFILE, (3, 9))",
    "user": "os.setresuid(1, 2, 3)",
    "groups": "os.setgroups([])",
    "root": "os.chroot('/tmp')",
    "files": "os.closerange(3, 99)",
    "audit hook": "sys.addaudithook(event)",
    "trace function": "sys.settrace(event)",
    "profile of threads": "threading.setprofile(event)",
    "import": "builtins.__import__ = event",
    "open": "builtins.open = event",
}


@pytest.mark.parametrize("made", ["boto3.client('s3')", "heavy.Client()"])
@pytest.mark.parametrize("name", OF_ALL)
def test_what_any_library_needs_keeps_what_the_library_makes(name, made):
    text = MODULES + APP.format(made=f"client = {made}", change=OF_ALL[name])
    assert object_verdict(analysed(text), "client").kind is VerdictKind.NOT_DEFERRABLE
    text = MODULES + APP.format(made="from clients import client", change=OF_ALL[name])
    files = analysed(text, clients=f"{MODULES}client = {made}\n")
    assert import_verdict(files, "clients").kind is VerdictKind.NOT_DEFERRABLE


REGISTRIES = {
    "codecs": ("codecs.register(event)", "codecs.lookup('x')"),
    "codec errors": ("codecs.register_error('x', event)", "codecs.lookup_error('x')"),
    "file types": ("mimetypes.add_type('a/b', '.x')", "mimetypes.guess_type('a.x')"),
    "pickling": ("copyreg.pickle(event, event)", "copyreg.dispatch_table.copy()"),
    "email": ("email.charset.add_charset('x')", "email.charset.Charset('x')"),
    "csv": ("csv.register_dialect('x')", "csv.get_dialect('x')"),
    "archives": ("shutil.register_archive_format('x', event)", "shutil.get_archive_formats()"),
    "sqlite": ("sqlite3.register_converter('x', event)", "sqlite3.connect('/tmp/x')"),
    "xml": (
        "xml.etree.ElementTree.register_namespace('a', 'b')",
        "xml.etree.ElementTree.fromstring('<a/>')",
    ),
    "zones": ("zoneinfo.reset_tzpath(['/x'])", "zoneinfo.ZoneInfo('Europe/Berlin')"),
    "opener": ("urllib.request.install_opener(event)", "urllib.request.urlopen('http://x')"),
    "texts": ("gettext.textdomain('x')", "gettext.gettext('x')"),
    "adapters": ("sqlite3.register_adapter(event, str)", "len(sqlite3.adapters)"),
    "constructors": ("yaml.add_constructor('!x', event)", "yaml.safe_load('a: 1')"),
    "level": ("logging.getLogger().setLevel(5)", "logging.getLogger('a').getEffectiveLevel()"),
    "loggers off": ("logging.disable(50)", "logging.getLogger('a').isEnabledFor(40)"),
    "digits": ("sys.set_int_max_str_digits(700)", "int('1' * 1000)"),
}


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_registry_keeps_what_reads_it_and_nothing_of_boto3(name):
    change, made = REGISTRIES[name]
    text = MODULES + APP.format(made=f"client = {made}", change=change)
    verdict = object_verdict(analysed(text), "client")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE, verdict
    text = MODULES + APP.format(made="client = boto3.client('s3')", change=change)
    if name not in ("codecs", "codec errors"):
        assert object_verdict(analysed(text), "client").kind is VerdictKind.NEEDS_GETTER


@pytest.mark.parametrize("deed", ["open(PATH, 'w').write(event)", "shutil.copyfile(event, PATH)"])
@pytest.mark.parametrize(
    "path", ["os.environ['AWS_CONFIG_FILE']", "os.path.expanduser('~/.aws/x')"]
)
def test_a_client_stays_if_a_function_writes_the_files_of_aws_settings(deed, path):
    text = f"{MODULES}PATH = {path}\n" + APP.format(made="client = boto3.client('s3')", change=deed)
    verdict = object_verdict(analysed(text), "client")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    calm = text.replace(path, "'/tmp/scratch'")
    assert object_verdict(analysed(calm), "client").kind is VerdictKind.NEEDS_GETTER


CLASS = (
    "class Box:\n    alive = {made}\n    def __init__(self):\n        {change}\n"
    "def lambda_handler(event, context): return Box()\n"
)
UNREAD = {
    "temporary folder": "tempfile.tempdir = '/tmp/x'\n",
    "URL schemes": "urllib.parse.uses_relative.append('s3')\n",
    "set of an own class": CLASS.format(made="weakref.WeakSet()", change="self.alive.add(self)"),
    "queue of an own class": CLASS.format(made="queue.deque()", change="self.alive.append(self)"),
    "copy of an own class": CLASS.format(made="os.environ.copy()", change="self.alive['X'] = 1"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_boto3_does_not_read_keeps_nothing_of_it(name):
    text = f"import os, queue, tempfile, urllib.parse, weakref\nimport boto3\n{UNREAD[name]}"
    text += "def handler(event, context):\n    if event:\n        return boto3.client(event)\n"
    assert import_verdict(analysed(text), "boto3").kind is VerdictKind.DEFERRABLE


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ("tempfile.tempdir = '/tmp/x'", "tempfile.gettempdir()"),
        ("tempfile.tempdir = '/tmp/x'", "heavy.Client()"),
        ("urllib.parse.uses_relative.append('s3')", "urllib.parse.urljoin('s3://a/b', 'c')"),
        ("urllib.parse.uses_netloc += ['s3']", "urllib.parse.urlsplit('s3://a/b')"),
    ],
)
def test_what_reads_it_stays(change, made):
    text = f"import tempfile, urllib.parse, heavy\nclient = {made}\n{change}\n"
    text += "def handler(event, context):\n    return client.x(event) if event else None\n"
    assert object_verdict(analysed(text), "client").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    "hook", ["sys.addaudithook(print)", "sys.setprofile(print)", "builtins.__import__ = print"]
)
def test_a_hook_that_was_set_before_sees_what_moves(hook):
    text = f"import builtins, sys\n{hook}\nimport boto3\nclient = boto3.client('s3')\n"
    text += "def handler(event, context):\n    return client.list_buckets() if event else None\n"
    verdict = object_verdict(analysed(text), "client")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "the hooks that see each call or import" in verdict.reason


@pytest.mark.parametrize(
    "caught", ["RecursionError", "(ValueError, RecursionError)", "builtins.RecursionError"]
)
def test_what_catches_a_deep_stack_notices_what_moves(caught):
    text = (
        "import builtins, boto3\nclient = boto3.client('s3')\n"
        "def walk(n):\n    return walk(n - 1) if n else client.meta\n"
        "def handler(event, context):\n    try:\n        return walk(event['depth'])\n"
        f"    except {caught}:\n        return 'deep'\n"
    )
    verdict = object_verdict(analysed(text), "client")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "how much of the stack is left, which handler() notices at line 8" in verdict.reason
    text = text.replace(caught, "ValueError")
    assert object_verdict(analysed(text), "client").kind is VerdictKind.NEEDS_GETTER
