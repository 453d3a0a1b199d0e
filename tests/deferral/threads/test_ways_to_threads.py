"""Every usual way by which a function gets into a thread makes the getters that it calls lock."""

# ruff: noqa: E501 - a line of a case is a line of its file

import pytest

from tests.deferral.threads.test_getters_in_threads import analysed_files

HEAD = "import sdk\n\ns3 = sdk.client('s3')\n\n\ndef one(n=None):\n    return s3.name\n\n\n"
WAYS = {
    "Timer": "from threading import Timer\n\n\ndef handler(e, c):\n    Timer(0, one).start()\n",
    "Timer by name": "import threading\n\n\ndef handler(e, c):\n    threading.Timer(interval=0, function=one).start()\n",
    "a lambda": "import threading\n\n\ndef handler(e, c):\n    threading.Thread(target=lambda: one()).start()\n",
    "a nested function": "import threading\n\n\ndef handler(e, c):\n    def work():\n        one()\n    threading.Thread(target=work).start()\n",
    "a partial": "import functools\nfrom concurrent.futures import ThreadPoolExecutor as Pool\n\n\ndef handler(e, c):\n    with Pool() as pool:\n        pool.submit(functools.partial(one, 1))\n",
    "a bound method": "from concurrent.futures import ThreadPoolExecutor\n\n\nclass Job:\n    def run(self):\n        return one()\n\n\ndef handler(e, c):\n    with ThreadPoolExecutor() as pool:\n        pool.submit(Job().run)\n",
    "a pool that an object keeps": "from concurrent.futures import ThreadPoolExecutor\n\n\nclass Jobs:\n    def __init__(self):\n        self.pool = ThreadPoolExecutor()\n\n    def go(self):\n        return self.pool.submit(one, 1)\n\n\ndef handler(e, c):\n    Jobs().go()\n",
    "a done callback": "from concurrent.futures import ThreadPoolExecutor\n\n\ndef handler(e, c):\n    with ThreadPoolExecutor() as pool:\n        pool.submit(print).add_done_callback(one)\n",
    "a module alias": "import concurrent.futures as cf\n\n\ndef handler(e, c):\n    with cf.ThreadPoolExecutor() as pool:\n        pool.map(one, e)\n",
    "multiprocessing's thread pool": "from multiprocessing.pool import ThreadPool\n\n\ndef handler(e, c):\n    ThreadPool(4).map(one, e)\n",
    "joblib": "from joblib import Parallel, delayed\n\n\ndef handler(e, c):\n    return Parallel(n_jobs=4, prefer='threads')(delayed(one)(k) for k in e)\n",
    "a transfer's callback": "import boto3\n\n\ndef handler(e, c):\n    boto3.Session().client('s3').upload_file('a', 'b', 'c', Callback=one)\n",
    "the low-level call": "import _thread\n\n\ndef handler(e, c):\n    _thread.start_new_thread(one, ())\n",
    "a loop's executor": "import asyncio\n\n\nasync def main():\n    await asyncio.get_running_loop().run_in_executor(None, one)\n\n\ndef handler(e, c):\n    asyncio.run(main())\n",
    "anyio": "import anyio\n\n\nasync def main():\n    await anyio.to_thread.run_sync(one)\n\n\ndef handler(e, c):\n    anyio.run(main)\n",
    "trio": "import trio\n\n\nasync def main():\n    await trio.to_thread.run_sync(one)\n\n\ndef handler(e, c):\n    trio.run(main)\n",
    "starlette": "from starlette.concurrency import run_in_threadpool\n\n\nasync def endpoint(request):\n    return await run_in_threadpool(one)\n\n\nasync def handler(e, c):\n    return await endpoint(e)\n",
    "asgiref": "from asgiref.sync import sync_to_async\n\n\nasync def main():\n    await sync_to_async(one)()\n\n\nasync def handler(e, c):\n    await main()\n",
    "a decorator that starts a thread": "import threading\n\n\ndef threaded(function):\n    def start(*args):\n        threading.Thread(target=function, args=args).start()\n    return start\n\n\n@threaded\ndef work():\n    one()\n\n\ndef handler(e, c):\n    work()\n",
    "a class that is a Timer": "import threading\n\n\nclass Tick(threading.Timer):\n    def run(self):\n        one()\n\n\ndef handler(e, c):\n    Tick(1, None).start()\n",
    "a thread's class behind another": "from threading import Thread\n\n\nclass Base(Thread):\n    pass\n\n\nclass Work(Base):\n    def run(self):\n        self.step()\n\n    def step(self):\n        one()\n\n\ndef handler(e, c):\n    Work().start()\n",
    "a method of a helper class": "from concurrent.futures import ThreadPoolExecutor\n\n\nclass Fan:\n    def out(self, function, items):\n        with ThreadPoolExecutor() as pool:\n            return [pool.submit(function, item) for item in items]\n\n\ndef handler(e, c):\n    return Fan().out(one, e)\n",
    "a list of functions": "from concurrent.futures import ThreadPoolExecutor\n\n\ndef handler(e, c):\n    with ThreadPoolExecutor() as pool:\n        return [pool.submit(step) for step in (one, print)]\n",
    "a task that runs in a thread": "import trio\n\n\nasync def main():\n    async with trio.open_nursery() as nursery:\n        nursery.start_soon(trio.to_thread.run_sync, one)\n\n\ndef handler(e, c):\n    trio.run(main)\n",
    "a partial of a starter": "import asyncio, functools\n\n\nasync def main():\n    await functools.partial(asyncio.to_thread, one)()\n\n\ndef handler(e, c):\n    asyncio.run(main())\n",
    "a server's requests": "import socketserver\n\n\nclass Answer(socketserver.StreamRequestHandler):\n    def handle(self):\n        one()\n\n\ndef handler(e, c):\n    socketserver.ThreadingTCPServer(('', 0), Answer).handle_request()\n",
    "a web server's requests": "import http.server\n\n\nclass Answer(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        one()\n\n\ndef handler(e, c):\n    http.server.ThreadingHTTPServer(('', 0), Answer).handle_request()\n",
    "a decorator of tornado": "from tornado.concurrent import run_on_executor\n\n\nclass Jobs:\n    @run_on_executor\n    def work(self):\n        one()\n\n\ndef handler(e, c):\n    Jobs().work()\n",
    "a decorator with arguments": "from asgiref.sync import sync_to_async\n\n\n@sync_to_async(thread_sensitive=False)\ndef work():\n    one()\n\n\nasync def handler(e, c):\n    await work()\n",
    "dask": "import dask\n\n\ndef handler(e, c):\n    dask.compute([dask.delayed(one)(k) for k in e], scheduler='threads')\n",
    "greenlets": "import gevent\n\n\ndef handler(e, c):\n    gevent.joinall([gevent.spawn(one, k) for k in e])\n",
    "a table of functions": "from concurrent.futures import ThreadPoolExecutor\n\nSTEPS = {'a': one}\n\n\ndef handler(e, c):\n    with ThreadPoolExecutor() as pool:\n        return pool.submit(STEPS[e['step']])\n",
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_a_getter_that_a_thread_calls_takes_a_lock(text):
    made = {one.name: one for one in analysed_files({"app": HEAD + text})["app"].objects}["s3"]
    assert made.is_locked
    assert made.verdict.reason.endswith("threads may ask for it, so the getter takes a lock")
