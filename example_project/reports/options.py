"""What a report may be asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from reports.sales import OrderFilter

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
COUNTRY = re.compile(r"[A-Z]{2}")
#: Becomes a file name, so nothing that could lead elsewhere.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """The payload of a ``reports.sales`` job.

    ``fail_times`` and ``pace_s`` are there to be watched: so many attempts fail, and
    each chunk takes so many seconds longer.
    """

    name: str
    month: str | None = None
    country: str | None = None
    fail_times: int = 0
    pace_s: float = 0.0

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Return the options; ValueError says what is wrong with which."""
        if unknown := sorted(set(payload).difference(cls.__dataclass_fields__)):
            raise ValueError(
                f"{unknown[0]}: is not an option; "
                f"there are {', '.join(cls.__dataclass_fields__)}"
            )
        if "name" not in payload:
            raise ValueError("name: is missing")
        return cls(**payload)

    def __post_init__(self) -> None:
        """Check every option."""
        _match("name", self.name, NAME, "lower-case letters, digits and dashes")
        if self.month is not None:
            _match("month", self.month, MONTH, "a month such as 2026-03")
        if self.country is not None:
            _match("country", self.country, COUNTRY, "two capital letters such as DE")
        if type(self.fail_times) is not int or self.fail_times < 0:
            _refuse("fail_times", self.fail_times, "a whole number, 0 or more")
        if type(self.pace_s) not in (int, float) or not 0 <= self.pace_s < math.inf:
            _refuse("pace_s", self.pace_s, "a number of seconds, 0 or more")

    @property
    def only(self) -> OrderFilter:
        """The orders that the report is about."""
        return OrderFilter(month=self.month, country=self.country)


def _match(option: str, value: object, pattern: re.Pattern[str], meaning: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse(option, value, meaning)


def _refuse(option: str, value: object, meaning: str) -> None:
    raise ValueError(f"{option}: must be {meaning}, not {value!r}")
