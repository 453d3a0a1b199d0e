"""Caveats on the origin of the figures, for their reader."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from importcost.billing.figures.platforms import GENERIC, Platform, load_platforms
from importcost.measure.deployed.not_deployed import imports_beyond
from importcost.measure.failures.calls_out import attempted_places
from importcost.measure.failures.explain import no_function
from importcost.measure.first_launch import FirstLaunch, find_first_launch
from importcost.measure.runtime_dates import read_runtimes, runtime_ending, utc_today
from importcost.measure.session import Measurement, Subject
from importcost.model.graph import STDLIB, BytecodeState, ImportGraph
from importcost.model.machine.speed import (
    BUSY_SHARE,
    OTHERS_SHARE,
    MachineSpeed,
    MachineState,
)
from importcost.model.profile import (
    Environment,
    FunctionInit,
    ProfileWarning,
    WarningCode,
    significant_blocked_us,
)
from importcost.model.rows import ImporttimeLog
from importcost.model.supplies import Supplies

MULTITHREADED_RATIO = 1.2
MULTITHREADED_MIN_US = 2_000
UNATTRIBUTED_SHARE = 0.1
UNATTRIBUTED_MIN_US = 5_000
OUTPUT_LIMIT_BYTES = 1_000_000
MOST_FILES_NAMED = 3
# Each launch has its own, so nothing there serves a later one.
TEMPORARY = ("/tmp/", "/private/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108
_MACHINE_OF_ARCH = {"x86_64": ("x86_64", "AMD64"), "arm64": ("aarch64", "arm64")}


def find_warnings(
    measurement: Measurement,
    function: FunctionInit,
    graph: ImportGraph,
    environment: Environment,
    subject: Subject,
) -> tuple[ProfileWarning, ...]:
    """Return the warnings of a measurement, the most consequential first."""
    return (
        *_about_the_handler(measurement, subject),
        *_about_the_app(graph, subject),
        *_about_the_first_launch(measurement, subject),
        *_about_shared_folders(measurement),
        *imports_beyond(measurement.graph, graph, subject.beyond),
        *_about_the_runtimes_packages(graph, subject),
        *_about_the_times(function, subject),
        *_about_the_log(measurement),
        *_about_the_rows(measurement, function, subject),
        *_about_the_place(graph, environment, subject),
    )


def supply_warnings(supplies: Supplies) -> tuple[ProfileWarning, ...]:
    """Return the warnings about a mock, and each package installed without being requested."""
    mocked = (ProfileWarning(WarningCode.MOCKED, _mocked(supplies)),) if supplies.mocked else ()
    return mocked + tuple(
        ProfileWarning(
            WarningCode.SUPPLIED,
            f"{one.module} is in no requirements file: measured with {one.installed} from PyPI; "
            f"name the version that is deployed with --with {shlex.quote(one.requirement)}, or in "
            "requirements.txt.",
        )
        for one in supplies.packages
        if one.is_automatic
    )


def _mocked(supplies: Supplies) -> str:
    made = f" What they looked for was made up: {_some([*supplies.made])}." if supplies.made else ""
    return (
        f"A mock on this machine answered the AWS calls of init ({_some([*supplies.mocked])}): "
        f"neither the answers nor the time that they took are AWS's.{made}"
    )


def machine_warnings(machine: MachineSpeed | None) -> tuple[ProfileWarning, ...]:
    """Return a sentence for each disturbance of the machine, none for a steady one."""
    found = []
    if machine is not None and MachineState.BUSY in machine.states:
        found.append(ProfileWarning(WarningCode.MACHINE_BUSY, _busy(machine)))
    if machine is not None and MachineState.SWITCHING in machine.states:
        fast, slow = (one / 1000 for one in machine.speeds_us)
        found.append(
            ProfileWarning(
                WarningCode.MACHINE_SWITCHES,
                f"The machine itself switches between two speeds: the calibration workload took "
                f"{fast:.1f} or {slow:.1f} ms of CPU without waiting for a processor. Each launch "
                "is compared with the sample beside it, so the estimate holds; milliseconds "
                "measured here are those of one speed.",
            )
        )
    return tuple(found)


def _busy(machine: MachineSpeed) -> str:
    parts = []
    if machine.waiting_share is not None and machine.waiting_share >= BUSY_SHARE:
        parts.append(
            f"a launch waited for a processor for {machine.waiting_share:.0%} of the time in which "
            "it could have run"
        )
    if machine.others_share is not None and machine.others_share >= OTHERS_SHARE:
        parts.append(f"other processes used {machine.others_share:.0%} of the processors")
    if machine.stolen_share is not None and machine.stolen_share >= BUSY_SHARE:
        parts.append(f"its host gave {machine.stolen_share:.0%} of them to other machines")
    return (
        f"The machine was busy: {' and '.join(parts)}. CPU times leave waiting out and the "
        "estimate holds; wall times are too long. An idle machine needs fewer launches for the "
        "same precision."
    )


def _about_the_handler(measurement: Measurement, subject: Subject) -> Iterator[ProfileWarning]:
    platform = _platform(subject)
    is_on_lambda = platform.runs_lambda_runtime
    if measurement.handler_found is False:
        missing = no_function(subject.target, is_on_lambda=is_on_lambda)
        yield ProfileWarning(WarningCode.HANDLER_NOT_FOUND, missing)
    if measurement.output_bytes > OUTPUT_LIMIT_BYTES:
        yield ProfileWarning(
            WarningCode.OUTPUT,
            f"{_whose(subject)} printed {measurement.output_bytes / 1e6:.0f} MB while it was "
            f"imported{'; on Lambda that goes to CloudWatch Logs, which bills it' * is_on_lambda}.",
        )
    if subject.settings.extensions:
        yield ProfileWarning(WarningCode.EXTENSIONS, _extensions(subject.settings.extensions))
    if measurement.attempts:
        yield ProfileWarning(WarningCode.NETWORK, _asked_others(measurement, subject))
    peak_kb = max((run.peak_rss_kb or 0 for run in measurement.runs), default=0)
    if platform.memory is not None and peak_kb > subject.settings.memory_mb * 1024:
        yield ProfileWarning(
            WarningCode.MEMORY,
            f"Init needs {peak_kb / 1024:.0f} MB of memory, more than the "
            f"{subject.settings.memory_mb} MB chosen: on {platform.title} it would be killed; "
            "choose a larger --memory.",
        )


def _extensions(names: tuple[str, ...]) -> str:
    plural, them = ("s", "they are") if len(names) > 1 else ("", "it is")
    return (
        f"Lambda starts the extension{plural} {_some([*names])} of the layers, too, before the "
        f"function's code, and bills that with init: {them} not started here, and the estimate's "
        "upper bound is higher for that."
    )


def _asked_others(measurement: Measurement, subject: Subject) -> str:
    """Return the sentence on init's requests to other machines, which were refused at once."""
    attempts = measurement.attempts
    first = next((one for one in attempts if one.file is not None), attempts[0])
    if first.file is None:
        who = first.module or subject.target.handler_file
    else:
        who = f"{first.file} line {first.line}"
        who += f" (through {first.module})" if first.module else ""
    return (
        f"{who} asks other machines while it is imported ({attempted_places(attempts)}): that was "
        "refused at once, so the figures are those of an init that got no answer, without the time "
        "that one takes. --network host lets it out, --mock-aws answers AWS calls here."
    )


