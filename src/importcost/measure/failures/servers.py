"""Explain a web app's start that gave no figures: what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from importcost.errors import HandlerError, MeasurementError, TimedOutError, remedy, words
from importcost.measure.failures.explain import output_tail
from importcost.measure.runners.base import Launch
from importcost.model.profile import Target
from importcost.parameters import Parameter

DISTRIBUTIONS = {"waitress-serve": "waitress", "fastapi": "fastapi[standard]"}
"""Distributions of programs that have another name."""
ADDRESS_IN_USE = ("address already in use", "Address already in use", "Connection in use")


def raise_for_server(
    launch: Launch, target: Target, command: Sequence[str], timeout_s: float
) -> None:
    """Raise if the server did not get the app ready; return if it did.

    What the app's own import raised is left to `raise_for_failure`. Raises HandlerError for the
    app, MeasurementError for a server that cannot be started or measured.
    """
    result = launch.result
    facts = result.get("server") if result is not None else None
    if result is None or facts is None or facts["outcome"] == "ready":
        return
    app = f"{target.module}:{target.function or 'app'}"
    line = " ".join(command)
    _raise_if_not_started(facts, app, line)
    if facts["outcome"] == "ended":
        if not result.get("app_failed"):
            _raise_ended(launch, facts, app, line)
        return
    seen = f"its last status was {facts['status']}" if facts["status"] else "it never answered"
    if facts["detail"]:
        raise HandlerError(
            f"{app} was not ready within {timeout_s:g} s: its server listens on the port that it "
            "has on Lambda",
            remedy(
                "let it take its port from the variable PORT",
                words("write $PORT where the command names it, with ", Parameter.SERVER),
            ),
            traceback_text=output_tail(launch),
        )
    raise TimedOutError(
        f"{app} was not ready within {timeout_s:g} s ({seen})",
        remedy(
            f"let {facts['ready_when']} answer with {facts['healthy']}"
            if facts["status"]
            else f"let `{line}` listen on the port in PORT",
            words("raise ", Parameter.TIMEOUT),
        ),
        traceback_text=output_tail(launch),
    )


def _raise_if_not_started(facts: Mapping[str, Any], app: str, line: str) -> None:
    outcome, detail = facts["outcome"], facts["detail"]
    command = words("name the command that starts it with ", Parameter.SERVER)
    if outcome == "settings":
        raise MeasurementError(
            f"Lambda Web Adapter does not start {app}: {detail}",
            remedy("correct that variable", words("set another value with ", Parameter.ENV)),
        )
    if outcome == "no server":
        distribution = DISTRIBUTIONS.get(detail, detail)
        raise MeasurementError(
            f"The measured Python has no {detail}",
            remedy(
                words(
                    "supply it for this run with ",
                    Parameter.PACKAGES.of(distribution),
                ),
                words("name the app's requirements with ", Parameter.REQUIREMENTS),
                words("its environment with ", Parameter.PYTHON),
                words("another server with ", Parameter.SERVER),
            ),
        )
    if outcome == "no file":
        raise MeasurementError(f"`{line}` starts {detail}, which is not there", remedy(command))
    if outcome == "not python":
        raise MeasurementError(
            f"`{line}` does not start a Python program ({detail}), and only Python's imports can "
            "be measured",
            remedy(command),
        )
    if outcome == "not seen":
        raise MeasurementError(
            f"`{line}` got ready, but no process of it that importcost sees has imported "
            f"{app.partition(':')[0]}",
            remedy(
                "name the app that it serves",
                words(
                    "leave out reloading, and workers that are started instead of forked, with "
                    "another command in ",
                    Parameter.SERVER,
                ),
            ),
        )
    if outcome == "no answer":
        raise MeasurementError(
            f"`{line}` got ready, but its process did not react to the signal that asks for its "
            "figures",
            remedy(words("measure it under another server with ", Parameter.SERVER)),
        )


def _raise_ended(launch: Launch, facts: Mapping[str, Any], app: str, line: str) -> None:
    text = output_tail(launch)
    if any(part in text for part in ADDRESS_IN_USE):
        raise MeasurementError(
            f"`{line}` ended because its port is taken by another program on this machine",
            remedy(
                words("write $PORT for the port, with ", Parameter.SERVER),
                "end the other program",
            ),
        )
    code = facts["exit_code"]
    if code == 0:
        raise HandlerError(
            f"`{line}` ended with exit code 0 before {app} was ready",
            remedy(
                "let it stay in the foreground",
                words("name the command that serves the app with ", Parameter.SERVER),
            ),
            traceback_text=text,
        )
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    raise HandlerError(
        f"`{line}` {how} before {app} was ready: the lines above say why.",
        traceback_text=text,
    )
