from __future__ import annotations

import json
from collections import OrderedDict
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.payload import (
    MAX_DEPTH,
    MAX_INTEGER,
    MIN_INTEGER,
    clean_json,
    clean_payload,
    clean_text,
)


class Colour(str, Enum):  # noqa: UP042 - str() of its members is their name
    RED = "red"


class Shade(StrEnum):
    DARK = "dark"


class Level(IntEnum):
    HIGH = 3


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=5)
    | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_what_is_accepted_survives_json_and_is_accepted_again(value):
    try:
        cleaned = clean_json(value, name="value")
    except InvalidJobError:
        return
    loaded = json.loads(json.dumps(cleaned, allow_nan=False))

    assert loaded == cleaned
    assert clean_json(loaded, name="value") == cleaned


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        (True, True),
        ((1, (2.5,)), [1, [2.5]]),
        (OrderedDict(b=1, a=[]), {"b": 1, "a": []}),
        ("grün 🙂", "grün 🙂"),
        (MAX_INTEGER, 2**63 - 1),
        (MIN_INTEGER, -(2**63)),
        (Colour.RED, "red"),
        ({Colour.RED: Shade.DARK}, {"red": "dark"}),
        (Level.HIGH, 3),
    ],
)
def test_json_values_are_kept(value, stored):
    cleaned = clean_json(value, name="value")

    assert cleaned == stored
    assert json.dumps(cleaned) == json.dumps(stored)


@pytest.mark.parametrize("value", [Colour.RED, Shade.DARK, Level.HIGH])
def test_an_enum_member_is_kept_as_its_plain_value(value):
    assert type(clean_json(value, name="value")) in (str, int)


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        ({"a": {1, 2}}, "payload.a", "a set is not JSON"),
        ({"a": [0, b""]}, "payload.a[1]", "a bytes is not JSON"),
        ({"a": {"odd key": Decimal(1)}}, "payload.a['odd key']", "Decimal"),
        ({"items": [{}, {"n": 2**63}]}, "payload.items[1].n", "does not fit 64 bits"),
        ({"n": -(2**63) - 1}, "payload.n", "does not fit 64 bits"),
        ({"x": float("nan")}, "payload.x", "nan is not JSON"),
        ({"x": float("-inf")}, "payload.x", "-inf is not JSON"),
        ({"t": "a\0b"}, "payload.t", "contains NUL"),
        ({"t": "\ud800"}, "payload.t", "a lone surrogate"),
        ({"a": {1: 2}}, "payload.a", "has the key 1"),
        ({"a": {"\0": 2}}, "payload.a, key '\\x00'", "contains NUL"),
    ],
)
def test_what_a_database_could_not_store_is_refused_with_its_path(
    value, field, message
):
    with pytest.raises(InvalidJobError) as refused:
        clean_payload(value)

    assert refused.value.field == field
    assert message in str(refused.value)


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_a_payload_is_a_dict(value):
    with pytest.raises(InvalidJobError, match="must be a dict, not"):
        clean_payload(value)


def test_a_payload_is_copied_all_the_way_down():
    given_payload = {"items": [{"n": 1}]}
    cleaned = clean_payload(given_payload)
    given_payload["items"][0]["n"] = 2

    assert cleaned == {"items": [{"n": 1}]}


def test_nesting_is_accepted_up_to_the_limit():
    assert clean_json(nested(MAX_DEPTH), name="value") == nested(MAX_DEPTH)


def test_nesting_beyond_the_limit_is_refused_with_a_short_path():
    with pytest.raises(InvalidJobError, match="nested deeper than") as refused:
        clean_json(nested(MAX_DEPTH + 1), name="value")

    assert refused.value.field.endswith("…")


def test_nesting_under_a_short_path_is_refused_with_the_whole_path():
    value = {}
    for _ in range(MAX_DEPTH):
        value = {"": value}

    with pytest.raises(InvalidJobError, match="nested deeper than"):
        clean_json(value, name="v")


def test_a_value_that_contains_itself_is_refused():
    loop = []
    loop.append(loop)

    with pytest.raises(InvalidJobError, match="nested deeper than"):
        clean_json(loop, name="value")


@pytest.mark.parametrize("text", ["aaaa", "éé"])
def test_size_is_counted_in_bytes_of_utf8(text):
    assert clean_json(text, name="value", max_bytes=6) == text
    with pytest.raises(InvalidJobError, match="takes 6 bytes as JSON, more than the 5"):
        clean_json(text, name="value", max_bytes=5)


STORED = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(MIN_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(max_codepoint=31, min_codepoint=1), max_size=9)
    | st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(max_codepoint=31, min_codepoint=1), max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(STORED)
def test_the_bound_is_exact_whatever_the_value(value):
    """Small values are known to fit without being written."""
    size = len(json.dumps(value, ensure_ascii=False).encode())

    assert clean_json(value, name="value", max_bytes=size) == value
    with pytest.raises(InvalidJobError, match=r"takes (over )?[0-9]+ bytes"):
        clean_json(value, name="value", max_bytes=size - 1)


def repeated(value, depth):
    """Return 100 times the same, each 100 times the same: 100**depth values as JSON."""
    for _ in range(depth):
        value = [value] * 100
    return value


@pytest.mark.parametrize(
    "value",
    [
        repeated(1, 20),
        repeated("text", 20),
        repeated({"key": None}, 20),
        repeated({"k" * 10_000: None}, 20),
        {str(number): repeated(1, 10) for number in range(10)},
        [0] * 5_000_000,
        "x" * 50_000_000,
    ],
    ids=[
        "numbers",
        "texts",
        "dicts",
        "long keys",
        "in a dict",
        "a long list",
        "a long text",
    ],
)
@pytest.mark.slow
def test_what_is_too_large_is_refused_before_it_is_built(value):
    """Built, the repeated ones would take all memory, and the test its whole time."""
    with pytest.raises(InvalidJobError, match=r"takes over 400,000 bytes"):
        clean_json(value, name="value", max_bytes=100_000)


@pytest.mark.parametrize(
    ("text", "cleaned"), [("plain", "plain"), ("a\0b\ud800c", "a\ufffdb\ufffdc")]
)
def test_log_text_is_cleaned_and_never_refused(text, cleaned):
    assert clean_text(text) == cleaned
