"""Find the pull request and the token in the variables that a CI server sets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from importcost.app.comment.hosts import (
    AzureThreads,
    BitbucketComments,
    GitHubComments,
    GitLabNotes,
)
from importcost.app.comment.renewed import CommentHost
from importcost.app.comment.web_client import WebClient
from importcost.errors import UsageError
from importcost.files.read import read_found

PROVIDERS = ("github", "gitlab", "bitbucket", "azure")
_SIGNS = {
    "github": "GITHUB_ACTIONS",
    "gitlab": "GITLAB_CI",
    "bitbucket": "BITBUCKET_BUILD_NUMBER",
    "azure": "TF_BUILD",
}
_PULL = re.compile(r"refs/pull/(\d+)/")


@dataclass(frozen=True, slots=True)
class CommentPlace:
    """A place for comments, and the form in which a first line hides the marker there."""

    host: CommentHost
    marker_form: str


def provider_of(environ: Mapping[str, str]) -> str:
    """Return the CI server's provider. Raises UsageError if no variable tells it."""
    found = [name for name, sign in _SIGNS.items() if environ.get(sign)]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{'No variable says' if not found else 'Several variables say'} which CI server this is: "
        f"name it with --provider {', '.join(PROVIDERS)}."
    )


def comment_place(provider: str, environ: Mapping[str, str]) -> CommentPlace:
    """Return where to comment. Raises UsageError that names the variable that is missing."""
    html, reference = "<!-- {} -->", "[//]: # ({})"
    if provider == "github":
        return CommentPlace(github_comments(environ), html)
    if provider == "gitlab":
        client = WebClient(
            _needed(environ, "CI_API_V4_URL"),
            {"PRIVATE-TOKEN": _needed(environ, "IMPORTCOST_TOKEN", "GITLAB_TOKEN")},
        )
        number = _needed(environ, "CI_MERGE_REQUEST_IID")
        return CommentPlace(GitLabNotes(client, _needed(environ, "CI_PROJECT_ID"), number), html)
    if provider == "bitbucket":
        base = environ.get("IMPORTCOST_API_URL") or "https://api.bitbucket.org/2.0"
        token = _needed(environ, "IMPORTCOST_TOKEN", "BITBUCKET_TOKEN")
        owner = _needed(environ, "BITBUCKET_WORKSPACE")
        repository = f"{quote(owner)}/{quote(_needed(environ, 'BITBUCKET_REPO_SLUG'))}"
        client = WebClient(base, {"Authorization": f"Bearer {token}"})
        number = _needed(environ, "BITBUCKET_PR_ID")
        # Bitbucket shows HTML comments as text.
        return CommentPlace(BitbucketComments(client, repository, number), reference)
    return CommentPlace(_azure(environ), html)


def github_comments(environ: Mapping[str, str]) -> GitHubComments:
    """Return the comments of the pull request that a GitHub job runs for."""
    base = environ.get("GITHUB_API_URL") or "https://api.github.com"
    token = _needed(environ, "IMPORTCOST_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
    client = WebClient(base, {"Authorization": f"Bearer {token}"})
    return GitHubComments(client, _needed(environ, "GITHUB_REPOSITORY"), _pull_number(environ))


def _azure(environ: Mapping[str, str]) -> AzureThreads:
    base = _needed(environ, "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
    token = _needed(environ, "IMPORTCOST_TOKEN", "SYSTEM_ACCESSTOKEN")
    # Basic takes both a job's token and a personal one.
    basic = base64.b64encode(f":{token}".encode()).decode()
    project = quote(_needed(environ, "SYSTEM_TEAMPROJECT"), safe="")
    repository = quote(_needed(environ, "BUILD_REPOSITORY_ID"), safe="")
    number = _needed(environ, "SYSTEM_PULLREQUEST_PULLREQUESTID")
    place = f"{project}/_apis/git/repositories/{repository}/pullRequests/{number}"
    return AzureThreads(WebClient(base, {"Authorization": f"Basic {basic}"}), place)


def _pull_number(environ: Mapping[str, str]) -> str:
    found = _PULL.match(environ.get("GITHUB_REF", ""))
    if found:
        return found[1]
    try:
        event = json.loads(read_found(Path(environ.get("GITHUB_EVENT_PATH", ""))))
        return str(int(event["pull_request"]["number"]))
    except (OSError, ValueError, LookupError, TypeError):
        raise UsageError(
            "This job runs for no pull request (GITHUB_REF and the event name none): run it on "
            "pull_request."
        ) from None


def _needed(environ: Mapping[str, str], *names: str) -> str:
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            return value
    raise UsageError(
        f"The variable {' or '.join(names)} is not set: run this in a job for a pull request, and "
        "give it the token there."
    )
