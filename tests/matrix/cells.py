"""Which runs the matrix is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.databases.entries import ZONE_VARIABLE

#: Every test, but for those that one cell runs for all.
FULL: Final = ("-m", "not once")
_QUICK: Final = ("-m", "not once and not slow")
#: What is shipped and told: the wheel, the README, the docs.
_ONCE: Final = ("-m", "once")


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the tests: on which Django, on which database, and which of them."""

    django: str
    database: str
    variant: str = ""
    pytest: tuple[str, ...] = FULL
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_full(self) -> bool:
        """Whether it runs every test that is about the database."""
        return self.pytest == FULL

    @property
    def name(self) -> str:
        """What ``--only`` and the report call this cell."""
        return "-".join(filter(None, [self.django, self.database, self.variant]))


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