def _about_the_app(graph: ImportGraph, subject: Subject) -> Iterator[ProfileWarning]:
    target = subject.target
    if subject.server is None or any(one.name == target.module for one in graph.modules):
        return
    yield ProfileWarning(
        WarningCode.APP_IS_MAIN,
        f"{target.handler_file} is run as the program that starts the server, not imported as "
        f"{target.module}: the figures hold, but its own statements are not known, and none of its "
        "imports is judged. A server that imports the app, such as gunicorn, shows them.",
    )


def _about_the_first_launch(measurement: Measurement, subject: Subject) -> Iterator[ProfileWarning]:
    """Warn of an init that only the first launch paid in full, with the likely cause."""
    found = find_first_launch(measurement.runs)
    if found is None:
        return
    yield ProfileWarning(
        WarningCode.FIRST_LAUNCH,
        f"The first launch took {found.first_us / 1000:,.0f} ms, later ones "
        f"{found.later_us / 1000:,.1f} ms, and only these are in the figures: "
        f"{_cause(found, measurement, subject.target.task_root)}.{_each_is_first(subject)}",
    )


def _each_is_first(subject: Subject) -> str:
    platform = _platform(subject)
    if platform.name == GENERIC:
        return ""
    return f" On {platform.title} each cold start is a first launch."


