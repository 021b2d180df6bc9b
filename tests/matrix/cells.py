"""Which runs the matrix is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.databases.entries import ZONE_VARIABLE


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the tests: on which Django, on which database, and which of them."""

    django: str
    database: str
    variant: str = ""
    pytest: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """What ``--only`` and the report call this cell."""
        return "-".join(filter(None, [self.django, self.database, self.variant]))

    @property
    def is_measured(self) -> bool:
        """Whether its coverage counts: the other cells run a part of the same again."""
        return not self.pytest

    @property
    def selection(self) -> tuple[str, ...]:
        """What pytest is told: ``pytest``, or every test that more cells than one run."""
        return self.pytest or _OTHERS


#: What imports no Django need not be tried on each.
_TOOLKIT: Final = ("executors/http", "executors/ssh", "executors/subprocess", "worker")
_QUICK: Final = (
    *("-m", "not slow and not once"),
    *(f"--ignore=tests/{folder}" for folder in _TOOLKIT),
)
#: What is shipped and told is the same on every database: the wheel, the README, the docs.
_ONCE: Final = ("-m", "once")
_OTHERS: Final = ("-m", "not once")

#: The longest stand first, so that the short ones fill the gaps.
CELLS: Final = (
    Cell("6.1", "mariadb"),
    Cell("6.1", "postgresql"),
    # Development mode reports what nobody closed and what crossed threads.
    Cell("6.1", "sqlite", environment={"PYTHONDEVMODE": "1"}),
    Cell(
        "6.1",
        "mariadb",
        variant="zone",
        pytest=("tests/conformance",),
        environment={ZONE_VARIABLE: "+05:00"},
    ),
    Cell("6.1", "sqlite", variant="once", pytest=_ONCE),
    Cell("6.0", "postgresql", pytest=_QUICK),
    Cell("6.0", "sqlite", pytest=_QUICK),
    Cell("5.2", "postgresql", pytest=_QUICK),
    Cell("5.2", "sqlite", pytest=_QUICK),
)
