from __future__ import annotations

import sys

import pytest
from django.utils.module_loading import autodiscover_modules

from pyjobkit_django import registry
from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
from pyjobkit_django.errors import ConfigError, InvalidExecutorError
from pyjobkit_django.runtime import build_engine, build_worker
from pyjobkit_django.worker import LogLimits, Worker

SHOP = "tests.shop.executors"
PARCEL = f"{SHOP}.Parcel"


@pytest.fixture(autouse=True)
def _no_executors(monkeypatch):
    # What the installed apps register, they register once a process: before this.
    autodiscover_modules("executors")
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.delitem(sys.modules, SHOP, raising=False)


@pytest.fixture
def _shop_is_installed(settings):
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.shop"]


@pytest.fixture
def install_plugin(tmp_path, monkeypatch):
    """Return the function that installs a distribution with an executor of a kind."""

    def install(kind, *, body=""):
        (tmp_path / "courier.py").write_text(
            f"class Courier:\n"
            f"    kind = {kind!r}\n"
            f"    {body or 'pass'}\n"
            f"    async def run(self, *, job_id, payload, ctx):\n"
            f"        return None\n"
        )
        about = tmp_path / "courier-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: courier\nVersion: 1.0\n"
        )
        (about / "entry_points.txt").write_text(
            "[pyjobkit.executors]\ncourier = courier:Courier\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "courier", raising=False)

    return install


def made(engine, kind):
    return type(engine.executors[kind]).__qualname__


# Executors.


def test_a_site_without_executors_has_http():
    assert set(build_engine().executors) == {"http"}


def test_the_settings_name_executors(settings):
    settings.PYJOBKIT = {"EXECUTORS": [PARCEL, f"{SHOP}.Greet"]}

    engine = build_engine()

    assert set(engine.executors) == {"shop.parcel", "shop.greet", "http"}
    assert engine.executors["shop.parcel"].weight == 1


def test_the_settings_give_executors_their_options(settings):
    settings.PYJOBKIT = {"EXECUTORS": {PARCEL: {"weight": 5}}}

    assert build_engine().executors["shop.parcel"].weight == 5


def test_the_settings_may_name_what_is_made_already(settings):
    settings.PYJOBKIT = {"EXECUTORS": [f"{SHOP}.letter"]}

    assert build_engine().executors["shop.parcel"].weight == 0


@pytest.mark.usefixtures("_shop_is_installed")
def test_an_app_registers_executors_in_its_executors_module():
    assert made(build_engine(), "shop.greet") == "Greet"


@pytest.mark.usefixtures("_shop_is_installed")
def test_each_engine_gets_executors_of_its_own():
    first, second = build_engine(), build_engine()

    assert first.executors["shop.greet"] is not second.executors["shop.greet"]


def test_a_plugin_offers_executors(install_plugin):
    install_plugin("courier")

    assert made(build_engine(), "courier") == "Courier"


def test_a_plugin_that_fails_is_logged_and_left_out(install_plugin, caplog):
    install_plugin("courier", body="def __init__(self): raise OSError('no van')")

    assert set(build_engine().executors) == {"http"}
    assert "executor plugin not loaded" in caplog.text
    assert "no van" in caplog.text


def test_a_plugin_stands_back_where_its_kind_is_taken(install_plugin, settings):
    install_plugin("shop.parcel")
    settings.PYJOBKIT = {"EXECUTORS": [PARCEL]}

    assert made(build_engine(), "shop.parcel") == "Parcel"


@pytest.mark.usefixtures("_shop_is_installed")
def test_a_plugin_stands_back_where_an_app_has_its_kind(install_plugin):
    install_plugin("shop.greet")

    assert made(build_engine(), "shop.greet") == "Greet"


@pytest.mark.usefixtures("_shop_is_installed")
def test_settings_and_an_app_may_not_both_take_a_kind(settings):
    settings.PYJOBKIT = {"EXECUTORS": [f"{SHOP}.RivalGreet"]}

    with pytest.raises(InvalidExecutorError, match=r"'shop.greet' is taken by Rival"):
        build_engine()


@pytest.mark.usefixtures("_shop_is_installed")
def test_an_apps_executor_that_the_settings_name_is_made_once(settings):
    settings.PYJOBKIT = {"EXECUTORS": {f"{SHOP}.Greet": {}}}

    assert made(build_engine(), "shop.greet") == "Greet"


def test_one_more_executor_may_be_given():
    engine = build_engine(extra_executors=[f"{SHOP}:Parcel"])

    assert set(engine.executors) >= {"shop.parcel"}


def test_the_one_more_may_not_take_a_taken_kind(settings):
    settings.PYJOBKIT = {"EXECUTORS": [PARCEL]}

    with pytest.raises(InvalidExecutorError, match=r"'shop.parcel' is taken by Parcel"):
        build_engine(extra_executors=[f"{SHOP}:Parcel"])


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("plain", "executor 'plain': write it as module:attribute"),
        (":Parcel", "executor ':Parcel': write it as module:attribute"),
        (f"{SHOP}:", f"executor '{SHOP}:': write it as module:attribute"),
        ("no.such:Thing", "executor 'no.such:Thing': No module named 'no'"),
        (f"{SHOP}:Fragile", f"executor '{SHOP}:Fragile': broken on arrival"),
    ],
)
def test_one_more_that_cannot_be_made_is_told(path, told):
    with pytest.raises(ConfigError) as refused:
        build_engine(extra_executors=[path])

    assert str(refused.value) == told


