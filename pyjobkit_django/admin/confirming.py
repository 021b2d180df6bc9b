"""The way of an operation: chosen on the list or a job's page, confirmed, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pyjobkit_django.admin.carrying_out import (
    Report,
    carry_out,
    refusal,
    selected_jobs,
    why_not,
)
from pyjobkit_django.admin.columns import badge
from pyjobkit_django.admin.filters import NAMES
from pyjobkit_django.admin.operations import OPERATIONS, Operation
from pyjobkit_django.admin.read_only import ReadOnlyAdmin
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.text import visible

SELECTED: Final = "_selected_action"
#: The most jobs that one request moves, and the most refusals that it tells of.
MAX_SELECTED: Final = 1_000
MAX_TOLD: Final = 20


def operation_named(name: str) -> Operation:
    """Return the operation of an address; Http404 where there is none."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Http404(_("There is no such operation."))
    return operation


class ConfirmingAdmin(ReadOnlyAdmin):
    """Leads every operation over a page that asks, by POST and with a token."""

    def operation_urls(self) -> list[Any]:
        """Return the addresses of the operations."""
        view = self.admin_site.admin_view(self.operation_view)
        name = "pyjobkit_django_job_operation"
        return [path("operation/<slug:name>/", view, name=name)]

    def operation_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask whether jobs are to be moved, or move them where that was confirmed."""
        operation = operation_named(name)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return self.confirmed(request, operation)

    def confirmed(self, request: HttpRequest, operation: Operation) -> HttpResponse:
        """Carry the operation out on the selected jobs, or ask for a confirmation."""
        if not self.may_do(request, operation):
            raise PermissionDenied
        back = self._way_back(request)
        job_ids = self._selected(request)
        if not job_ids:
            return HttpResponseRedirect(back)
        if "confirmed" not in request.POST:
            return self._asked(request, operation, job_ids, back)
        report = carry_out(operation, job_ids, user_id=request.user.pk)
        self._tell(request, operation, report)
        gone = operation.is_deletion and report.moved
        return HttpResponseRedirect(self.list_address(request) if gone else back)

    def may_do(self, request: HttpRequest, operation: Operation) -> bool:
        """Tell whether the user sees jobs and has the right to this operation."""
        return self.has_view_permission(request) and self.may(
            request, operation.permission
        )

    def _selected(self, request: HttpRequest) -> Sequence[UUID]:
        texts = request.POST.getlist(SELECTED)
        ids = {job_id for text in texts if (job_id := parsed_id(text))}
        if len(ids) > MAX_SELECTED:
            told = _("Select at most %(limit)d jobs at a time; nothing was changed.")
            messages.error(request, told % {"limit": MAX_SELECTED})
            return ()
        if not ids:
            messages.warning(request, _("No job was selected; nothing was changed."))
        return sorted(ids, reverse=True)

    def _asked(
        self,
        request: HttpRequest,
        operation: Operation,
        job_ids: Sequence[UUID],
        back: str,
    ) -> HttpResponse:
        jobs = selected_jobs(job_ids)
        moved = [job for job in jobs if operation.moves(job)]
        if not moved:
            known = {job.pk: job for job in jobs}
            refused = [
                refusal(operation, job_id, known.get(job_id)) for job_id in job_ids
            ]
            self._tell(request, operation, Report(refused=refused))
            return HttpResponseRedirect(back)
        context = {
            "title": operation.question % {"count": len(moved)},
            "operation": operation,
            "answer": operation.answer % {"count": len(moved)},
            "moved": [(job, visible(job.kind), badge(job)) for job in moved],
            "left": [
                (job, visible(job.kind), why_not(operation, job))
                for job in jobs
                if not operation.moves(job)
            ],
            "back": back,
            "origin": {name: request.POST.get(name, "") for name in _ORIGIN},
            "selected": SELECTED,
        }
        return self.page(request, "confirmation.html", context)

    def _way_back(self, request: HttpRequest) -> str:
        job_id = parsed_id(request.POST.get("page", ""))
        if job_id is None:
            return self.list_address(request)
        return self.address("job_change", job_id)

    def list_address(self, request: HttpRequest) -> str:
        """Return where the list is, as it was when the operation was chosen."""
        # Put together anew: what a form sends must not lead elsewhere.
        sent = QueryDict(request.POST.get("filters", ""))
        kept = QueryDict(mutable=True)
        for name in (*NAMES, "q", "before", "after", "below"):
            if sent.get(name):
                kept[name] = sent[name]
        address = self.address("job_changelist")
        return f"{address}?{kept.urlencode()}" if kept else address

    def _tell(self, request: HttpRequest, operation: Operation, report: Report) -> None:
        if report.moved:
            told = operation.done % {"count": len(report.moved)}
            messages.success(request, told)
        for sentence in report.refused[:MAX_TOLD]:
            messages.warning(request, sentence)
        if (more := len(report.refused) - MAX_TOLD) > 0:
            told = ngettext(
                "… and %(count)d more job that could not be moved.",
                "… and %(count)d more jobs that could not be moved.",
                more,
            )
            messages.warning(request, told % {"count": more})


#: Where an operation was chosen: the filters of the list, and the page of a job.
_ORIGIN: Final = ("filters", "page")
