"""Copies whose Django URL files and SQLAlchemy engines wait until something needs them."""

from __future__ import annotations

import pytest

from importcost.app.adapters.lazy_edits import with_lazy_engines, with_lazy_includes

URLS = """from django.urls import include, path
urlpatterns = [
    path("", include("shop.home")),
    path("api/", include("shop.api.urls")),
    path("big/", include("shop.big", namespace="large")),
    path("auth/", include("other.urls")),
    path("admin/", admin.site.urls),
]
"""
SOURCES = {
    "/t/shop/home.py": "urlpatterns = []\n",
    "/t/shop/api/urls.py": "urlpatterns = []\n",
    "/t/shop/big/__init__.py": "app_name = 'big'\nurlpatterns = []\n",
}


def test_own_url_files_wait_behind_a_prefix_with_their_names():
    edited = with_lazy_includes(URLS, SOURCES)
    assert edited is not None
    text, places = edited
    assert places == 2
    assert "path(\"api/\", ('shop.api.urls', None, None))" in text
    assert "('shop.big', 'big', 'large')" in text
    assert 'include("shop.home")' in text
    assert 'include("other.urls")' in text


@pytest.mark.parametrize("name", ["app_name = made()\n", "x = i18n_patterns()\n", "def ("])
def test_a_url_file_whose_name_is_not_known_does_not_wait(name):
    assert with_lazy_includes(URLS, {"/t/shop/api/urls.py": name}) is None


ENGINE = """from sqlalchemy import create_engine as made, event
engine = made(
    "sqlite://",
)
other = made("sqlite:///x")
event.listen(other, "connect", print)
"""


def test_an_engine_is_made_once_when_it_is_first_used():
    edited = with_lazy_engines(ENGINE)
    assert edited is not None
    text, places = edited
    assert places == 1
    assert 'other = made("sqlite:///x")' in text
    calls = []

    class Engine:
        name = "sqlite"

    def made(address):
        calls.append(address)
        return Engine()

    space = {"made": made}
    exec(text.partition("\n")[2].partition("other = ")[0], space)
    assert calls == []
    assert [space["engine"].name, space["engine"].name] == ["sqlite", "sqlite"]
    assert calls == ["sqlite://"]


@pytest.mark.parametrize("source", ["engine = create_engine('x')\n", "def (", "x = 1\n"])
def test_what_is_no_engine_of_sqlalchemy_s_stays(source):
    assert with_lazy_engines(source) is None
