"""A getter with a lock as it is written: in the file's own style, with names that are free."""

# ruff: noqa: E501 - a line of a case is a line of its file

import ast
from dataclasses import replace

import pytest

from importcost.deferral.rewrite.rewrite import Change, Refused, Rewritten, rewrite
from importcost.model.advice import DeferStyle, VerdictKind
from tests.deferral.rewrite.cases import analysed

USE = "\n\ndef f():\n    return s3\n"
GETTER = "def get_s3():\n    with _lock:\n        return _make_s3()\n\n\n"
MAKER = "@functools.cache\ndef _make_s3():\n"
LOCK = "_lock = threading.RLock()\n\n\n"


def locked(text, names="s3", python=(3, 12)):
    file = analysed(text, python)
    objects = tuple(replace(made, is_locked=made.name in names.split()) for made in file.objects)
    file = replace(file, objects=objects)
    chosen = [made for made in objects if made.verdict.kind is VerdictKind.NEEDS_GETTER]
    return rewrite(file, [Change(made, DeferStyle.GETTER) for made in chosen], python)


CASES = {
    "plain": (
        "import sdk\nsdk.x\ns3 = sdk.client('s3')\n" + USE,
        "import functools\nimport threading\nimport sdk\nsdk.x\n\n\n" + LOCK + GETTER + MAKER + "    return sdk.client('s3')\n" + USE,
    ),
    "comments and several lines": (
        "import sdk\nsdk.x\n# the client\ns3 = sdk.client(\n    's3',  # once\n)  # shared\n" + USE,
        "import functools\nimport threading\nimport sdk\nsdk.x\n\n\n" + LOCK + "# the client\n" + GETTER + MAKER
        + "    return sdk.client(\n        's3',  # once\n    )  # shared\n" + USE,
    ),
    "annotated": (
        "import sdk\nsdk.x\n\n\ns3: sdk.Client = sdk.client('s3')\n" + USE,
        "import functools\nimport threading\nimport sdk\nsdk.x\n\n\n" + LOCK
        + "def get_s3() -> sdk.Client:\n    with _lock:\n        return _make_s3()\n\n\n"
        + "@functools.cache\ndef _make_s3() -> sdk.Client:\n    return sdk.client('s3')\n" + USE,
    ),
    "under a condition": (
        "import sdk\n\nif sdk.x:\n    s3 = sdk.client('s3')\n" + USE,
        None,
    ),
    "on a shared line": (
        "import sdk\nX = sdk.x; s3 = sdk.client('s3'); Y = 2\n" + USE,
        "import functools\nimport threading\nimport sdk\nX = sdk.x\n\n\n" + LOCK + GETTER + MAKER
        + "    return sdk.client('s3')\n\n\nY = 2\n" + USE,
    ),
    "imports that are there, by other names": (
        "from functools import cache\nimport threading as th\nimport sdk\nsdk.x\n\n\ns3 = sdk.client('s3')\n" + USE,
        "from functools import cache\nimport threading as th\nimport sdk\nsdk.x\n\n\n_lock = th.RLock()\n\n\n" + GETTER
        + "@cache\ndef _make_s3():\n    return sdk.client('s3')\n" + USE,
    ),
    "names that are taken": (
        "import sdk\nsdk.x\n_lock = 1\n_make_s3 = 2\n\n\ns3 = sdk.client('s3')\n" + USE,
        "import functools\nimport threading\nimport sdk\nsdk.x\n_lock = 1\n_make_s3 = 2\n\n\n_lock_2 = threading.RLock()\n\n\n"
        "def get_s3():\n    with _lock_2:\n        return _make_s3_2()\n\n\n@functools.cache\ndef _make_s3_2():\n    return sdk.client('s3')\n" + USE,
    ),
    "one of two": (
        "import sdk\nsdk.x\n\n\na = sdk.a()\ns3 = sdk.client('s3')\n\n\ndef f():\n    return s3, a\n",
        "import functools\nimport threading\nimport sdk\nsdk.x\n\n\n" + LOCK + "@functools.cache\ndef get_a():\n    return sdk.a()\n\n\n"
        + GETTER + MAKER + "    return sdk.client('s3')\n\n\ndef f():\n    return get_s3(), get_a()\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", CASES)
def test_the_lock_is_above_the_getters_and_each_calls_a_cached_maker(key):
    before, after = CASES[key]
    if after is None:
        assert not analysed(before).objects  # only objects of the module's own body become getters
        return
    result = locked(before)
    assert isinstance(result, Rewritten), result
    assert result.text == after.replace("    return s3\n", "    return get_s3()\n")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_tabs_and_line_ends_are_the_files_own(newline):
    text = "import sdk\nif sdk.x:\n\tpass\ns3 = sdk.client('s3')\n\n\ndef f():\n\treturn s3\n"
    result = locked(text.replace("\n", newline)).text
    assert "\tdef" not in result
    assert f"def get_s3():{newline}\twith _lock:{newline}\t\treturn _make_s3(){newline}" in result
    assert result.replace(newline, "").count("\n") == 0 or newline == "\r\n"
    ast.parse(result)


def test_an_older_python_gets_its_own_cache():
    result = locked("import sdk\nsdk.x\ns3 = sdk.client('s3')\n" + USE, python=(3, 8)).text
    assert "@functools.lru_cache(maxsize=None)\ndef _make_s3():" in result


def test_another_meaning_of_threading_refuses_the_edit():
    result = locked("import sdk\nthreading = 3\ns3 = sdk.client('s3')\n" + USE)
    assert result == Refused("the name threading means something else in this file")


def test_getters_that_call_each_other_take_one_lock_again():
    text = "import sdk\n\nsession = sdk.session()\ns3 = session.client('s3')\n" + USE
    result = locked(text, "session s3").text
    assert result.count("RLock()") == 1
    module = {"sdk": None}
    source = result.replace("import sdk\n", "").replace(
        "_lock = threading.RLock()", "_lock = threading.RLock()\nsdk = SDK"
    )

    class Session:
        def client(self, name):
            return name

    module["SDK"] = type("SDK", (), {"session": staticmethod(Session)})
    exec(compile(source, "app.py", "exec"), module)
    assert module["f"]() == "s3"
