"""The pytest plugin: a fixture `importcost` that profiles handlers and holds them to budgets.

    def test_init(importcost):
        importcost.profile("src/handler.py").assert_init_below(ms=400)

    def test_import(importcost):
        importcost.profile_module("mypkg").assert_not_imported("pandas")

pytest loads this module at every start, so it imports nothing of importcost: without the fixture it
costs nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from importcost.app.profile.request import ProfileRequest
    from importcost.billing.estimate import Estimate
    from importcost.measure.session import Progress
    from importcost.model.profile import Profile


class _Silent:
    """Reports no progress: pytest's own output says enough."""

    def note(self, message: str) -> None:
        """Drop a sentence."""

    def detail(self, message: str) -> None:
        """Drop a line."""

    def progress(self, progress: Progress) -> None:
        """Drop a step."""


class MeasuredHandler:
    """One profiled handler. Every assertion fails the test with a sentence that has figures."""

    def __init__(self, name: str, profile: Profile, estimate: Estimate) -> None:
        self.name = name
        self.profile = profile
        self.estimate = estimate

    def assert_init_below(self, ms: float) -> None:
        """Fail if init is proven to take longer than `ms`: on Lambda as estimated, else here.

        Proven: the lower bound of the estimate's interval exceeds it.
        """
        found = self.estimate.init_ms
        if found.low > ms:
            self._fail(
                f"init takes {found.value:,.0f} ms ({found.low:,.0f} to {found.high:,.0f} ms)"
                f" {self._place}, and may take {ms:g} ms"
            )

    def assert_cost_below(self, dollars_per_million: float) -> None:
        """Fail if a million cold starts are proven to cost more US dollars, or have no price."""
        found = self.estimate.dollars_per_million
        if found is None:
            self._fail(f"the platform {self.estimate.platform} has no price known here")
        elif found.low > dollars_per_million:
            from importcost.model.interval import dollar_digits

            self._fail(
                f"a million cold starts cost ${dollar_digits(found.value)} "
                f"(${dollar_digits(found.low)} to "
                f"${dollar_digits(found.high)}), as estimated, and may cost "
                f"${dollar_digits(dollars_per_million)}"
            )

    def assert_below(self, ms: float) -> None:
        """Fail if it is proven to take longer than `ms` on this machine.

        For what is measured without Lambda. Proven: the lower bound of the interval exceeds it.
        """
        from importcost.gate.subject import local_time

        found = local_time(self.profile)
        if found is None:
            raise TypeError("assert_below is for packages and programs: use assert_init_below")
        if found.low > ms:
            self._fail(
                f"takes {found.value:,.1f} ms ({found.low:,.1f} to {found.high:,.1f} ms) on this"
                f" machine and may take {ms:g} ms"
            )

    def assert_modules_below(self, count: int) -> None:
        """Fail if init loads `count` modules or more, without the runtime's own."""
        found = len(self.modules)
        if found >= count:
            self._fail(f"init loads {found} modules and may load fewer than {count}")

    def assert_package_below(self, mb: float) -> None:
        """Fail unless function and layers are at most `mb` megabytes unpacked.

        Sizes are exact; if the package may be larger than what is here, that fails too.
        """
        from importcost.gate.budgets import Budgets
        from importcost.gate.checks import Status
        from importcost.gate.package_rules import package_budget
        from importcost.gate.subject import JudgedHandler, evidence_of

        budgets = Budgets(max_package_mb=mb)
        (check,) = package_budget(JudgedHandler(self.name, budgets, evidence_of(self.profile)))
        if check.status is not Status.PASS:
            self._fail(check.message)

    def assert_not_imported(self, *patterns: str) -> None:
        """Fail if init loads a module that a pattern matches: `pandas`, `boto*`, `*.tests`.

        The sentence has the whole chain of imports with files and lines.
        """
        if not patterns:
            raise TypeError("assert_not_imported needs a pattern, as in 'pandas'")

        from importcost.gate.budgets import Budgets
        from importcost.gate.checks import Status
        from importcost.gate.import_rules import forbidden_imports
        from importcost.gate.subject import JudgedHandler, evidence_of

        subject = JudgedHandler(self.name, Budgets(forbid=patterns), evidence_of(self.profile))
        broken = [one for one in forbidden_imports(subject) if one.status is not Status.PASS]
        if broken:
            self._fail("\n".join(one.message for one in broken))

    @property
    def _place(self) -> str:
        return "on Lambda, as estimated" if self.estimate.is_modelled else "here"

    @property
    def modules(self) -> frozenset[str]:
        """The modules that the function's own init loads."""
        from importcost.gate.attribution import function_modules

        return function_modules(self.profile)

    def _fail(self, what: str) -> None:
        __tracebackhide__ = True
        pytest.fail(f"{self.name}: {what}", pytrace=False)


