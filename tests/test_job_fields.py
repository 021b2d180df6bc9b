from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.job_fields import (
    MAX_KEY,
    MAX_NAME,
    MAX_TAGS,
    check_delay,
    check_integer,
    check_key,
    check_name,
    check_retry_policy,
    check_time,
    check_timeout,
    clean_tags,
    clean_webhooks,
)
from pyjobkit_django.retry import MAX_DELAY_S

ENDLESS = 10**400


class NoZone(tzinfo):
    def utcoffset(self, moment):
        return None


@pytest.mark.parametrize("name", ["a", "reports.build", "v2_x-1", "x" * MAX_NAME])
def test_a_name_is_a_short_plain_word(name):
    check_name("kind", name)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "é", "a\n", "x" * (MAX_NAME + 1), None, 5, ["a"]]
)
def test_any_other_name_is_refused(name):
    with pytest.raises(InvalidJobError, match=r"kind: .* must be 1 to 128 letters"):
        check_name("kind", name)


@pytest.mark.parametrize("value", [1, 2, 3])
def test_a_whole_number_in_range_is_accepted(value):
    check_integer("priority", value, 1, 3)


@pytest.mark.parametrize("value", [0, 4, True, 1.0, "2", None, ENDLESS])
def test_any_other_number_is_refused(value):
    with pytest.raises(InvalidJobError, match="priority: must be a whole number from"):
        check_integer("priority", value, 1, 3)


@pytest.mark.parametrize("value", [None, 0.001, 5, MAX_DELAY_S])
def test_a_timeout_is_none_or_above_zero(value):
    check_timeout(value)


@pytest.mark.parametrize(
    "value",
    [0, -1, True, "5", float("nan"), float("inf"), MAX_DELAY_S + 1, ENDLESS],
)
def test_any_other_timeout_is_refused(value):
    with pytest.raises(InvalidJobError, match="timeout_s: must be a number of seconds"):
        check_timeout(value)


@pytest.mark.parametrize("value", [None, "fixed:5", "exponential:1:2"])
def test_a_retry_policy_is_none_or_a_string_that_parses(value):
    check_retry_policy(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("weekly", "retry_policy: .*'weekly' is unknown"),
        ("fixed:" + "1" * MAX_KEY, "retry_policy: is longer than 255 characters"),
    ],
)
def test_any_other_retry_policy_is_refused(value, message):
    with pytest.raises(InvalidJobError, match=message):
        check_retry_policy(value)


def test_a_policy_object_is_shown_the_place_where_it_belongs():
    with pytest.raises(TypeError, match=r"Worker\(retry_policy=…\)"):
        check_retry_policy(object())


@pytest.mark.parametrize("value", [None, datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_time_is_none_or_aware(value):
    check_time("scheduled_for", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-01-01", "must be an aware datetime"),
        (datetime(2026, 1, 1), "is naive"),  # noqa: DTZ001 - it is what is refused
        (datetime(2026, 1, 1, tzinfo=NoZone()), "is naive"),
    ],
)
def test_any_other_time_is_refused(value, message):
    with pytest.raises(InvalidJobError, match=message) as refused:
        check_time("scheduled_for", value)

    assert refused.value.field == "scheduled_for"


@pytest.mark.parametrize("value", [None, "a", "order 7/ü", "x" * MAX_KEY])
def test_a_key_is_none_or_printable(value):
    check_key("unique_key", value)


@pytest.mark.parametrize("value", ["", "a\nb", "\ud800", "x" * (MAX_KEY + 1), 5])
def test_any_other_key_is_refused(value):
    with pytest.raises(InvalidJobError, match="unique_key: must be 1 to 255 printable"):
        check_key("unique_key", value)


@pytest.mark.parametrize(
    ("tags", "cleaned"),
    [
        ([], ()),
        (["b", "a", " a "], ("a", "b")),
        ({"x"}, ("x",)),
        (iter(["x", "y"]), ("x", "y")),
    ],
)
def test_tags_are_distinct_stripped_and_in_order(tags, cleaned):
    assert clean_tags(tags) == cleaned


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("mail", "must be a list of strings"),
        (5, "must be a list of strings"),
        (["a b"], "'a b' must be 1 to 128"),
        ([1], "1 must be 1 to 128"),
        ([["a"]], "must be 1 to 128"),
        ([f"t{n}" for n in range(MAX_TAGS + 1)], "at most 32 tags, not 33"),
    ],
)
def test_any_other_tags_are_refused(tags, message):
    with pytest.raises(InvalidJobError, match=message) as refused:
        clean_tags(tags)

    assert refused.value.field == "tags"


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://shop.example", "https://", "/path", 5, None),
        *("https://shop.example/\x00", "https://shop.example/\ud800"),
        "https://shop.example/" + "x" * 2_000,
    ],
    ids=repr,
)
def test_a_webhook_that_no_database_stores_or_no_server_is_asked_for_is_refused(url):
    with pytest.raises(InvalidJobError, match="is not an http or https URL") as refused:
        clean_webhooks({"complete": url})

    assert refused.value.field == "webhooks.complete"


@pytest.mark.parametrize("seconds", [0, 0.5, MAX_DELAY_S])
def test_a_delay_is_returned_in_seconds(seconds):
    assert check_delay("delay", seconds) == float(seconds)


@pytest.mark.parametrize(
    "seconds",
    [-1, True, "5", None, float("nan"), float("inf"), ENDLESS, timedelta(1)],
)
def test_any_other_delay_is_refused(seconds):
    with pytest.raises(InvalidJobError, match="delay: must be 0 to 34,560,000 seconds"):
        check_delay("delay", seconds)


def test_a_refused_value_is_shown_in_part():
    with pytest.raises(InvalidJobError) as refused:
        check_name("kind", "x" * 10_000)

    assert len(str(refused.value)) < 200
