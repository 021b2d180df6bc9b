from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta

import pytest

from pyjobkit_django.management.arguments import (
    age,
    delay,
    integer,
    module_attribute,
    moment,
    name_of,
    one_of,
    port,
    positive_seconds,
    whole_number,
)

READ = [
    (whole_number, "1", 1),
    (whole_number, "200", 200),
    (positive_seconds, "0.5", 0.5),
    (positive_seconds, "1e3", 1000.0),
    (age, "90s", timedelta(seconds=90)),
    (age, "15m", timedelta(minutes=15)),
    (age, "36h", timedelta(hours=36)),
    (age, "7d", timedelta(days=7)),
    (age, "1.5d", timedelta(hours=36)),
    (age, " 10 ", timedelta(seconds=10)),
    (age, "0s", timedelta(0)),
    (age, "36500d", timedelta(days=36_500)),
    (delay, "90", timedelta(seconds=90)),
    (delay, "5m", timedelta(minutes=5)),
    (moment, "2026-11-30T08:00+01:00", datetime(2026, 11, 30, 7, tzinfo=UTC)),
    (moment, "2026-11-30T08:00:30Z", datetime(2026, 11, 30, 8, 0, 30, tzinfo=UTC)),
    (integer, "-7", -7),
    (integer, "100", 100),
    (port, "0", 0),
    (port, "65535", 65_535),
    (one_of("text", "json"), "json", "json"),
    (name_of("tag"), "heavy", "heavy"),
    (module_attribute, "shop.executors:Mail", "shop.executors:Mail"),
]

REFUSED = [
    (whole_number, "0", "'0' is not a whole number of at least 1"),
    (whole_number, "-1", "'-1' is not a whole number of at least 1"),
    (whole_number, "1.5", "'1.5' is not a whole number of at least 1"),
    (whole_number, "²", "'²' is not a whole number of at least 1"),
    (whole_number, "", "'' is not a whole number of at least 1"),
    (positive_seconds, "0", "'0' is not a number of seconds above 0"),
    (positive_seconds, "-1", "'-1' is not a number of seconds above 0"),
    (positive_seconds, "nan", "'nan' is not a number of seconds above 0"),
    (positive_seconds, "inf", "'inf' is not a number of seconds above 0"),
    (positive_seconds, "soon", "'soon' is not a number of seconds above 0"),
    (age, "a week", "'a week' is not an age; write 90s, 15m, 36h or 7d"),
    (age, "-1d", "'-1d' is not an age; write 90s, 15m, 36h or 7d"),
    (age, "7w", "'7w' is not an age; write 90s, 15m, 36h or 7d"),
    (age, "36501d", "'36501d' is more than 36,500 days"),
    (age, "9" * 400, f"'{'9' * 59}… is more than 36,500 days"),
    (delay, "soon", "'soon' is not a delay; write 90s, 15m, 36h or 7d"),
    (delay, "99999999d", "'99999999d' is more than 36,500 days"),
    (moment, "noon", "'noon' is not a time; write 2026-11-30T08:00+01:00"),
    (moment, "2026-11-30", "'2026-11-30' has no zone; add +01:00, or Z for UTC"),
    (integer, "1.5", "'1.5' is not a whole number"),
    (integer, "٣", "'٣' is not a whole number"),
    (integer, "9" * 19, f"'{'9' * 19}' is not a whole number"),
    (port, "65536", "'65536' is not a port from 0 to 65535"),
    (port, "-1", "'-1' is not a port from 0 to 65535"),
    (port, "http", "'http' is not a port from 0 to 65535"),
    (one_of("text", "json"), "xml", "'xml' is not one of text, json"),
    (name_of("tag"), "a b", "tag: 'a b' must be 1 to 128 letters, digits, dots, d"),
    (module_attribute, "shop.Mail", "'shop.Mail' is not written as module:attribute"),
    (module_attribute, ":Mail", "':Mail' is not written as module:attribute"),
    (module_attribute, "shop:", "'shop:' is not written as module:attribute"),
]


@pytest.mark.parametrize(("argument", "text", "value"), READ)
def test_an_argument_is_read(argument, text, value):
    assert argument(text) == value


@pytest.mark.parametrize(("argument", "text", "told"), REFUSED)
def test_a_bad_argument_is_refused_in_one_sentence(argument, text, told):
    with pytest.raises(ArgumentTypeError) as refused:
        argument(text)

    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)
