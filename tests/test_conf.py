from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.conf import settings as site

from pyjobkit_django.conf import SECRET_NAMES, Settings, current, read
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.jobs import JobRules, JobStatus
from pyjobkit_django.retry import FixedDelay
from pyjobkit_django.worker import LogLimits

DEFAULT = {
    "success": timedelta(days=7),
    "failed": timedelta(days=30),
    "timeout": timedelta(days=30),
    "cancelled": timedelta(days=7),
}


def test_a_site_that_says_nothing_gets_the_defaults():
    found, faults = read({})

    assert faults == []
    assert found == Settings(
        executors=(),
        rules=JobRules(queues=("default",)),
        lease_ttl=30.0,
        log_limits=LogLimits(),
        retention=DEFAULT,
        notify=True,
    )
    assert found.queues == ("default",)


def test_every_setting_is_read():
    found, faults = read(
        {
            "EXECUTORS": {"a.B": {"x": 1}, "c.D": {}},
            "QUEUES": ["mail", "reports", "mail"],
            "DEFAULTS": {
                "priority": -5,
                "max_attempts": 9,
                "timeout_s": 60,
                "retry_policy": "fixed:5",
            },
            "LEASE_TTL": timedelta(minutes=1),
            "MAX_PAYLOAD_BYTES": 2048,
            "LOG_LIMITS": {"lines": 10, "line_bytes": 100, "run_bytes": 9_999},
            "RETENTION": {"success": 0.5, "failed": None, "timeout": timedelta(1)},
            "NOTIFY": False,
            "REDACT": ["iban", "password", "iban"],
        }
    )

    assert faults == []
    assert found == Settings(
        executors=(("a.B", {"x": 1}), ("c.D", {})),
        rules=JobRules(
            priority=-5,
            max_attempts=9,
            timeout_s=60,
            retry_policy="fixed:5",
            queues=("mail", "reports"),
            max_payload_bytes=2048,
        ),
        lease_ttl=60.0,
        log_limits=LogLimits(lines=10, line_bytes=100, run_bytes=9_999),
        retention={
            **DEFAULT,
            "success": timedelta(hours=12),
            "failed": None,
            "timeout": timedelta(days=1),
        },
        notify=False,
        redact=(*SECRET_NAMES, "iban"),
    )


def test_executors_may_be_a_list_of_paths():
    found, _ = read({"EXECUTORS": ["a.B", "c.D"]})

    assert found.executors == (("a.B", {}), ("c.D", {}))


def test_none_as_a_default_leaves_the_choice_open():
    found, faults = read({"DEFAULTS": {"timeout_s": None, "retry_policy": None}})

    assert faults == []
    assert (found.rules.timeout_s, found.rules.retry_policy) == (None, None)


