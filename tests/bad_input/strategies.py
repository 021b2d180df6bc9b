"""Values as code, forms and shells may send them, and worse."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: How many cases a property is tried with: ``few`` and ``quick`` in ``make test``, the same each time.
EXAMPLES = {"few": 8, "quick": 25, "thorough": 1_000}
PROFILE = os.environ.get("PYJOBKIT_TEST_EXAMPLES", "quick")

#: For properties over a database, or whatever takes milliseconds.
tried = settings(
    max_examples=EXAMPLES[PROFILE],
    derandomize=PROFILE != "thorough",
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
#: For properties that take microseconds.
tried_often = settings(tried, max_examples=4 * EXAMPLES[PROFILE])


class Rude:
    """Raises at whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __len__(self) -> int:
        raise RuntimeError("no length")


class Wordy:
    """Has a repr of many lines and pages."""

    def __repr__(self) -> str:
        return "line\n" * 20_000


any_text = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(
    [
        *("", " ", "\x00", "\ud800", "\n", "default", "k" * 129, "../../etc/passwd"),
        *("' OR 1=1 --", "<script>", "%s", "{0}", "%(value)s", "null", "-1"),
        *("NaN", "1e400", "9" * 400, "٣", "²", "1_000", "x" * 300, "true", "[]"),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([-0.0, 5e-324, 1.7e308, 0, 1, -1])
    | st.floats()
    | any_text
    | st.binary(max_size=4)
    | st.complex_numbers()
)
oddities = st.sampled_from(
    [
        *(date(2026, 1, 1), datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=UTC)),  # noqa: DTZ001 - a zone is what it lacks
        *(datetime(9999, 12, 31, 23, 59, tzinfo=UTC), timedelta(days=999_999_999)),
        *(Decimal("sNaN"), Decimal(1), UUID(int=0), {1, 2}, frozenset(), range(3)),
        *(object, object(), len, Ellipsis, NotImplemented, ValueError("x")),
    ]
)
#: Made anew each time, as Hypothesis shows what stands in a list.
monsters = st.sampled_from(["Rude", "Wordy", "huge"]).map(
    lambda name: {"Rude": Rude, "Wordy": Wordy, "huge": lambda: 10**5_000}[name]()
)
anything = st.recursive(
    scalars | oddities | monsters,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(any_text | st.integers(), inner, max_size=4)
    ),
    max_leaves=10,
)


def one_sentence(told: Any) -> bool:
    """Tell whether an error is something that a person can read."""
    text = str(told)
    return bool(text.strip()) and text.isprintable() and len(text) <= 600
