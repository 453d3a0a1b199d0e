"""What each call of the handler certainly uses, from the source alone."""

# ruff: noqa: E501 - a line of a case is a line of its file

import pytest

from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.certain.entry import certain_uses
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.outside import OutsideUses

HEAD = "import sdk\nimport other\n\n"


def used(handler, **others):
    """Return whether each call of `handler` uses `sdk`; other files by their names."""
    texts = {"app": handler if others else HEAD + handler, **others}
    files = {
        name: analyse(
            SourceText(f"{name}.py", text, "utf-8", False), name, False, (3, 12), OutsideUses()
        )
        for name, text in texts.items()
    }
    found = certain_uses(files, "app", "handler")
    wanted = [
        (file, one) for file in files.values() for one in file.imports if "sdk" in one.imported
    ]
    return any(found.imports(file, one) for file, one in wanted)


ALWAYS = {
    "at once": "def handler(event, context):\n    return sdk.call(event)\n",
    "in a condition": "def handler(event, context):\n    if sdk.ready():\n        return 1\n",
    "in each branch": (
        "def handler(event, context):\n    if event:\n        sdk.a()\n    else:\n        return sdk.b()\n"
        "    return 1\n"
    ),
    "in each case": (
        "def handler(event, context):\n    match event:\n        case {'a': 1}:\n            sdk.a()\n"
        "        case _:\n            sdk.b()\n"
    ),
    "in an else of a conditional expression": (
        "def handler(event, context):\n    return sdk.a() if event else sdk.b()\n"
    ),
    "beside a refusal that raises": (
        "def handler(event, context):\n    if not event:\n        raise ValueError\n    return sdk.a()\n"
    ),
    "in a try that answers any failure": (
        "def handler(event, context):\n    try:\n        body = other.loads(event['body'])\n"
        "        return sdk.put(body)\n    except Exception:\n        return 500\n"
    ),
    "first in a try with a fallback": (
        "def handler(event, context):\n    try:\n        return sdk.get(event)\n"
        "    except KeyError:\n        return 404\n"
    ),
    "in a finally": (
        "def handler(event, context):\n    try:\n        return 1\n    finally:\n        sdk.flush()\n"
    ),
    "under with": "def handler(event, context):\n    with open('x') as f:\n        sdk.put(f)\n",
    "for each record of a batch": (
        "def handler(event, context):\n    for record in event['Records']:\n        sdk.put(record)\n"
    ),
    "through a helper": (
        "def send(x):\n    return sdk.put(x)\n\n\ndef handler(event, context):\n    return send(event)\n"
    ),
    "through two helpers and a default": (
        "def deep():\n    sdk.put()\n\n\ndef send(x=1):\n    deep()\n\n\n"
        "def handler(event, context):\n    x = [send()]\n    return x\n"
    ),
    "through an object made from it": (
        "client = sdk.client()\ntable = client.table('t')\n\n\n"
        "def handler(event, context):\n    return table.get()\n"
    ),
    "through a method": (
        "class Service:\n    def __init__(self):\n        self.x = 1\n\n    def run(self):\n"
        "        return self.put()\n\n    def put(self):\n        return sdk.put(self.x)\n\n\n"
        "def handler(event, context):\n    service = Service()\n    return service.run()\n"
    ),
    "through a base's constructor": (
        "class Base:\n    def __init__(self):\n        self.c = sdk.client()\n\n\n"
        "class Service(Base):\n    pass\n\n\ndef handler(event, context):\n    return Service()\n"
    ),
    "through a decorator of its own": (
        "def logged(function):\n    def inner(event, context):\n        sdk.log(event)\n"
        "        return function(event, context)\n    return inner\n\n\n"
        "@logged\ndef handler(event, context):\n    return 1\n"
    ),
    "behind a decorator with arguments": (
        "import functools\n\n\ndef traced(name):\n    def decorate(function):\n"
        "        @functools.wraps(function)\n        def inner(*args):\n            return function(*args)\n"
        "        return inner\n    return decorate\n\n\n"
        "@traced('x')\ndef handler(event, context):\n    return sdk.put(event)\n"
    ),
    "behind a package's decorator": (
        "@other.capture\ndef handler(event, context):\n    return sdk.put(event)\n"
    ),
    "in a coroutine that is run": (
        "import asyncio\n\n\nasync def put(x):\n    return sdk.put(x)\n\n\n"
        "async def main(x):\n    return await put(x)\n\n\n"
        "def handler(event, context):\n    return asyncio.run(main(event))\n"
    ),
    "wrapped by a function of its own": (
        "def logged(function):\n    def inner(*args):\n        return function(*args)\n    return inner\n\n\n"
        "def real(event, context):\n    return sdk.put(event)\n\n\nhandler = logged(real)\n"
    ),
    "by another name": (
        "def real(event, context):\n    return sdk.put(event)\n\n\nhandler = real\n"
    ),
}
NOT_ALWAYS = {
    "one branch": "def handler(event, context):\n    if event:\n        sdk.a()\n    return 1\n",
    "after the return for pings": (
        "def handler(event, context):\n    if event.get('warmer'):\n        return 'warm'\n"
        "    return sdk.a()\n"
    ),
    "each case, and none may fit": (
        "def handler(event, context):\n    match event:\n        case {'a': 1}:\n            sdk.a()\n"
    ),
    "a loop that may not run": (
        "def handler(event, context):\n    for key in event.get('keys'):\n        sdk.a(key)\n"
    ),
    "the second part of an or": "def handler(event, context):\n    return event or sdk.a()\n",
    "a comprehension's element": "def handler(event, context):\n    return [sdk.a(x) for x in event]\n",
    "a lambda": "def handler(event, context):\n    return lambda: sdk.a()\n",
    "a local of that name": "def handler(event, sdk):\n    return sdk.a(event)\n",
    "an annotation": "def handler(event, context):\n    x: sdk.T = 1\n    return x\n",
    "a handled error's way": (
        "def handler(event, context):\n    try:\n        body = other.loads(event['body'])\n"
        "        return sdk.put(body)\n    except ValueError:\n        return 400\n"
    ),
    "suppressed": (
        "import contextlib\n\n\ndef handler(event, context):\n    with contextlib.suppress(KeyError):\n"
        "        event['a']\n        sdk.a()\n"
    ),
    "a generator that is only made": (
        "def rows():\n    yield sdk.a()\n\n\ndef handler(event, context):\n    return rows()\n"
    ),
    "a coroutine that is only made": (
        "async def put():\n    return sdk.a()\n\n\ndef handler(event, context):\n    x = put()\n    return x\n"
    ),
    "a helper of two definitions": (
        "if other.flag:\n    def send():\n        sdk.a()\nelse:\n    def send():\n        return 1\n\n\n"
        "def handler(event, context):\n    return send()\n"
    ),
    "a method that a subclass replaces": (
        "class Base:\n    def run(self):\n        return self.put()\n\n    def put(self):\n        sdk.a()\n\n\n"
        "class Quiet(Base):\n    def put(self):\n        return 1\n\n\n"
        "def handler(event, context):\n    return Quiet().run()\n"
    ),
    "a decorator of its own that may not call it": (
        "def cached(function):\n    def inner(event, context):\n        if event:\n"
        "            return function(event, context)\n    return inner\n\n\n"
        "@cached\ndef handler(event, context):\n    return sdk.a(event)\n"
    ),
    "a function that hands itself on": (
        "def turn(n):\n    return turn(n - 1) if n else turn(n)\n\n\n"
        "def handler(event, context):\n    return turn(3)\n"
    ),
    "wrapped by a function that may not call it": (
        "def quiet(function):\n    def inner(*args):\n        if args:\n            return function(*args)\n"
        "    return inner\n\n\n"
        "def real(event, context):\n    return sdk.put(event)\n\n\nhandler = quiet(real)\n"
    ),
    "an object that is called": (
        "class Handler:\n    def __call__(self, event, context):\n        return sdk.put(event)\n\n\nhandler = Handler()\n"
    ),
    "no such function": "def other_handler(event, context):\n    return sdk.a()\n",
}


