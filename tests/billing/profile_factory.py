"""Small profiles for the cost model: only what it reads is worth setting."""

from array import array

from importcost.model.interval import Interval
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Phase,
    PhaseTime,
    Profile,
    Settings,
)
from importcost.model.tree import ImportTree

NO_TREE = ImportTree((), array("q"), array("q"), array("q"), array("q"), (), array("q"))


def make_profile(
    *,
    cpu_us=(95_000, 100_000, 105_000),
    wall_us=None,
    blocked_us=0,
    imports_us=80_000,
    body_us=20_000,
    imports_wait_us=0,
    body_wait_us=0,
    speed_us=10_000,
    source="measured",
    runtime="python3.12",
    python_version="3.12.1",
    implementation="CPython",
    memory_mb=512,
    arch="x86_64",
    package_type="zip",
):
    low, value, high = cpu_us
    wall_us = int(value) + blocked_us if wall_us is None else wall_us
    return Profile(
        importcost_version="0",
        created_at="2026-11-23T00:00:00Z",
        target=None,
        settings=Settings(memory_mb, arch, package_type, runtime),
        environment=Environment(
            runner="local",
            runner_reason="asked for",
            image=None,
            python_version=python_version,
            python_implementation=implementation,
            executable="python",
            platform="linux",
            machine="x86_64",
            cpu_count=2,
            cpu_model=None,
            runtime_source="awslambdaric 4.0.1",
            bytecode="as deployed",
            requirements=None,
        ),
        runs=(),
        phases=(
            PhaseTime(Phase.INTERPRETER_START, 20_000, 15_000),
            PhaseTime(Phase.RUNTIME, 60_000, 55_000),
            PhaseTime(Phase.HANDLER_IMPORTS, imports_us + imports_wait_us, imports_us),
            PhaseTime(Phase.MODULE_BODY, body_us + body_wait_us, body_us),
        ),
        function_init=FunctionInit(
            cpu_us=Interval(low, value, high),
            process_cpu_us=int(value),
            wall_us=wall_us,
            blocked_us=blocked_us,
            unattributed_share=0.0,
        ),
        tree=NO_TREE,
        graph=None,
        speed_us=speed_us,
        warnings=(),
        source=source,
    )