BAD = [
    ({"REDACT": "iban"}, "['REDACT']: must be a list of names, not 'iban'"),
    ({"REDACT": ["iban", 7]}, "['REDACT']: 7 is not a name"),
    ({"REDACT": ["--"]}, "['REDACT']: '--' is not a name"),
    ({"COLOUR": 1}, "['COLOUR'] is not a setting; there are EXECUTORS, QUEUES"),
    ({7: 1}, "[7] is not a setting; there are"),
    ({"EXECUTORS": "a.B"}, "['EXECUTORS']: must be a list of dotted paths or a dict"),
    ({"EXECUTORS": ["Plain"]}, "['EXECUTORS']: 'Plain' must be the dotted path of an"),
    ({"EXECUTORS": [7]}, "['EXECUTORS']: 7 must be the dotted path of an"),
    ({"EXECUTORS": {"a.B": None}}, "['EXECUTORS']: the options of a.B must be a dict"),
    ({"EXECUTORS": None}, "['EXECUTORS']: must be a list of dotted paths or a dict"),
    ({"QUEUES": []}, "['QUEUES']: must be a list of at least one queue, not []"),
    (
        {"QUEUES": "mail"},
        "['QUEUES']: must be a list of at least one queue, not 'mail'",
    ),
    ({"QUEUES": ["a b"]}, "['QUEUES']: 'a b' must be 1 to 128 letters"),
    ({"QUEUES": [1]}, "['QUEUES']: 1 must be 1 to 128 letters"),
    ({"DEFAULTS": []}, "['DEFAULTS'] must be a dict, not []"),
    ({"DEFAULTS": {"queue": "a"}}, "['DEFAULTS']['queue'] is not a setting; there are"),
    ({"DEFAULTS": {"priority": "high"}}, "['DEFAULTS']['priority']: must be a whole"),
    ({"DEFAULTS": {"priority": True}}, "['DEFAULTS']['priority']: must be a whole"),
    (
        {"DEFAULTS": {"max_attempts": 0}},
        "['DEFAULTS']['max_attempts']: must be a whole",
    ),
    ({"DEFAULTS": {"timeout_s": -1}}, "['DEFAULTS']['timeout_s']: must be a number of"),
    ({"DEFAULTS": {"retry_policy": "?"}}, "['DEFAULTS']['retry_policy']: retry policy"),
    (
        {"DEFAULTS": {"retry_policy": FixedDelay(1)}},
        "['DEFAULTS']['retry_policy']: retry_policy must be a string",
    ),
    ({"LEASE_TTL": None}, "['LEASE_TTL']: must be seconds above 0, or a timedelta"),
    ({"LEASE_TTL": 0}, "['LEASE_TTL']: must be seconds above 0, or a timedelta, not 0"),
    ({"LEASE_TTL": -1}, "['LEASE_TTL']: must be seconds above 0"),
    ({"LEASE_TTL": "30"}, "['LEASE_TTL']: must be seconds above 0"),
    ({"LEASE_TTL": True}, "['LEASE_TTL']: must be seconds above 0"),
    ({"LEASE_TTL": math.nan}, "['LEASE_TTL']: must be seconds above 0"),
    ({"LEASE_TTL": timedelta(0)}, "['LEASE_TTL']: must be seconds above 0"),
    (
        {"MAX_PAYLOAD_BYTES": 0},
        "['MAX_PAYLOAD_BYTES']: must be a whole number from 1024",
    ),
    ({"MAX_PAYLOAD_BYTES": "1M"}, "['MAX_PAYLOAD_BYTES']: must be a whole number from"),
    ({"MAX_PAYLOAD_BYTES": 1e6}, "['MAX_PAYLOAD_BYTES']: must be a whole number from"),
    ({"LOG_LIMITS": 5}, "['LOG_LIMITS'] must be a dict, not 5"),
    ({"LOG_LIMITS": {"lines": 0}}, "['LOG_LIMITS']['lines']: must be a whole number"),
    (
        {"LOG_LIMITS": {"line_bytes": 1}},
        "['LOG_LIMITS']['line_bytes']: must be a whole",
    ),
    ({"LOG_LIMITS": {"bytes": 1}}, "['LOG_LIMITS']['bytes'] is not a setting; there"),
    ({"RETENTION": 7}, "['RETENTION'] must be a dict, not 7"),
    ({"RETENTION": {"running": 7}}, "['RETENTION']['running'] is not a setting; there"),
    ({"RETENTION": {"failed": "7d"}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": True}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": -1}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": math.nan}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": math.inf}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": 10**9}}, "['RETENTION']['failed']: must be days"),
    ({"RETENTION": {"failed": timedelta(-1)}}, "['RETENTION']['failed']: must be days"),
    ({"NOTIFY": 1}, "['NOTIFY']: must be True or False, not 1"),
]


@pytest.mark.parametrize(("raw", "told"), BAD, ids=lambda value: str(value)[:40])
def test_a_fault_is_told_in_one_sentence_that_names_the_setting(raw, told):
    found, faults = read(raw)

    (fault,) = faults
    assert fault.startswith(f"PYJOBKIT{told}")
    assert "\n" not in fault
    assert found == read({})[0]


def test_what_is_no_dict_is_told():
    assert read(["default"])[1] == ["PYJOBKIT must be a dict, not ['default']"]


def test_every_fault_is_told():
    _, faults = read({"NOTIFY": 1, "RETENTION": {"failed": -1, "timeout": -1}, "X": 1})

    assert len(faults) == 4


def test_the_settings_in_force_are_read_anew_when_they_change(settings):
    assert current().queues == ("default", "reports", "mail")

    settings.PYJOBKIT = {"QUEUES": ["other"]}

    assert current().queues == ("other",)
    assert current() is current()


@pytest.fixture
def _the_setting_is_missing(monkeypatch):
    monkeypatch.delattr(site, "PYJOBKIT")
    current.cache_clear()
    yield
    current.cache_clear()


@pytest.mark.usefixtures("_the_setting_is_missing")
def test_a_site_without_the_setting_gets_the_defaults():
    assert current() == read({})[0]


def test_settings_with_faults_are_refused_with_all_of_them(settings):
    settings.PYJOBKIT = {"NOTIFY": 1, "QUEUES": []}

    with pytest.raises(ConfigError, match=r"'QUEUES'.*; .*'NOTIFY'"):
        current()


def test_retention_is_found_by_status():
    assert read({})[0].retention[JobStatus.FAILED] == timedelta(days=30)