class Importcost:
    """The fixture's value: profiles handlers, each at most once a session."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._measured: dict[str, MeasuredHandler] = {}

    def profile(self, target: str, **options: Any) -> MeasuredHandler:
        """Measure a handler; `target` is an argument as of `importcost profile`.

        Paths are relative to pytest's rootdir. `options` are the fields of `ProfileRequest`
        (`memory_mb`, `environment`, `task_root`, `layers`, `runs`, ...); the runner is `local`
        unless named. The test fails if the handler cannot be measured.
        """
        __tracebackhide__ = True
        return self._once(target, options)

    def profile_module(self, module: str, **options: Any) -> MeasuredHandler:
        """Measure what importing a package or module takes, without Lambda.

        It is that of pytest's rootdir (or its `src`), else the installed one, in the interpreter
        that runs pytest. `options` are as for `profile`, `extras` and `python` among them.
        """
        __tracebackhide__ = True
        return self._once(module, {"module": module, **options})

    def profile_command(self, code: str, **options: Any) -> MeasuredHandler:
        """Measure what code takes, as with `python -c`; see `profile_module`."""
        __tracebackhide__ = True
        return self._once(code, {"command": code, **options})

    def profile_script(self, line: str, **options: Any) -> MeasuredHandler:
        """Measure a console script with its arguments, from start to exit; see `profile_module`."""
        __tracebackhide__ = True
        return self._once(line, {"script": line, **options})

    def profile_file(self, line: str, **options: Any) -> MeasuredHandler:
        """Measure a Python file with its arguments, run as `__main__`; see `profile_module`."""
        __tracebackhide__ = True
        return self._once(line, {"file": line, **options})

    def _once(self, target: str, options: dict[str, Any]) -> MeasuredHandler:
        __tracebackhide__ = True
        key = repr((target, sorted(options.items())))
        if key not in self._measured:
            self._measured[key] = self._profiled(target, options)
        return self._measured[key]

    def _profiled(self, target: str, options: dict[str, Any]) -> MeasuredHandler:
        __tracebackhide__ = True
        from importcost.app.profile.measured import measure_billed
        from importcost.errors import ImportcostError

        try:
            billed = measure_billed(self._request(target, options), _Silent())
            return MeasuredHandler(target, billed.profile, billed.estimate)
        except ImportcostError as error:
            reason = str(error)
        # Raised outside of the except block: pytest would show the error twice, as its own context.
        pytest.fail(f"{target} could not be measured: {reason}", pytrace=False)

    def _request(self, target: str, options: dict[str, Any]) -> ProfileRequest:
        from importcost.app.profile.platform_fit import fit_platform
        from importcost.app.profile.request import ProfileRequest, check_request
        from importcost.declaration import MEASUREMENT

        values = {"runner": "local", **options}
        for option in MEASUREMENT:
            if option.field and option.is_path and values.get(option.field) is not None:
                values[option.field] = option.joined(self._root, values[option.field])
        is_plain = any(name in options for name in ("module", "command", "script", "file"))
        if is_plain:
            values.setdefault("python", sys.executable)
        is_file = not is_plain and target.partition(":")[0].endswith(".py")
        if not is_file:
            values.setdefault("task_root", str(self._root))
        request = ProfileRequest(str(self._root / target) if is_file else target, **values)
        if request.plain is None:
            request = fit_platform(request, options)
        check_request(request)
        return request


@pytest.fixture(scope="session")
def importcost(pytestconfig: pytest.Config) -> Importcost:
    """Profile Lambda handlers: `importcost.profile("handler.py").assert_init_below(ms=400)`."""
    return Importcost(pytestconfig.rootpath)