@pytest.mark.parametrize("build", [build_engine, build_worker])
def test_nothing_is_built_on_settings_with_faults(settings, build):
    settings.PYJOBKIT = {"NOTIFY": 1}

    with pytest.raises(ConfigError, match="'NOTIFY'"):
        build()


# Engine and worker.


def test_the_engine_works_on_the_database_by_the_settings(settings):
    settings.PYJOBKIT = {"LEASE_TTL": 5, "NOTIFY": False, "DEFAULTS": {"priority": 3}}

    engine = build_engine()

    assert isinstance(engine.backend, DjangoBackend)
    assert isinstance(engine.log_sink, DatabaseLogSink)
    assert (engine.backend.lease_ttl_s, engine.backend.notify) == (5.0, False)
    assert (engine.backend.using, engine.rules.priority) == ("default", 3)


def test_the_engine_may_be_told_another_database():
    assert build_engine(using="elsewhere").backend.using == "elsewhere"


def test_the_worker_has_the_settings_where_nothing_else_is_said(settings):
    settings.PYJOBKIT = {
        "QUEUES": ["a", "b"],
        "LEASE_TTL": 7,
        "LOG_LIMITS": {"lines": 5, "line_bytes": 500},
    }

    worker = build_worker()

    assert isinstance(worker, Worker)
    assert worker.options.queues == {"a", "b"}
    assert worker.options.lease_ttl == 7.0
    assert worker.options.log_limits == LogLimits(lines=5, line_bytes=500)


def test_the_worker_passes_its_options_on():
    worker = build_worker(
        extra_executors=[f"{SHOP}:Parcel"],
        max_concurrency=3,
        batch_size=2,
        poll_interval=0.1,
        lease_ttl=9.0,
        stop_timeout=1.0,
        queues=["mail"],
        kinds=["shop.parcel"],
        tags=["heavy"],
    )

    options = worker.options
    assert (options.max_concurrency, options.batch) == (3, 2)
    assert (options.poll_interval, options.lease_ttl) == (0.1, 9.0)
    assert options.stop_timeout == 1.0
    assert (options.queues, options.kinds) == ({"mail"}, {"shop.parcel"})
    assert options.tags == {"heavy"}
    assert "shop.parcel" in worker.engine.executors


def test_an_option_that_the_worker_refuses_is_told():
    with pytest.raises(ConfigError, match="max_concurrency must be a whole number"):
        build_worker(max_concurrency=0)