@pytest.mark.parametrize("text", ALWAYS.values(), ids=ALWAYS)
def test_every_path_uses_it(text):
    assert used(text)


@pytest.mark.parametrize("text", NOT_ALWAYS.values(), ids=NOT_ALWAYS)
def test_a_path_may_not_use_it(text):
    assert not used(text)


@pytest.mark.parametrize(
    "call",
    [
        "import work\n\n\ndef handler(e, c):\n    return work.put(e)\n",
        "from work import put\n\n\ndef handler(e, c):\n    return put(e)\n",
        "from work import service\n\n\ndef handler(e, c):\n    return service.put(e)\n",
        "from work import Service\n\n\ndef handler(e, c):\n    return Service().put(e)\n",
    ],
)
def test_helpers_in_other_files_are_followed(call):
    work = (
        "import sdk\n\n\ndef put(x):\n    return sdk.put(x)\n\n\n"
        "class Service:\n    def put(self, x):\n        return put(x)\n\n\nservice = Service()\n"
    )
    assert used(call, work=work)


def test_of_several_imports_that_bind_one_name_the_one_that_is_spelt_out_is_used():
    text = "import pack.a\nimport pack.b\n\n\ndef handler(event, context):\n    return pack.a.x()\n"
    source = SourceText("app.py", text, "utf-8", False)
    file = analyse(source, "app", False, (3, 12), OutsideUses())
    found = certain_uses({"app": file}, "app", "handler")
    assert [found.imports(file, one) for one in file.imports] == [True, False]
    assert found.entry == "handler()"
