"""Open a bench on which init has run once: missing modules and variables are supplied first.

The first launch is the graph run, which a profile needs anyway. If it fails because a module or a
variable is missing, further launches find all of them; they change nothing in the timed runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from importcost.app.profile.around.server_supply import with_server
from importcost.app.profile.bench import Bench, asked_for, open_bench, start_bench
from importcost.app.profile.extra_packages import Extra, with_missing
from importcost.app.profile.prepare import open_prepared
from importcost.app.profile.request import Listener, ProfileRequest, without_tracing
from importcost.errors import HandlerError, LackingError, NoServerError, Trouble
from importcost.measure.deployed.runtime_packages import runtime_modules_brought
from importcost.measure.failures.diagnosis import InitNeeds, diagnose, may_lack_something
from importcost.measure.failures.explain import raise_if_gone
from importcost.measure.failures.lacking import (
    missing_modules,
    placeholder_failed,
    removed_from_python,
    unset_variables,
)
from importcost.measure.failures.wrapper import wrapper_missing
from importcost.measure.session import Progress, Rehearsed, Session, rehearse
from importcost.model.supplies import Placeholder
from importcost.targets.known_modules import (
    distribution_of,
    is_there_without,
    known_distribution,
    similar_module,
)
from importcost.targets.sample_variables import sample_values
from importcost.targets.wrapped import WrappingProduct, product_of

T = TypeVar("T")
OLD_SETUPTOOLS = "setuptools<81"
"""The last releases that have pkg_resources."""
IMAGES_WITH_SETUPTOOLS = (3, 11)
"""The newest Python whose own image has setuptools (docker.io/library/python)."""


@contextlib.contextmanager
def open_rehearsed(request: ProfileRequest, listener: Listener) -> Iterator[Bench]:
    """Open a bench as `open_bench` does, launch the target once, and supply what init lacks.

    Raises HandlerError if init still fails, or lacks something that may not be supplied; the
    message names everything that it lacks.
    """
    request = without_tracing(request, listener)
    with open_prepared(request, listener) as prepared:
        extra = asked_for(prepared, request, listener)
        while True:
            with start_bench(prepared, request, extra, listener) as bench:
                try:
                    found = _settle(bench, listener)
                except NoServerError as error:
                    request, found = with_server(bench, error, listener)
                if isinstance(found, Rehearsed):
                    yield _rehearsed(bench, found)
                    return
            extra = found


def _rehearsed(bench: Bench, found: Rehearsed) -> Bench:
    """Return the bench after its first launches, with what a mock was asked for in them."""
    bench = replace(bench, rehearsed=found, subject=found.session.subject)
    mock = bench.prepared.mock
    if mock is None:
        return bench
    supplies = bench.provenance.supplies
    supplies = replace(supplies, mocked=mock.operations(), made=mock.made())
    return replace(bench, provenance=replace(bench.provenance, supplies=supplies))


def on_bench(request: ProfileRequest, listener: Listener, work: Callable[[Bench], T]) -> T:
    """Do `work` on a bench; if init fails, once more with what it lacks. Raises as it does.

    For work that launches the target in its own way, and needs no graph run if it succeeds.
    """
    with open_bench(request, listener) as bench:
        try:
            return work(bench)
        except HandlerError as error:
            failed = error
    with contextlib.ExitStack() as stack:
        try:
            bench = stack.enter_context(open_rehearsed(request, listener))
        except LackingError:
            raise
        except HandlerError:  # the same failure, from a launch that is not the work's own
            raise failed from None
        if not bench.is_helped:
            raise failed
        return work(bench)


def explained(bench: Bench, error: HandlerError) -> HandlerError:
    """Return the error of a failed launch, with everything named that init lacks."""
    try:
        _settle(replace(bench, request=replace(bench.request, installs_missing=False)), _Silent())
    except HandlerError as found:
        return found
    return error


def _settle(bench: Bench, listener: Listener) -> Rehearsed | Extra:
    """Launch the target; return the supplies if they would help."""
    session = Session(bench.runner, bench.subject)
    before = bench.extra
    try:
        return rehearse(session, listener.progress)
    except LackingError:
        raise  # it says already what is missing, and no placeholder is a value for it
    except HandlerError as error:
        if not bench.subject.target.is_handler:
            raise  # the environment is the user's own: nothing is supplied
        # Else it would be a module that is missing.
        raise_if_gone(bench.subject.target, is_on_lambda=bench.subject.is_on_lambda)
        result = session.last.result if session.last else None
        mock = bench.prepared.mock
        if mock is not None and mock.learn():
            return before  # once more, with what its calls did not find
        if not before.placeholders and not may_lack_something(result, bench.runner.layout):
            raise
        supplied = _images_setuptools(bench, result)
        if supplied:
            place = bench.prepared.place.install_target()
            return with_missing(before, supplied, place, listener.note)
        target = bench.subject.target
        samples = sample_values(target.task_root, target.handler_file)
        needs = diagnose(session, bench.runner.layout, before.placeholders, samples)
        automatic = _automatic(bench, needs)
        if automatic:
            # With the modules there, init may read other variables.
            return with_missing(
                before, automatic, bench.prepared.place.install_target(), listener.note
            )
        placeholders = _placeholders(bench, needs, error)
        if placeholders == before.placeholders:
            raise
    listener.note(_note(placeholders))
    return replace(before, placeholders=placeholders)


def _images_setuptools(bench: Bench, result: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the setuptools with pkg_resources, if a server needs it and its image would have it.

    Python's own images bring such a release until 3.11; newest releases have no pkg_resources.
    """
    error = (result or {}).get("error") or {}
    is_server = bench.subject.server is not None and bench.request.installs
    is_new = all(one.requirement != OLD_SETUPTOOLS for one in bench.extra.packages)
    version = tuple(map(int, bench.prepared.place.minor_version.split(".")))
    if error.get("missing_module") != "pkg_resources" or not is_server or not is_new:
        return {}
    return {"pkg_resources": OLD_SETUPTOOLS} if version <= IMAGES_WITH_SETUPTOOLS else {}


