"""Three reports to watch: one at once, one a little later, one that fails at first."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from pyjobkit_django import enqueue
from reports.executors import SalesReport
from reports.options import ReportOptions

#: How far ahead the second report is scheduled.
DELAY = timedelta(seconds=2)
#: How often the third one fails before it succeeds.
FAILURES = 2


@transaction.atomic
def enqueue_examples(*, month: str, country: str, pace_s: float = 0.0) -> list[UUID]:
    """Enqueue all three or, should one be refused, none; return their ids."""
    now = datetime.now(UTC)  # noqa: TID251 - "later" counts from the caller's clock
    return [
        _enqueue(ReportOptions(name="all-orders", pace_s=pace_s)),
        _enqueue(
            ReportOptions(name=f"month-{month}", month=month, pace_s=pace_s),
            scheduled_for=now + DELAY,
        ),
        _enqueue(
            ReportOptions(
                name=f"country-{country.lower()}",
                country=country,
                fail_times=FAILURES,
                pace_s=pace_s,
            ),
            retry_policy="fixed:0.5",
            max_attempts=FAILURES + 1,
        ),
    ]


def _enqueue(report: ReportOptions, **options: Any) -> UUID:
    return enqueue(SalesReport.kind, asdict(report), queue="reports", **options)
