"""Handlers of known products stand for the function's own, which a variable names."""

import pytest

from importcost.errors import UsageError
from importcost.targets.handler import in_packages, resolve_target, target_in_image
from importcost.targets.wrapped import wrapped_handler, wrapping_products
from tests.harness import write_files

EVERY = [(one, handler) for one in wrapping_products() for handler in one.handlers]


@pytest.mark.parametrize(("product", "handler"), EVERY, ids=lambda value: str(value)[:40])
def test_a_products_handler_means_the_one_that_its_variable_names(tmp_path, product, handler):
    write_files(tmp_path, {"shop/orders.py": ""})
    found = resolve_target(
        handler, task_root=str(tmp_path), environment={product.variable: "shop/orders.handler"}
    )
    assert (found.module, found.function) == ("shop.orders", "handler")
    assert found.handler_file == str(tmp_path / "shop/orders.py")
    assert found.wrapper.product == product.product
    assert found.wrapper.is_late is (product.product == "Sentry")
    assert found.configured_handler == handler
    plain = handler.removeprefix("/opt/python/")
    assert f"{found.started_module}.{found.started_function}" == plain


def test_a_handler_string_with_slashes_is_the_same(tmp_path):
    write_files(tmp_path, {"app.py": ""})
    found = resolve_target(
        "datadog_lambda/handler.handler",
        task_root=str(tmp_path),
        environment={"DD_LAMBDA_HANDLER": "app.handler"},
    )
    assert found.started_module == "datadog_lambda.handler"


def test_without_the_variable_one_sentence_names_it(tmp_path):
    with pytest.raises(UsageError) as caught:
        resolve_target("newrelic_lambda_wrapper.handler", task_root=str(tmp_path))
    assert "New Relic" in str(caught.value)
    assert "--env NEW_RELIC_LAMBDA_HANDLER=VALUE" in str(caught.value)


def test_a_wrapper_that_names_a_wrapper_is_refused():
    with pytest.raises(UsageError, match="which is a wrapper again"):
        wrapped_handler(
            "datadog_lambda.handler.handler",
            {"DD_LAMBDA_HANDLER": "newrelic_lambda_wrapper.handler"},
        )


def test_an_exec_wrapper_wraps_any_handler(tmp_path):
    write_files(tmp_path, {"app.py": ""})
    file = str(tmp_path / "app.py")
    known = resolve_target(file, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"})
    assert known.wrapper.product == "OpenTelemetry"
    assert (known.started_module, known.configured_handler) == ("app", "app")
    other = resolve_target(file, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bin/trace-it"})
    assert (other.wrapper.product, other.wrapper.program) == ("trace-it", "/opt/bin/trace-it")
    assert resolve_target(file, environment={"AWS_LAMBDA_EXEC_WRAPPER": ""}).wrapper is None


def test_a_handler_of_a_layer_is_found_there(tmp_path):
    write_files(
        tmp_path,
        {
            "app/own.py": "",
            "one/python/shared/entry.py": "",
            "two/python/lib/python3.12/site-packages/shared/entry.py": "",
        },
    )
    layers = (str(tmp_path / "one"), str(tmp_path / "two"))
    found = resolve_target("shared.entry.main", task_root=str(tmp_path / "app"), layers=layers)
    assert found.handler_file.startswith(str(tmp_path / "two"))
    assert found.module == "shared.entry"


def test_a_handler_of_a_dependency_is_found_where_that_is_laid_out(tmp_path):
    write_files(tmp_path, {"app/own.py": "", "site/shared/entry.py": ""})
    root = str(tmp_path / "app")
    with pytest.raises(UsageError, match="which does not exist"):
        resolve_target("shared.entry.main", task_root=root)
    target = resolve_target("shared.entry.main", task_root=root, elsewhere=True)
    found = in_packages(target, [str(tmp_path / "site")])
    assert found.handler_file == str(tmp_path / "site/shared/entry.py")
    with pytest.raises(UsageError, match="which does not exist"):
        in_packages(target, [str(tmp_path / "app")])
    own = resolve_target("own.main", task_root=root, elsewhere=True)
    assert in_packages(own, []) == own


def test_an_image_may_set_the_variable_itself():
    handler = "datadog_lambda.handler.handler"
    assert target_in_image(handler).wrapper is None
    assert target_in_image(handler).module == "datadog_lambda.handler"
    found = target_in_image(handler, {"DD_LAMBDA_HANDLER": "app.handler"})
    assert (found.module, found.wrapper.product) == ("app", "Datadog")
