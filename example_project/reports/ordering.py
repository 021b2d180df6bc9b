"""Ordering a report: the order and its job are stored together, and once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction

from pyjobkit_django import enqueue
from reports.executors import SalesReport
from reports.models import ReportOrder
from reports.notices import receiver_url
from reports.options import ReportOptions

#: How often a report fails whose export comes late, and how it is tried again.
LATE_FAILURES = 2
MAX_ATTEMPTS = LATE_FAILURES + 1
RETRY_POLICY = "fixed:2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a visitor wants; an empty month or country means all of them."""

    name: str
    month: str = ""
    country: str = ""
    pace_s: float = 0.0
    late: bool = False
    notify: bool = False


@transaction.atomic
def place_order(wish: Wish, *, visitor: UUID, ticket: UUID) -> ReportOrder:
    """Return the order of a wish; stored with its job, or neither is.

    ``ticket`` is the form's own: sent twice with the same answers, as a double click
    does, it is one order and one job. Other answers are another order.
    """
    order = ReportOrder(
        visitor=visitor, name=wish.name, month=wish.month, country=wish.country
    )
    order.job_id = enqueue(
        SalesReport.kind,
        asdict(_options(order, wish)),
        queue="reports",
        max_attempts=MAX_ATTEMPTS,
        retry_policy=RETRY_POLICY,
        idempotency_key=_key(wish, visitor, ticket),
        webhooks=_webhooks() if wish.notify else None,
    )
    # A key that is held gives the job that holds it, and that job has its order.
    if placed := ReportOrder.objects.filter(job_id=order.job_id).first():
        return placed
    order.save(force_insert=True)
    return order


def _options(order: ReportOrder, wish: Wish) -> ReportOptions:
    return ReportOptions(
        name=order.report_name,
        month=wish.month or None,
        country=wish.country or None,
        fail_times=LATE_FAILURES if wish.late else 0,
        pace_s=wish.pace_s,
    )


def _key(wish: Wish, visitor: UUID, ticket: UUID) -> str:
    answers = json.dumps(asdict(wish), sort_keys=True)
    digest = hashlib.sha256(answers.encode()).hexdigest()
    return f"report-order:{visitor}:{ticket}:{digest}"


def _webhooks() -> dict[str, str]:
    url = receiver_url()
    return {"complete": url, "fail": url, "timeout": url}