def _automatic(bench: Bench, needs: InitNeeds) -> dict[str, str]:
    """Return the distributions to install for missing modules, by module; empty if not allowed.

    Only if no file lists the deployed packages, and only if all of them are on the dated list: a
    guess at a name may install anybody's package.
    """
    request, prepared = bench.request, bench.prepared
    if not (request.installs and request.installs_missing):
        return {}
    product = _lacking_product(bench, needs)
    if product is not None and product.brings is not None:
        # The function's layer has it, which no file of its project lists.
        is_new = all(one.requirement != product.brings for one in bench.extra.packages)
        return {bench.subject.target.started_module: product.brings} if is_new else {}
    if prepared.deployed.is_said:
        return {}
    found = {one.name: known_distribution(one) for one in needs.modules}
    if any(is_there_without(one) for one in needs.modules):
        return {}
    if any(name.partition(".")[0] in runtime_modules_brought() for name in found):
        return {}  # the runtime's own are supplied, or left out, before any launch
    known = {name: distribution for name, distribution in found.items() if distribution}
    before = {one.requirement for one in bench.extra.packages}
    is_helpful = not before & set(known.values())
    return known if len(known) == len(found) and is_helpful else {}


def _placeholders(bench: Bench, needs: InitNeeds, error: HandlerError) -> tuple[Placeholder, ...]:
    """Return the placeholders to set. Raises LackingError if not allowed or no help."""
    target = bench.subject.target
    if needs.modules:
        raise LackingError(*_missing(bench, needs), traceback_text=error.traceback_text)
    if not needs.placeholders:
        raise error
    if not bench.request.placeholders:
        raise LackingError(
            *unset_variables(needs.placeholders, target), traceback_text=error.traceback_text
        )
    if needs.failure is not None:
        trouble = placeholder_failed(needs.failure, needs.placeholders, target)
        raise LackingError(*trouble, traceback_text=needs.failure.traceback)
    return needs.placeholders


def _lacking_product(bench: Bench, needs: InitNeeds) -> WrappingProduct | None:
    """Return the product whose configured handler is a missing module, or None."""
    target = bench.subject.target
    if any(wrapper_missing(one.name, target, None) for one in needs.modules):
        return product_of(target.configured_handler)
    return None


def _missing(bench: Bench, needs: InitNeeds) -> Trouble:
    product = _lacking_product(bench, needs)
    for module in needs.modules if product is not None else ():
        brings = product.brings if product is not None else None
        found = wrapper_missing(module.name, bench.subject.target, brings)
        if found is not None:
            return found
    beyond = bench.subject.beyond
    for module in needs.modules:
        trouble = beyond.without_runtime(module.name, bench.subject.target.handler_file)
        if trouble is not None:
            return trouble
    target = bench.subject.target
    trouble = removed_from_python(needs.modules, bench.prepared.place.minor_version, target)
    if trouble is not None:
        return trouble
    folders = bench.prepared.interpreter.search_path
    known, remarks = {}, {}
    for one in needs.modules:
        whole, distribution = is_there_without(one), distribution_of(one, folders)
        if whole is not None:
            remarks[one.name] = f"the installed {whole} has no such module"
        elif distribution is not None:
            known[one.name] = distribution
        elif similar := similar_module(one, target.task_root):
            remarks[one.name] = f"{similar} may be meant"
    requirements = bench.prepared.deployed.requirements
    return missing_modules(needs.modules, known, target, requirements, remarks)


class _Silent:
    """A listener for launches that only find out how to word an error."""

    def note(self, message: str) -> None:
        """Ignore it."""

    def detail(self, message: str) -> None:
        """Ignore it."""

    def progress(self, progress: Progress) -> None:
        """Ignore it."""


def _note(placeholders: Sequence[Placeholder]) -> str:
    names = [one.name for one in placeholders]
    if len(names) == 1:
        return f"Setting a placeholder for a variable that init reads: {names[0]}."
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"Setting placeholders for {len(names)} variables that init reads: "
        f"{', '.join(names[:3])}{more}."
    )
