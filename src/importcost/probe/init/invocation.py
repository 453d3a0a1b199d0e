"""Call the handler function once, and count the threads that were started."""

import sys

from importcost.probe.init.clocks import read_clocks, read_clocks_at_end, span_between
from importcost.probe.init.errors import error_result, text_of
from importcost.probe.init.ground import Ground
from importcost.probe.init.modules import loaded_names
from importcost.probe.init.own import own_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def count_threads(result: "Any") -> None:
    """Count, in the result, the threads that Python code starts from here on.

    Not by an audit hook: Python 3.10 has no event for this.
    """
    import _thread

    def counted(real: "Any") -> "Any":
        def start(*args: "Any", **options: "Any") -> "Any":
            result["threads"] += 1
            return real(*args, **options)

        return start

    result["threads"] = 0
    threading = sys.modules.get("threading")
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        real = getattr(_thread, name, None)
        if real is not None:
            setattr(_thread, name, counted(real))
        # It has a name of its own for the function, from when it was imported.
        if real is not None and getattr(threading, "_" + name, None) is real:
            setattr(threading, "_" + name, counted(real))


class _Context:
    """The context that Lambda passes to the handler with the event."""

    function_name = "importcost"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:importcost"
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = "/aws/lambda/importcost"
    log_stream_name = "importcost"
    identity = None
    client_context = None

    def __init__(self, os: "Any") -> None:
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def invoke_handler(os: "Any", spec: "Any", probe_file: str, ground: Ground) -> "Any":
    """Call the handler function once with the event, and return the result."""
    function = getattr(sys.modules[spec["module"]], spec["function"])
    before = set(loaded_names(sys.modules))
    answer: Any = {"result": None, "is_json": True, "error": None}
    value: Any = None
    failure: BaseException | None = None
    begin = read_clocks()
    try:
        value = function(spec["event"], _Context(os))
    except BaseException as error:  # noqa: BLE001 - sys.exit in a handler is a result, too
        failure = error
    answer["span"] = span_between(begin, read_clocks_at_end())
    answer["unrecorded"] = list(spec.get("unrecorded") or ())
    ground.take_back()
    answer["loaded"] = sorted(set(loaded_names(ground.left)) - before)
    if failure is not None:
        answer["error"] = error_result(failure, probe_file, ground)
        return answer
    try:
        answer["result"] = own_modules["json"].dumps(value, sort_keys=True)
    except BaseException:  # noqa: BLE001 - the value's own methods may raise anything
        answer["result"], answer["is_json"] = text_of(value, repr), False
    return answer
