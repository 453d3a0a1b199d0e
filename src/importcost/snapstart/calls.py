"""Calls whose result differs between environments: names as they are imported."""

from __future__ import annotations

import ast

from importcost.snapstart.model import HazardKind

_RANDOM = (
    "random randint randrange choice choices sample shuffle uniform gauss normalvariate triangular "
    "betavariate expovariate gammavariate lognormvariate vonmisesvariate paretovariate "
    "weibullvariate binomialvariate randbytes getrandbits"
)
_SECRETS = "token_bytes token_hex token_urlsafe randbelow randbits choice"
_CLOCK = (
    "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns clock_gettime "
    "clock_gettime_ns localtime gmtime ctime"
)
_DATES = ("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today")
_TEMPORARY = "mkstemp mkdtemp mktemp NamedTemporaryFile TemporaryFile TemporaryDirectory"
_CONNECTIONS = (
    "socket.socket socket.create_connection sqlite3.connect psycopg2.connect psycopg.connect "
    "pymysql.connect mysql.connector.connect MySQLdb.connect pymongo.MongoClient smtplib.SMTP "
    "smtplib.SMTP_SSL ftplib.FTP pika.BlockingConnection pyodbc.connect oracledb.connect"
)


def _table() -> dict[str, HazardKind]:
    groups = (
        (HazardKind.RANDOM, "random.", _RANDOM),
        (HazardKind.SECRETS, "secrets.", _SECRETS),
        (HazardKind.SECRETS, "random.SystemRandom().", _RANDOM),
        (HazardKind.UUID, "uuid.", "uuid1 uuid4 uuid6 uuid7"),
        (HazardKind.URANDOM, "os.", "urandom getrandom"),
        (HazardKind.CLOCK, "time.", _CLOCK),
        (HazardKind.CLOCK, "datetime.date.", "today"),
        (HazardKind.TEMPORARY_FILE, "tempfile.", _TEMPORARY),
    )
    table = {head + name: kind for kind, head, names in groups for name in names.split()}
    table.update(dict.fromkeys(_DATES, HazardKind.CLOCK))
    table.update(dict.fromkeys(_CONNECTIONS.split(), HazardKind.CONNECTION))
    return table


CALLS = _table()
GENERATOR_CALLS = frozenset(f"random.{name}" for name in _RANDOM.split())
CREDENTIAL_METHODS = frozenset(
    "get_secret_value batch_get_secret_value get_parameter get_parameters assume_role "
    "get_session_token get_authorization_token get_federation_token get_frozen_credentials "
    "get_credentials".split()
)
CREDENTIAL_VARIABLES = frozenset(
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN "
    "AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN".split()
)
VOLATILE_VARIABLES = frozenset(
    "AWS_LAMBDA_LOG_STREAM_NAME _X_AMZN_TRACE_ID AWS_LAMBDA_RUNTIME_API "
    "AWS_LAMBDA_INITIALIZATION_TYPE *".split()
)
"""Variables that differ in another environment (`*`: all at once).

The function's own variables are fixed with the published version.
"""
WRITE_METHODS = frozenset(("write_text", "write_bytes", "touch"))
TEMPORARY_FOLDER = "/tmp/"  # noqa: S108 - Lambda's only writable folder


def variable_kind(name: str | None) -> HazardKind:
    """Return the kind of reading an environment variable: credentials or plain environment."""
    return HazardKind.CREDENTIALS if name in CREDENTIAL_VARIABLES else HazardKind.ENVIRONMENT


def call_kind(call: ast.Call, dotted: str | None) -> tuple[HazardKind, str] | None:
    """Return the kind and label of a call that resolves to `dotted`, or None if harmless."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in CREDENTIAL_METHODS:
        return HazardKind.CREDENTIALS, call.func.attr
    if dotted is None:
        return None
    if dotted in ("random.Random", "numpy.random.default_rng"):
        is_seeded = bool(call.args or call.keywords) and not _is_none(call.args)
        return None if is_seeded else (HazardKind.RANDOM, dotted)
    if dotted == "sqlite3.connect" and call.args and _constant(call.args[0]) == ":memory:":
        return None
    kind = CALLS.get(dotted)
    if kind is not None:
        return kind, dotted
    path = written_path(call, dotted)
    return None if path is None else (HazardKind.TEMPORARY_FILE, path)


def _is_none(args: list[ast.expr]) -> bool:
    return bool(args) and isinstance(args[0], ast.Constant) and args[0].value is None


def _constant(node: ast.expr) -> str | None:
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0] if isinstance(node.values[0], ast.Constant) else node
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def written_path(call: ast.Call, dotted: str) -> str | None:
    """Return the path below /tmp that a call writes, as far as it is a constant, or None."""
    if dotted == "open" and call.args:
        mode = call.args[1] if len(call.args) > 1 else _keyword(call, "mode")
        text = _constant(mode) if mode is not None else None
        return _temporary(call.args[0]) if text and set(text) & set("wax+") else None
    if dotted.startswith("pathlib.Path()."):
        func = call.func
        inner = func.value if isinstance(func, ast.Attribute) else None
        is_write = dotted.rpartition(".")[2] in WRITE_METHODS
        if is_write and isinstance(inner, ast.Call) and inner.args:
            return _temporary(inner.args[0])
    return None


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg == name), None)


def _temporary(node: ast.expr) -> str | None:
    text = _constant(node)
    return text if text is not None and text.startswith(TEMPORARY_FOLDER) else None


def constant_path(node: ast.expr) -> str | None:
    """Return a constant path below /tmp, or None for anything else."""
    return _temporary(node)
