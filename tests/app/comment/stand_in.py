"""A stand-in on loopback for the comment APIs of four providers, with what goes wrong there."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "very-secret-token"
OWN, OTHER = "me", "somebody"


class StandIn:
    """The state: comments in order, the requests that came, and answers that are to fail first."""

    def __init__(self, provider):
        self.provider = provider
        self.comments = []
        self.requests = []
        self.failures = []
        self.denies = ()
        self.ids = itertools.count(1)
        self.barrier = None
        self.lock = threading.RLock()
        self.refs, self.objects = {}, {}
        self.address = ""

    def add(self, author, body):
        comment = {"id": next(self.ids), "author": author, "body": body}
        self.comments.append(comment)
        return comment

    def shown(self, one):
        author = {"github": "user", "bitbucket": "user"}.get(self.provider, "author")
        who = {"id": one["author"], "uuid": one["author"], "type": "Bot"}
        if self.provider == "bitbucket":
            return {"id": one["id"], author: who, "content": {"raw": one["body"]}}
        if self.provider == "azure":
            comment = {"id": 1, author: who, "content": one["body"]}
            return {"id": one["id"], "comments": [comment]}
        return {"id": one["id"], author: who, "body": one["body"], "system": False}

    def answer(self, method, target, data):
        url = urlsplit(target)
        path, query = url.path, parse_qs(url.query)
        if path.endswith(("/user", "connectionData")):
            user = {"id": OWN, "uuid": OWN}
            return 200, {"authenticatedUser": user} if self.provider == "azure" else user
        if "/git/" in path and self.provider == "github":
            return self._git(method, path, data)
        with self.lock:
            if method == "GET":
                return 200, self._listed(query)
            text = self._text(data)
            if method == "POST":
                return 201, self.shown(self.add(OWN, text))
            number = int(re.findall(r"/(\d+)", path)[-2 if self.provider == "azure" else -1])
            found = [one for one in self.comments if one["id"] == number]
            if not found:
                return 404, {}
            assert found[0]["author"] == OWN, "another's comment was touched"
            if method == "DELETE":
                self.comments.remove(found[0])
                return 204, None
            found[0]["body"] = text
            return 200, self.shown(found[0])

    def _text(self, data):
        if data is None:
            return ""
        if self.provider == "bitbucket":
            return data["content"]["raw"]
        if self.provider == "azure":
            return data["content"] if "content" in data else data["comments"][0]["content"]
        return data["body"]

    def _listed(self, query):
        shown = [self.shown(one) for one in self.comments]
        size = int(query.get("per_page", query.get("pagelen", ["100"]))[0])
        page = int(query.get("page", ["1"])[0])
        part = shown[(page - 1) * size : page * size]
        if self.provider == "azure":
            return {"value": shown}
        if self.provider == "bitbucket":
            more = page * size < len(shown)
            place = f"{self.address}/next?pagelen={size}&page={page + 1}"
            return {"values": part, **({"next": place} if more else {})}
        return part

    def _git(self, method, path, data):
        with self.lock:
            if "/git/ref/" in path:
                found = self.refs.get("pictures")
                return (200, {"object": {"sha": found}}) if found else (404, {})
            if "/git/refs" in path:
                before = self.refs.get("pictures")
                parents = self.objects[data["sha"]]["parents"]
                if (before is None) != (method == "POST") or (before and before not in parents):
                    return 422, {}
                self.refs["pictures"] = data["sha"]
                return 200, {}
            name = f"sha{next(self.ids)}"
            self.objects[name] = data
            return 201, {"sha": name}


class _Handler(BaseHTTPRequestHandler):
    state: StandIn

    def _serve(self):
        state = self.state
        size = int(self.headers.get("Content-Length") or 0)
        data = json.loads(self.rfile.read(size)) if size else None
        state.requests.append((self.command, self.path, dict(self.headers)))
        if state.barrier is not None and self.command == "GET" and "user" not in self.path:
            with contextlib.suppress(threading.BrokenBarrierError):
                state.barrier.wait(timeout=5)
        if self.command in state.denies:
            return self._send(403, {"message": TOKEN})
        failure = state.failures.pop(0) if state.failures else None
        if failure == "lost":  # made, and the answer is lost
            state.answer(self.command, self.path, data)
            failure = 502
        if failure:
            return self._send(failure, {"message": TOKEN})
        return self._send(*state.answer(self.command, self.path, data))

    def _send(self, code, data):
        body = b"" if data is None else json.dumps(data).encode()
        self.send_response(code)
        if code in (301, 302, 307):
            self.send_header("Location", "http://127.0.0.1:1/stolen")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Say nothing."""


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler._serve)


@contextlib.contextmanager
def serving(provider):
    """Serve a provider's stand-in and yield its state."""
    state = StandIn(provider)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def variables(state):
    """Return what the provider's CI server sets in a job for a pull request."""
    return {
        "github": {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": state.address,
            "GITHUB_REPOSITORY": "shop/orders",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_TOKEN": TOKEN,
        },
        "gitlab": {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{state.address}/api/v4",
            "CI_PROJECT_ID": "12",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": TOKEN,
        },
        "bitbucket": {
            "BITBUCKET_BUILD_NUMBER": "1",
            "IMPORTCOST_API_URL": state.address,
            "BITBUCKET_WORKSPACE": "shop",
            "BITBUCKET_REPO_SLUG": "orders",
            "BITBUCKET_PR_ID": "7",
            "BITBUCKET_TOKEN": TOKEN,
        },
        "azure": {
            "TF_BUILD": "True",
            "SYSTEM_COLLECTIONURI": f"{state.address}/",
            "SYSTEM_TEAMPROJECT": "our shop",
            "BUILD_REPOSITORY_ID": "abc",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_ACCESSTOKEN": TOKEN,
        },
    }[state.provider]
