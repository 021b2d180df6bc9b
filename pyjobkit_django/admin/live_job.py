"""What a job's page asks for while somebody looks at it, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from pyjobkit_django.admin.confirming import ConfirmingAdmin
from pyjobkit_django.admin.formats import status_label
from pyjobkit_django.admin.job_context import brief_context, seen_of, whole_context
from pyjobkit_django.admin.job_page import lines_of
from pyjobkit_django.admin.operations import OPERATIONS, Operation
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.monitor.job_details import job_details, job_in_brief
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.log_pages import Spot, log_page
from pyjobkit_django.monitor.redaction import site_redactor

#: The regions of the page that are sent each time, and those that follow a move.
BRIEF: Final = ("badge", "progress", "progress-parts", "timeline")
WHOLE: Final = ("why", "operations", "facts", "parts", "attempts")
#: When the page asks again, in milliseconds: while it runs, waits, has ended.
RUNNING_MS, WAITING_MS, ENDED_MS = 1_000, 2_000, 10_000


class LiveJobAdmin(ConfirmingAdmin):
    """Tells what became of a job since its page was last told."""

    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the regions that may have changed, and the lines written since."""
        job_id = self.viewed(request, object_id)
        job = job_in_brief(job_id)
        if job is None:
            raise not_there(job_id)
        request.current_app = self.admin_site.name
        seen = seen_of(job)
        told = {
            "seen": seen,
            "status": job.status,
            "label": status_label(job.status),
            "ended": job.status in FINAL,
            "pause_ms": _pause_ms(job),
            "regions": dict(self._regions(request, job, request.GET.get("seen"))),
        }
        if "from" in request.GET:
            told["log"] = _log(request, job_id)
        return JsonResponse(told)

    def operations_on(self, request: HttpRequest, job: Any) -> list[Operation]:
        """Return the operations that the user may do to this job as it stands."""
        return [
            operation
            for operation in OPERATIONS.values()
            if operation.moves(job) and self.may_do(request, operation)
        ]

    def viewed(self, request: HttpRequest, object_id: str) -> UUID:
        """Return the id of the job that is asked for, by somebody who may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        job_id = parsed_id(object_id)
        if job_id is None:
            raise not_there(object_id)
        return job_id

    def _regions(
        self, request: HttpRequest, job: Any, seen: str | None
    ) -> Iterator[tuple[str, str]]:
        redactor = site_redactor()
        brief = brief_context(job, redactor)
        for name in BRIEF:
            yield name, _rendered(name, brief, request)
        if seen == seen_of(job):
            return
        details = job_details(job.pk)
        if details is None:
            raise not_there(job.pk)
        whole = {
            **whole_context(details, redactor),
            "job": details.job,
            "may_view_workers": self.may(request, "view_workerrecord"),
            "operations": self.operations_on(request, details.job),
        }
        for name in WHOLE:
            yield name, _rendered(name, whole, request)


def not_there(job_id: object) -> Http404:
    """Return the error that there is no such job."""
    return Http404(_("There is no job %(id)s.") % {"id": str(job_id)[:60]})


def _pause_ms(job: Any) -> int:
    if job.status == JobStatus.RUNNING:
        return RUNNING_MS
    return ENDED_MS if job.status in FINAL else WAITING_MS


def _log(request: HttpRequest, job_id: UUID) -> Mapping[str, Any]:
    page = log_page(job_id, Spot.parse(request.GET["from"]))
    lines = lines_of(page.lines, site_redactor())
    return {
        "lines": _rendered("lines", {"lines": lines}, request) if lines else "",
        "cursor": str(page.end or ""),
        "more": page.following is not None,
    }


def _rendered(region: str, context: Mapping[str, Any], request: HttpRequest) -> str:
    name = f"admin/pyjobkit_django/job/regions/{region}.html"
    return render_to_string(name, dict(context), request)