def _whose(subject: Subject) -> str:
    """Return the target's name at the start of a sentence."""
    return "The handler" if subject.target.plain is None else subject.target.plain.label


def _platform(subject: Subject) -> Platform:
    return load_platforms()[subject.settings.platform]


def _cause(found: FirstLaunch, measurement: Measurement, task_root: str) -> str:
    inside = task_root.rstrip("/") + "/"
    lasting = [
        path
        for path in measurement.made
        if path.startswith(inside) or not path.startswith(TEMPORARY)
    ]
    files = [*lasting, *measurement.shared.left]
    if files:
        return f"it created {_some(files)}, which later ones find; deploy that with the function"
    if found.is_mostly_waiting:
        return (
            "most of the difference is waiting, as for files that were read from disk once and "
            "come from memory since"
        )
    return (
        "it was not seen to create a file that stays, so a child process, a library or a service "
        "that it reaches may keep something"
    )


def _some(files: list[str]) -> str:
    more = len(files) - MOST_FILES_NAMED
    return ", ".join(files[:MOST_FILES_NAMED]) + (f" and {more} more" if more > 0 else "")


def _about_shared_folders(measurement: Measurement) -> Iterator[ProfileWarning]:
    use = measurement.shared
    parts = []
    if use.left:
        parts.append(f"{_some([*use.left])} appeared there and may be what the handler left")
    if use.met:
        parts.append(f"the handler used {_some([*use.met])}, which was there before")
    if parts:
        yield ProfileWarning(
            WarningCode.SHARED_FOLDERS,
            f"Launches shared this machine's temporary folders ({use.because}): "
            f"{'; '.join(parts)}. A cold start finds an empty /tmp: remove them and measure "
            "again, or measure in a container with --runner.",
        )


def _about_the_runtimes_packages(graph: ImportGraph, subject: Subject) -> Iterator[ProfileWarning]:
    conflict = subject.beyond.conflict()
    if conflict is not None and any(module.from_runtime for module in graph.modules):
        yield ProfileWarning(WarningCode.RUNTIME_CONFLICT, str(conflict))


def _about_the_times(function: FunctionInit, subject: Subject) -> Iterator[ProfileWarning]:
    is_modelled = _platform(subject).is_modelled
    bills = "Lambda bills waiting like computing, so " if is_modelled else ""
    blocked = significant_blocked_us(function.blocked_us, function.wall_us)
    if blocked:
        yield ProfileWarning(
            WarningCode.WALL_EXCEEDS_CPU,
            f"Init waits for {blocked / 1000:.0f} ms beyond its CPU time (sleep, disk or "
            f"network); {bills}the figures include it.",
        )
    others_us = function.process_cpu_us - function.cpu_us.value
    is_much = function.process_cpu_us > MULTITHREADED_RATIO * function.cpu_us.value
    if is_much and others_us >= MULTITHREADED_MIN_US:
        yield ProfileWarning(
            WarningCode.MULTITHREADED,
            f"Other threads used {others_us / 1000:.0f} ms of CPU beside the importing thread (a "
            "BLAS pool, for one); figures are the importing thread's.",
        )


def _about_the_log(measurement: Measurement) -> Iterator[ProfileWarning]:
    kinds = Counter(found.kind for log in measurement.logs for found in log.disturbances)
    for kind, count in kinds.items():
        detail = next(
            found.detail
            for log in measurement.logs
            for found in log.disturbances
            if found.kind is kind
        )
        yield ProfileWarning(
            WarningCode.DISTURBED_LOG,
            f"The trace is disturbed ({kind.value}, {count} times in {len(measurement.logs)} "
            f"runs: {detail}); totals are right, single rows may be wrong.",
        )


