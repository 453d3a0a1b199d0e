"""`aws` for the pages' commands: operations of boto3's models against the loopback account.

Only what the pages use of the command line: options by their names, files, `--query`, `--output
text`, `wait`, and `logs tail`. An operation or a parameter that AWS does not have is an error.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name

OWN = frozenset(("query", "output", "cli-input-json", "cli-binary-format", "since", "format"))
"""Options of the program, not of an operation."""


def main(words: list[str]) -> None:
    """Carry out one command line."""
    service, operation, *rest = words
    client = boto3.client(service)
    if operation == "wait":
        options, _ = _options(rest[1:])
        client.get_waiter(rest[0].replace("-", "_")).wait(**_parameters(options))
        return
    options, plain = _options(rest)
    if (service, operation) == ("logs", "tail"):
        _tail(client, plain[0])
        return
    given = _parameters(options)
    if "cli-input-json" in options:
        given |= json.loads(_file(options["cli-input-json"]))
    answer = getattr(client, xform_name(operation).replace("-", "_"))(**given)
    if plain:  # `invoke` writes the answer into a file
        Path(plain[0]).write_bytes(answer["Payload"].read())
        return
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(options["query"], answer) if "query" in options else answer
    print(found if options.get("output") == "text" else json.dumps(found, default=str))


def _options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    plain: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            options[word[2:]] = rest.pop(0)
        else:
            plain.append(word)
    return options, plain


def _parameters(options: dict[str, str]) -> dict[str, Any]:
    """Return the operation's parameters: `--function-name` is FunctionName."""
    found: dict[str, Any] = {}
    for option, text in options.items():
        if option in OWN:
            continue
        if option == "zip-file":
            found["Content"] = {"ZipFile": Path(text.removeprefix("fileb://")).read_bytes()}
            continue
        name = "".join(part.capitalize() for part in option.split("-"))
        found[name] = json.loads(_file(text)) if text.startswith("file://") else text
    return found


def _file(text: str) -> str:
    return Path(text.removeprefix("file://")).read_text(encoding="utf-8")


def _tail(client: Any, group: str) -> None:
    """Print each line as `aws logs tail --format detailed` does: time, stream, message."""
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    for event in (one for page in pages for one in page["events"]):
        when = re.sub(r"(?<=\d)(\d{3})$", r".\1", str(event["timestamp"]))
        print(f"2026-11-29T00:00:{when[-6:]}+00:00 {event['logStreamName']} {event['message']}")


if __name__ == "__main__":
    main(sys.argv[1:])
