"""Whatever PYJOBKIT holds, each fault is a sentence that names its setting."""

from __future__ import annotations

import pytest
from django.core.checks import CheckMessage
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django import checks, conf
from pyjobkit_django.conf import Settings, current, read
from pyjobkit_django.errors import ConfigError
from tests.bad_input.strategies import anything, one_sentence, tried, tried_often

pytestmark = pytest.mark.once

inner = st.dictionaries(
    st.sampled_from(
        [
            *(
                key
                for name in ("DEFAULTS", "LOG_LIMITS")
                for key in conf._READERS[name]
            ),
            *conf._RETENTION,
            "other",
        ]
    ),
    anything,
    max_size=3,
)
paths = st.sampled_from(
    [
        *("tests.shop.executors.Greet", "tests.shop.executors.Parcel", "json.loads"),
        *("tests.shop.executors.Fragile", "tests.shop.executors.Mute", "nowhere.At"),
        *("tests.shop.executors.letter", "tests.shop.executors.", ".", "..", "a.b\x00"),
        *("pyjobkit_django.executors.SubprocessExecutor", "os.environ", "os.path"),
        *("pyjobkit_django.executors.HTTPExecutor", "datetime.datetime.now"),
    ]
)
executors = st.lists(paths, max_size=2) | st.dictionaries(
    paths,
    st.dictionaries(
        st.sampled_from(["weight", "allowed_commands", "timeout_s", "grace_s", ""]),
        anything,
        max_size=2,
    )
    | anything,
    max_size=2,
)
#: Without EXECUTORS, which would import what they name.
values = st.fixed_dictionaries(
    {},
    optional={name: anything | inner for name in conf._READERS if name != "EXECUTORS"},
)


def is_told(fault):
    return one_sentence(fault) and fault.startswith("PYJOBKIT")


@tried_often
@given(raw=values | anything)
def test_settings_are_read_or_each_fault_is_told(raw):
    found, faults = read(raw)

    assert isinstance(found, Settings)
    assert all(map(is_told, faults))
    assert read({})[0] == found or not faults or found.queues


@tried
@given(raw=values, named=executors | anything.filter(lambda raw: not has_paths(raw)))
def test_the_checks_tell_faults_and_never_raise(raw, named):
    with changed({**raw, "EXECUTORS": named}):
        found = checks.check_settings()

    assert all(isinstance(message, CheckMessage) for message in found)
    assert all(one_sentence(message.msg) for message in found)


@tried
@given(raw=values)
def test_faulty_settings_stop_a_worker_with_a_sentence_for_each(raw):
    with changed(raw):
        try:
            current()
        except ConfigError as error:
            assert all(map(is_told, read(raw)[1]))
            with pytest.raises(CommandError) as stopped:
                call_command("pyjobkit_worker", "--once")
            assert str(stopped.value) == str(error)


def has_paths(raw):
    texts = list(raw) if isinstance(raw, (list, tuple, dict)) else [raw]
    return any(isinstance(text, str) and "." in text for text in texts)


def changed(raw):
    from django.test import override_settings  # noqa: PLC0415 - settings come first

    return override_settings(PYJOBKIT=raw)