def _about_the_rows(
    measurement: Measurement, function: FunctionInit, subject: Subject
) -> Iterator[ProfileWarning]:
    """Warn of missing or untrustworthy rows in a log that parses well.

    Much of a web app's start belongs in no row: what its server and its hooks do.
    """
    if measurement.rows_redirected:
        yield ProfileWarning(
            WarningCode.DISTURBED_LOG,
            f"{_whose(subject)} closes or redirects file descriptor 2, where the rows are written "
            f"({measurement.rows_redirected} of {len(measurement.logs)} traced runs): what is "
            "imported after that has no row; totals are sound.",
        )
    elif (
        subject.server is None
        and function.unattributed_share > UNATTRIBUTED_SHARE
        and function.local_us > UNATTRIBUTED_MIN_US
    ):
        yield ProfileWarning(
            WarningCode.DISTURBED_LOG,
            f"{function.unattributed_share:.0%} of function init belongs to no module of the "
            "trace: it misses some modules; totals are right.",
        )
    unknown = _never_tried(measurement)
    if unknown:
        plural, more = ("s", ", ...") if len(unknown) > 1 else ("", "")
        yield ProfileWarning(
            WarningCode.DISTURBED_LOG,
            f"The trace has rows of {len(unknown)} module{plural} that the graph run never tried "
            f"to import ({unknown[0]}{more}): the handler writes lines like rows to file "
            "descriptor 2, or imports other modules each time.",
        )


def _never_tried(measurement: Measurement) -> list[str]:
    """Return the names of function rows in every traced run that the graph run did not import.

    Only names in every run count, because a handler may import at random, or from a thread.
    """
    tried = measurement.graph.get("tried")
    if tried is None or not measurement.logs:
        return []
    found = set.intersection(*(set(_function_rows(log)) for log in measurement.logs))
    return sorted(found - set(tried))


def _function_rows(log: ImporttimeLog) -> Iterator[str]:
    borders = {marker.label: marker.row for marker in log.markers}
    yield from log.rows.names[borders.get("function", 0) : borders.get("after", 0)]


def _about_the_place(
    graph: ImportGraph, environment: Environment, subject: Subject
) -> Iterator[ProfileWarning]:
    measured = "python{}.{}".format(*environment.minor_version)
    if measured != subject.settings.runtime:
        yield ProfileWarning(
            WarningCode.RUNTIME_MISMATCH,
            f"Measured with {measured}, but the function runs on {subject.settings.runtime}: "
            "import times differ between versions; name that interpreter with --python.",
        )
    platform = _platform(subject)
    if platform.runs_lambda_runtime:
        yield from _about_the_runtime(subject.settings.runtime)
    arch = subject.settings.arch
    if platform.arches and environment.machine not in _MACHINE_OF_ARCH[arch]:
        follows = (
            f"estimated for {arch}: the difference between the two is modelled."
            if platform.is_modelled
            else f"and {platform.title} runs {arch}: its times are not these."
        )
        message = f"Measured on {environment.machine}, {follows}"
        yield ProfileWarning(WarningCode.ARCH_MISMATCH, message)
    bad = [
        module.name
        for module in graph.modules
        if module.distribution == STDLIB
        and module.bytecode in (BytecodeState.ABSENT, BytecodeState.STALE)
        and module.loaded_by is not None
    ]
    if len(bad) > 5:  # a few generated modules are normal
        yield ProfileWarning(
            WarningCode.STDLIB_BYTECODE,
            f"{len(bad)} standard library modules ({bad[0]}, ...) have no valid bytecode in "
            f"{environment.executable}{', as they have on Lambda' * platform.runs_lambda_runtime}: "
            "figures are too high; run "
            "`python -m compileall` on its library folder or take another interpreter.",
        )


def _about_the_runtime(runtime: str) -> Iterator[ProfileWarning]:
    known = read_runtimes()
    ending = runtime_ending(runtime, utc_today())
    if ending is not None:
        yield ProfileWarning(WarningCode.RUNTIME_ENDING, ending)
    elif runtime in known["preview"]:
        yield ProfileWarning(
            WarningCode.UNSUPPORTED_RUNTIME,
            f"Lambda offers {runtime} as a preview only, without a service level agreement (as of "
            f"{known['date']}): its floor is that of the nearest version measured.",
        )
    elif runtime not in known["supported"]:
        yield ProfileWarning(
            WarningCode.UNSUPPORTED_RUNTIME,
            f"Lambda does not support {runtime} (as of {known['date']}; it supports "
            f"{', '.join(known['supported'])}): choose one with --runtime and --python.",
        )
