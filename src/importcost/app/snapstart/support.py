"""Find out whether SnapStart takes a function: from its image, its Dockerfile and its template."""

from __future__ import annotations

from importcost.app.profile.bench import Bench
from importcost.measure.runners.engines import image_facts
from importcost.snapstart.support import (
    ImageTraits,
    SupportFact,
    aws_base,
    function_support,
    image_support,
)
from importcost.targets.dockerfile import dockerfile_near

_LAMBDA_VARIABLES = ("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR")
_LAMBDA_PYTHON = "/var/lang/"


def snapstart_support(bench: Bench, client: str | None) -> tuple[SupportFact, ...]:
    """Return what is known; `client` is the version of awslambdaric in the interpreter.

    Raises MeasurementError if the engine does not describe the function's own image.
    """
    image = _own_image(bench, client) or _planned_image(bench)
    found = [] if image is None else [image_support(image)]
    return (*found, *function_support(bench.request.traits))


def _own_image(bench: Bench, client: str | None) -> ImageTraits | None:
    engine = bench.prepared.choice.engine
    if engine is None or not bench.request.is_own_image:
        return None
    facts = image_facts(engine, bench.prepared.image)
    interpreter = bench.runner.facts()
    variables = {name for name, _ in facts.environment}
    is_lambda = variables.issuperset(_LAMBDA_VARIABLES)
    major, minor = interpreter.minor_version.split(".")
    number = (client or "").partition(".")[0]
    return ImageTraits(
        name=bench.prepared.image,
        is_aws_base=is_lambda and interpreter.executable.startswith(_LAMBDA_PYTHON),
        labels=dict(facts.labels),
        python=(int(major), int(minor)),
        client=int(number) if number.isdigit() else None,
    )


def _planned_image(bench: Bench) -> ImageTraits | None:
    """Return the image that the project's Dockerfile would make, None if there is none."""
    if bench.subject.settings.package_type != "image":
        return None
    facts = dockerfile_near(bench.subject.target.task_root)
    if facts is None:
        return None
    python = aws_base(facts.base or "")
    return ImageTraits(
        name=f"The image of {facts.file.rpartition('/')[2]}",
        is_aws_base=None if facts.base is None else python is not None,
        labels=facts.labels,
        python=python,
    )
