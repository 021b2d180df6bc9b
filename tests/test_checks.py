from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.core.checks import Warning as CheckWarning
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from pyjobkit_django import registry
from pyjobkit_django.checks import check_database, check_settings
from tests.marks import on_postgresql, on_sqlite
from tests.second_database import second_database

SHOP = "tests.shop.executors"


def ids(messages):
    return [message.id for message in messages]


@pytest.fixture(autouse=True)
def _no_executors(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})


@pytest.mark.django_db
def test_the_site_of_the_tests_is_sound():
    assert check_settings() == []
    assert check_database() == []
    call_command("check", fail_level="WARNING")


@pytest.mark.django_db
def test_a_check_for_deployment_finds_nothing_in_this_app():
    config = apps.get_app_config("pyjobkit_django")

    found = run_checks(app_configs=[config], include_deployment_checks=True)

    # What is left is about the site of the tests: its DEBUG, its cookies, its secret.
    assert {message.id.partition(".")[0] for message in found} <= {"security"}


def test_manage_py_check_is_clean_in_a_fresh_process():
    ran = subprocess.run(
        [sys.executable, "-m", "django", "check", "--fail-level", "WARNING"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.strip()) == (
        0,
        "System check identified no issues (0 silenced).",
    )


@pytest.mark.django_db
def test_each_fault_of_the_settings_is_an_error_of_its_own(settings):
    settings.PYJOBKIT = {"NOTIFY": 1, "QUEUES": [], "LOG_LIMITS": {"lines": 0}}

    found = check_settings()

    assert ids(found) == ["pyjobkit.E001"] * 3
    with pytest.raises(
        SystemCheckError, match=r"pyjobkit\.E001\) PYJOBKIT\['QUEUES'\]"
    ):
        call_command("check")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("no_such.module.Mail", "No module named 'no_such'"),
        (f"{SHOP}.NoSuch", 'Module "tests.shop.executors" does not define a "NoSuch"'),
        (f"{SHOP}.Fragile", "broken on arrival"),
        (f"{SHOP}.Mute", "executor tests.shop.executors.Mute needs `async def run("),
        ("os.path", "executor builtins.module: kind: None must be"),
    ],
)
def test_an_executor_that_cannot_be_made_is_named_with_the_reason(settings, path, told):
    settings.PYJOBKIT = {"EXECUTORS": [path]}

    (error,) = check_settings()

    assert error.id == "pyjobkit.E002"
    assert error.msg.startswith(f"PYJOBKIT['EXECUTORS'] '{path}': {told}")


def test_options_that_an_executor_does_not_take_are_told(settings):
    settings.PYJOBKIT = {"EXECUTORS": {f"{SHOP}.Parcel": {"height": 1}}}

    (error,) = check_settings()

    assert error.id == "pyjobkit.E002"
    assert "unexpected keyword argument 'height'" in error.msg


def test_options_for_what_is_made_already_are_told(settings):
    settings.PYJOBKIT = {"EXECUTORS": {f"{SHOP}.letter": {"weight": 1}}}

    (error,) = check_settings()

    assert error.id == "pyjobkit.E002"
    assert "is no class: it takes no options" in error.msg


def test_a_registered_executor_that_cannot_be_made_is_told():
    registry.register(type("Broken", (), {"kind": "b", "run": _run, "__init__": _fail}))

    (error,) = check_settings()

    assert error.id == "pyjobkit.E002"
    assert error.msg == "executor tests.test_checks.Broken: no stamps"


async def _run(self, *, job_id, payload, ctx):
    """Do nothing."""


def _fail(self):
    raise OSError("no stamps")


def test_two_executors_of_one_kind_are_told(settings):
    settings.PYJOBKIT = {
        "EXECUTORS": [f"{SHOP}.RivalGreet", f"{SHOP}.Parcel", f"{SHOP}.Greet"]
    }

    (error,) = check_settings()

    assert error.id == "pyjobkit.E003"
    assert error.msg == "two executors run the kind 'shop.greet'; give one another kind"


def test_a_kind_of_the_settings_and_of_an_app_is_told(settings):
    settings.PYJOBKIT = {"EXECUTORS": [f"{SHOP}.Parcel"]}
    registry.register(type("OtherParcel", (), {"kind": "shop.parcel", "run": _run}))

    assert ids(check_settings()) == ["pyjobkit.E003"]


def test_times_without_a_zone_are_refused(settings):
    settings.USE_TZ = False

    assert ids(check_database()) == ["pyjobkit.E004"]


def test_a_zone_of_the_database_is_refused_where_stored_times_would_be_in_it(
    monkeypatch,
):
    monkeypatch.setitem(connection.settings_dict, "TIME_ZONE", "Asia/Tokyo")

    keeps_zones = connection.features.supports_timezones
    assert ids(check_database()) == ([] if keeps_zones else ["pyjobkit.E005"])


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_utc_is_a_fine_zone_of_the_database(monkeypatch, zone):
    monkeypatch.setitem(connection.settings_dict, "TIME_ZONE", zone)

    assert check_database() == []


def test_a_database_that_jobs_are_not_kept_in_is_refused(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "oracle")

    (error,) = check_database()

    assert error.id == "pyjobkit.E006"
    assert error.msg.startswith("DATABASES['default']: jobs are kept in PostgreSQL")


@on_sqlite
@pytest.mark.parametrize("mode", [None, "DEFERRED", "deferred"])
def test_writers_of_sqlite_that_would_fail_are_told(monkeypatch, mode):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"transaction_mode": mode})

    (warning,) = check_database()

    assert (warning.id, type(warning)) == ("pyjobkit.W001", CheckWarning)
    assert "'transaction_mode': 'IMMEDIATE'" in warning.hint


@on_sqlite
@pytest.mark.parametrize("mode", ["immediate", "EXCLUSIVE"])
def test_writers_of_sqlite_that_begin_as_such_are_fine(monkeypatch, mode):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"transaction_mode": mode})

    assert check_database() == []


@on_postgresql
@pytest.mark.parametrize(
    "pool",
    [True, {"min_size": 2}, {"max_size": 12}, {"min_size": 12, "max_size": None}],
)
def test_a_pool_that_a_worker_would_starve_on_is_told(monkeypatch, pool):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": pool})

    (warning,) = check_database()

    assert (warning.id, type(warning)) == ("pyjobkit.W004", CheckWarning)
    assert "a worker with 8 slots may hold 13" in warning.msg


@on_postgresql
@pytest.mark.parametrize("pool", [False, {"max_size": 13}, {"min_size": 20}])
def test_a_pool_that_is_large_enough_is_fine(monkeypatch, pool):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": pool})

    assert check_database() == []


@on_postgresql
def test_the_options_of_other_databases_are_their_own(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})

    assert check_database() == []


def test_a_database_for_jobs_alone_is_warned_about(settings, tmp_path):
    settings.DATABASE_ROUTERS = ["pyjobkit_django.routers.JobsRouter"]

    with second_database("jobs", tmp_path):
        (warning,) = check_database()

    assert warning.id == "pyjobkit.W002"
    assert warning.msg.startswith("jobs go to the database 'jobs'")


def test_a_database_that_is_not_there_is_told(settings):
    settings.DATABASE_ROUTERS = ["pyjobkit_django.routers.JobsRouter"]

    (error,) = check_database()

    assert error.id == "pyjobkit.E006"
    assert error.msg.startswith(
        "jobs go to the database 'jobs', which is not in DATABA"
    )
