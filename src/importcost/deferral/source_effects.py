"""Modules that are imported for what importing them does."""

from __future__ import annotations

from collections.abc import Iterable

_EFFECTS = {
    "ddtrace": "patches libraries when it is imported",
    "gevent": "has to patch the standard library before anything uses it",
    "eventlet": "has to patch the standard library before anything uses it",
    "aws_xray_sdk": "patches libraries",
    "sentry_sdk": "hooks into errors and libraries",
    "newrelic": "patches libraries",
    "elasticapm": "patches libraries",
    "datadog_lambda": "patches libraries",
    "lumigo_tracer": "patches libraries",
    "epsagon": "patches libraries",
    "thundra": "patches libraries",
    "opentelemetry.instrumentation": "patches libraries",
    "readline": "changes the interpreter when it is imported",
    "rlcompleter": "changes the interpreter when it is imported",
    "faulthandler": "changes the interpreter",
    "antigravity": "opens a browser when it is imported",
    "this": "prints when it is imported",
    "pysqlite3": "takes the place of another module",
    "unzip_requirements": "unpacks the function's requirements before they are imported",
    "pretty_errors": "changes the interpreter when it is imported",
    "beartype.claw": "hooks into imports",
    "typeguard.importhook": "hooks into imports",
    "uvloop": "takes the place of the event loop",
    "nest_asyncio": "patches the event loop",
    "pymysql": "may take the place of MySQLdb",
    "future.standard_library": "changes later imports",
    "truststore": "takes the place of ssl's trust store",
    "certifi_win32": "patches certifi when it is imported",
}


def side_effect(imported: Iterable[str]) -> str | None:
    """Say what importing one of these modules does, None where nothing is known."""
    for module in imported:
        for known, effect in _EFFECTS.items():
            if module == known or module.startswith(f"{known}."):
                return f"{known} {effect}"
    return None
