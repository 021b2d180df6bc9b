"""Which runs the matrix is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.databases.entries import ZONE_VARIABLE


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the tests: on which Django and database, and what pytest is told.

    The coverage of the measured cells counts. Measuring takes a cell twice the time, and
    the others run a part of the same again, on another database or Django.
    """

    django: str
    database: str
    selection: tuple[str, ...]
    variant: str = ""
    measured: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """What ``--only`` and the report call this cell."""
        return "-".join(filter(None, [self.django, self.database, self.variant]))


#: These bring a database of their own, SQLite's.
_APART: Final = ("example", "management/test_pyjobkit_simulate.py")


def _without(*paths: str) -> tuple[str, ...]:
    return tuple(f"--ignore=tests/{path}" for path in paths)


#: Real worker processes: as slow as tests are, and they wait more than they compute.
_PROCESSES: Final = ("acceptance", "article", "faults")
_QUICK: Final = (
    *("-m", "not slow and not once and not plain"),
    *_without(*_APART, *_PROCESSES, "metrics/test_server.py", "browser"),
)
#: A browser is driven from a loop of its own, beside which no test can start another.
_BROWSER: Final = ("tests/browser",)
#: What is shipped and told is the same on every database: the wheel, the README, the docs.
_ONCE: Final = ("-m", "once", *_without("browser"))
#: What touches no database says the same on each, and on each Django.
_PLAIN: Final = ("-m", "plain and not once", *_without("browser"))
_ALL_STORED: Final = ("-m", "not once and not plain", *_without("browser"))
_STORED: Final = (*_ALL_STORED, *_without(*_APART))
_OF_PROCESSES: Final = (*_ALL_STORED, *(f"tests/{path}" for path in _PROCESSES))
_IN_ONE_PROCESS: Final = _without(*_PROCESSES)
#: Cases enough to see what differs from the database that is tried with the most.
_FEWER: Final = {"PYJOBKIT_TEST_EXAMPLES": "few"}
#: What is told of faults and traps is about PostgreSQL and SQLite.
_ALSO: Final = (*_STORED, *_without("faults", "traps", "metrics", "tracing"))

#: The longest stand first, so that the short ones fill the gaps.
CELLS: Final = (
    Cell("6.1", "postgresql", _OF_PROCESSES, variant="processes"),
    Cell("6.1", "mariadb", _ALSO, environment=_FEWER),
    Cell("6.1", "postgresql", (*_STORED, *_IN_ONE_PROCESS), measured=True),
    Cell("6.1", "sqlite", (*_ALL_STORED, *_IN_ONE_PROCESS), environment=_FEWER),
    Cell("6.1", "sqlite", _OF_PROCESSES, variant="processes"),
    Cell("6.1", "sqlite", _PLAIN, variant="plain", measured=True),
    Cell("6.1", "sqlite", _ONCE, variant="once"),
    Cell("6.1", "sqlite", _BROWSER, variant="browser"),
    Cell("5.2", "postgresql", _QUICK),
    # Development mode reports what nobody closed and what crossed threads.
    Cell("6.0", "sqlite", _QUICK, environment={"PYTHONDEVMODE": "1"}),
    Cell(
        "6.1",
        "mariadb",
        ("-m", "not plain", "tests/conformance"),
        variant="zone",
        environment={ZONE_VARIABLE: "+05:00"},
    ),
)
