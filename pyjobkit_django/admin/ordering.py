"""Asks whether an operation is to be done to all jobs of a search, and orders it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import path
from django.utils.translation import gettext as _

from pyjobkit_django.admin.confirming import ConfirmingAdmin, operation_named
from pyjobkit_django.admin.filters import NAMES
from pyjobkit_django.admin.formats import number, status_label
from pyjobkit_django.admin.operations import Operation
from pyjobkit_django.admin.order_executor import KIND
from pyjobkit_django.admin.orders import MAX_AGE_S, Order, OrderError
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.ids import first_job_id_at
from pyjobkit_django.jobs import DEFAULT_QUEUE
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.counts import status_counts
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.text import visible
from pyjobkit_django.shortcuts import enqueue


class OrderingAdmin(ConfirmingAdmin):
    """Leads an operation on a whole search over a page that counts, to a job that does it."""

    def order_urls(self) -> list[Any]:
        """Return the addresses of the operations on all jobs of a search."""
        view = self.admin_site.admin_view(self.order_view)
        name = "pyjobkit_django_job_order"
        return [path("operation/<slug:name>/all/", view, name=name)]

    def order_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Count what would be moved; on a signed order, have it moved."""
        operation = operation_named(name)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_do(request, operation):
            raise PermissionDenied
        signed = request.POST.get("order")
        if signed is None:
            return self._asked_about_all(request, operation)
        return self._ordered(request, operation, signed)

    def _asked_about_all(
        self, request: HttpRequest, operation: Operation
    ) -> HttpResponse:
        sent = QueryDict(request.POST.get("filters", ""))
        filters = {name: sent[name] for name in NAMES if sent.get(name)}
        wanted, faults = JobFilter.read(filters)
        newest = Job.objects.using(jobs_alias()).order_by("-pk").values_list("pk")[:1]
        if faults or sent.get("q") or not newest:
            told = _("This search cannot be taken as a whole; nothing was changed.")
            return self._back(request, told)
        order = Order(
            operation=operation.name,
            filters=filters,
            newest=str(newest[0][0]),
            oldest=_oldest(wanted),
            user=str(request.user.pk),
        )
        counts = status_counts(wanted)
        found = {
            status: counts[status]
            for status in sorted(order.jobs.sources)
            if counts[status].number or counts[status].or_more
        }
        if not found:
            return self._back(request, _("No job of this search can be moved so."))
        context = {
            "title": _("%(label)s all jobs of this search?")
            % {"label": operation.label},
            "operation": operation,
            "filters": [(name, visible(text)) for name, text in filters.items()],
            "counts": [
                (status_label(status), number(count.number), count.or_more)
                for status, count in found.items()
            ],
            "order": order.signed(),
            "sent": request.POST.get("filters", ""),
            "back": self.list_address(request),
        }
        return self.page(request, "order.html", context)

    def _ordered(
        self, request: HttpRequest, operation: Operation, signed: str
    ) -> HttpResponse:
        try:
            order = Order.read(signed, max_age=MAX_AGE_S)
        except OrderError:
            order = None
        is_theirs = order is not None and (order.operation, order.user) == (
            operation.name,
            str(request.user.pk),
        )
        if order is None or not is_theirs:
            return self._back(request, _("That page is too old; nothing was changed."))
        job_id = _stored(order, request.user.pk)
        messages.success(request, _("A job does that now; this is its page."))
        return HttpResponseRedirect(self.address("job_change", job_id))

    def _back(self, request: HttpRequest, told: str) -> HttpResponse:
        messages.warning(request, told)
        return HttpResponseRedirect(self.list_address(request))


def _oldest(wanted: JobFilter) -> str:
    if wanted.made is None:
        return ""
    return str(first_job_id_at(time.time() - wanted.made.total_seconds()))


def _stored(order: Order, user_id: Any) -> Any:
    filters: Mapping[str, str] = dict(order.filters)
    payload = {
        "operation": order.operation,
        "filters": filters,
        "order": order.signed(),
    }
    queues = current().queues
    queue = DEFAULT_QUEUE if DEFAULT_QUEUE in queues else queues[0]
    with transaction.atomic(using=jobs_alias()):
        job_id = enqueue(KIND, payload, queue=queue, priority=0)
        job = Job(pk=job_id, kind=KIND)
        # Kept untranslated, as Django keeps its own: others read it than who acts.
        told = f"Ordered for all jobs of a search. {order}"
        LogEntry.objects.log_actions(user_id, [job], ADDITION, told)
    return job_id
