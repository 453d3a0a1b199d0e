"""Use case: measure what a wrapper costs, by launching its handler with and without it."""

from __future__ import annotations

import random
from dataclasses import replace

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.errors import UsageError, remedy
from importcost.measure.pairs import PairedSubject, RoundLimits, verify
from importcost.measure.session import Progress, Subject
from importcost.model.profile import Profile, RunKind

LABEL = "Measuring with and without the wrapper"
PRECISE_LIMITS = RoundLimits(40, 60.0)
QUICK_LIMITS = RoundLimits(20, 20.0)


def refuse_nothing_wrapped(bench: Bench) -> None:
    """Raise UsageError if a wrapper is to be left out and the handler has none."""
    target = bench.subject.target
    if bench.request.without_wrapper and target.wrapper is None:
        raise UsageError(
            f"Nothing wraps {target.handler_file}: --without-wrapper is for a handler that a known "
            "product or AWS_LAMBDA_EXEC_WRAPPER starts",
            remedy("name the configured handler, such as datadog_lambda.handler.handler"),
        )


def with_wrapper_cost(bench: Bench, profile: Profile, listener: Listener) -> Profile:
    """Return the profile with what its wrapper costs, as it is if that was not requested.

    Raises HandlerError or MeasurementError as measuring does.
    """
    if not bench.request.without_wrapper:
        return profile
    wrapped, bare = _sides(bench.subject)

    def told(done: int, total: int) -> None:
        listener.progress(Progress(done, total, RunKind.TIMED, label=LABEL))

    found = verify(
        bench.runner,
        wrapped,
        [PairedSubject("own", bare)],
        limits=PRECISE_LIMITS if bench.request.precise else QUICK_LIMITS,
        random=random.Random(),  # noqa: S311 - order of runs, not a secret
        on_progress=told,
    )
    return replace(profile, without_wrapper=found["own"])


def _sides(subject: Subject) -> tuple[Subject, Subject]:
    """Return the handler behind its wrapper, and alone.

    A wrapper that leaves the handler to the first request has it imported here: both sides then do
    the same work but for the wrapper's.
    """
    target = subject.target
    is_late = target.wrapper is not None and target.wrapper.is_late
    wrapped = replace(subject, also_imports=target.module) if is_late else subject
    bare = replace(subject, target=replace(target, wrapper=None), program=None)
    return wrapped, bare
