"""Use case: compare the profile's sum with the init that the real emulator reports."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.figures.platforms import require_lambda
from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.measure.emulator import Emulator, EmulatorOptions, open_emulator
from importcost.measure.layout import lambda_environment
from importcost.measure.runners.container.inside import (
    INIT_BOOST_CPUS,
    PACKAGES_DIR,
    RUNTIME_PACKAGES_DIR,
    TASK_ROOT,
)
from importcost.measure.runners.engines import ENGINES, engine_is_running, find_engine
from importcost.model.results.emulated_init import VerifiedInit
from importcost.parameters import Parameter

FULL_VCPU_MB = 1769
USUAL_NAMES = ("handler", "lambda_handler")


def verify_init(
    request: ProfileRequest, rounds: int, listener: Listener, *, is_throttled: bool
) -> VerifiedInit:
    """Measure the target's init under the emulator and as a profile, taking turns.

    With `is_throttled` both get memory / 1769 of a vCPU, as init has with provisioned concurrency.
    Raises MeasurementError if no engine answers or the image has no emulator, HandlerError if init
    fails.
    """
    require_lambda(request.platform, "verify-init")
    if request.adapter is not None:
        raise UsageError(
            "verify-init runs a handler under the emulator, and a web app has none: leave "
            "--adapter out and name a handler."
        )
    cpus = request.memory_mb / FULL_VCPU_MB if is_throttled else INIT_BOOST_CPUS
    _require_engine(request)
    request = replace(request, cpus=cpus)
    with open_rehearsed(request, listener) as bench:
        if bench.runner.image is None:
            raise MeasurementError(
                "verify-init runs the emulator in Lambda's image, which no container engine here "
                "has",
                remedy(
                    words("name the engine with ", Parameter.RUNNER, " to fetch it"),
                    words("an image with ", Parameter.IMAGE),
                ),
            )
        engine = find_engine(bench.runner.name)
        with open_emulator(engine, _options(bench, cpus)) as emulator:
            emulator.init_us()  # the first one reads the image's files from disk
            first = _cold_starts(emulator, rounds // 2)
            _, profile = bench.profile(listener)
            second = _cold_starts(emulator, rounds - rounds // 2)
        return VerifiedInit(
            profile=profile,
            image=bench.runner.image,
            engine=engine.name,
            cpus=cpus,
            emulator_us=first[0] + second[0],
            empty_us=first[1] + second[1],
            own_cpu_us=emulator.own_cpu_us,
        )


def _require_engine(request: ProfileRequest) -> None:
    if request.runner == "local":
        raise MeasurementError(
            words(
                "verify-init runs the emulator in a container and ",
                Parameter.RUNNER.of("local"),
                " means none",
            ),
            remedy("leave it out", "name an engine"),
        )
    if request.runner == "auto":
        states = [engine_is_running(engine) for engine in ENGINES.values()]
        if not any(state.running for state in states):
            raise MeasurementError(
                "No container engine answers here (docker, podman, finch, nerdctl): start one; "
                "verify-init runs the emulator in a container."
            )


def _cold_starts(emulator: Emulator, rounds: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    figures, empty = [], []
    for _ in range(rounds):
        figures.append(emulator.init_us())
        start = emulator.empty_init_us()
        if start is not None:
            empty.append(start)
    return tuple(figures), tuple(empty)


def _options(bench: Bench, cpus: float) -> EmulatorOptions:
    request, subject = bench.request, bench.subject
    image = bench.runner.image or ""
    is_own = request.image is not None and request.package_type == "image"
    root = Path(subject.target.task_root)
    requirements = _requirements(bench)
    folders = () if is_own else (*requirements, root)
    handler = subject.target.configured_handler
    if subject.target.started_function is None:
        handler = f"{handler}.{entry_point(_text(subject.target.handler_file))}"
    defaults = lambda_environment(subject.target, subject.settings, TASK_ROOT)
    folder = dict(bench.runner.layout.host_paths).get(RUNTIME_PACKAGES_DIR)
    environment = {
        name: text
        for name, text in {**defaults, **bench.environment}.items()
        if name not in ("LD_LIBRARY_PATH", "_HANDLER")
    }
    return EmulatorOptions(
        image=image,
        handler=handler,
        folders=folders,
        opt=tuple(Path(layer) for layer in subject.target.layers),
        memory_mb=request.memory_mb,
        cpus=cpus,
        environment=environment,
        python_version=bench.runner.facts().minor_version,
        network=request.network,
        timeout_s=request.timeout_s,
        keeps_bytecode=subject.bytecode != "zip",
        secrets=bench.secrets,
        runtime_packages=Path(folder) if folder else None,
    )


def _requirements(bench: Bench) -> tuple[Path, ...]:
    """Return the folders of installed packages, later ones winning, as the layout names them."""
    folders = [
        Path(folder)
        for inside, folder in bench.runner.layout.host_paths
        if inside.startswith(PACKAGES_DIR)
    ]
    return tuple(reversed(folders))


def entry_point(source: str) -> str:
    """Return the function that Lambda is to call.

    It is `handler`, `lambda_handler`, or the first function that takes an event and a context. The
    emulator reports no init for a missing function.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return USUAL_NAMES[0]
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = [node.name for node in found if len(node.args.args) >= 2]
    return next((name for name in USUAL_NAMES if name in names), [*names, USUAL_NAMES[0]][0])


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
