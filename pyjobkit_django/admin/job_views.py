"""The pages of one job: all of it, its log, and downloads of what is too long for a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _

from pyjobkit_django.admin.columns import badge, progress_bar
from pyjobkit_django.admin.confirming import SELECTED, ConfirmingAdmin
from pyjobkit_django.admin.downloads import log_file, text_file
from pyjobkit_django.admin.job_page import (
    PARTS,
    attempts_of,
    facts_of,
    lines_of,
    parts_of,
    timeline_of,
    value_of,
)
from pyjobkit_django.admin.operations import OPERATIONS
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models import Job, JobAttempt
from pyjobkit_django.monitor.job_details import MAX_ATTEMPTS, MAX_CHILDREN, job_details
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.log_pages import Spot, log_page
from pyjobkit_django.monitor.redaction import site_redactor
from pyjobkit_django.monitor.text import visible

_TRACEBACK: Final = "traceback-"
_DIGITS: Final = 9


class JobViewsAdmin(ConfirmingAdmin):
    """Shows one job; its address is that of Django's change form, which is not there."""

    def job_urls(self) -> list[Any]:
        """Return the addresses of one job."""
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "change": ("change/", self.change_view),
            "log": ("log/", self.log_view),
            "download": ("download/<slug:part>/", self.download_view),
            "history": ("history/", self.history_view),
        }
        return [
            path(
                f"<slug:object_id>/{route}",
                self.admin_site.admin_view(view),
                name=f"pyjobkit_django_job_{name}",
            )
            for name, (route, view) in views.items()
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show the job."""
        job_id = self._viewed(request, object_id)
        details = job_details(job_id)
        if details is None:
            raise _not_there(job_id)
        redactor = site_redactor()
        job = details.job
        context = {
            "title": visible(job.kind),
            "job": job,
            "badge": badge(job),
            "progress": progress_bar(job),
            "facts": list(facts_of(details)),
            "timeline": list(timeline_of(details)),
            "parts": parts_of(job, redactor),
            "attempts": attempts_of(details, redactor),
            "more_attempts": details.has_more_attempts and MAX_ATTEMPTS,
            "parent": _relative(details.parent),
            "children": [_relative(child) for child in details.children],
            "more_children": len(details.children) == MAX_CHILDREN,
            "lines": lines_of(details.log.lines, redactor),
            "has_earlier_lines": details.log.has_earlier,
            "operations": [
                operation
                for operation in OPERATIONS.values()
                if operation.moves(job) and self.may_do(request, operation)
            ],
            "selected": SELECTED,
        }
        return self.page(request, "job.html", {**context, **(extra_context or {})})

    def log_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show one page of the job's log."""
        job_id = self._viewed(request, object_id)
        jobs = Job.objects.using(jobs_alias()).only("id", "kind", "status")
        job = jobs.filter(pk=job_id).first()
        if job is None:
            raise _not_there(job_id)
        page = log_page(job_id, Spot.parse(request.GET.get("from", "")))
        context = {
            "title": _("Log of %(kind)s") % {"kind": visible(job.kind)},
            "job": job,
            "kind": visible(job.kind),
            "lines": lines_of(page.lines, site_redactor()),
            "following": page.following,
            "has_earlier_lines": page.has_earlier,
        }
        return self.page(request, "log.html", context)

    def download_view(
        self, request: HttpRequest, object_id: str, part: str
    ) -> HttpResponseBase:
        """Send a part of the job as a file, with its secrets masked like on the page."""
        job_id = self._viewed(request, object_id)
        job = Job.objects.using(jobs_alias()).filter(pk=job_id).first()
        if job is None:
            raise _not_there(job_id)
        redactor = site_redactor()
        if part == "log":
            return log_file(request, job_id, redactor)
        if part.startswith(_TRACEBACK):
            text = visible(redactor.text(_traceback(job_id, part)))
            return text_file(f"job-{job_id}-{part}.txt", text)
        if part not in PARTS:
            raise Http404(_("A job has no such part."))
        # Escaped to ASCII: nothing in the file can act on who opens it.
        text = json.dumps(value_of(job, part, redactor), indent=2)
        return text_file(f"job-{job_id}-{part}.json", text)

    def _viewed(self, request: HttpRequest, object_id: str) -> UUID:
        if not self.has_view_permission(request):
            raise PermissionDenied
        job_id = parsed_id(object_id)
        if job_id is None:
            raise _not_there(object_id)
        return job_id


def _not_there(job_id: object) -> Http404:
    return Http404(_("There is no job %(id)s.") % {"id": str(job_id)[:60]})


def _relative(job: Any) -> tuple[UUID, str, Any] | None:
    return None if job is None else (job.pk, visible(job.kind), badge(job))


def _traceback(job_id: UUID, part: str) -> str:
    version = part.removeprefix(_TRACEBACK)
    if version.isascii() and version.isdigit() and len(version) <= _DIGITS:
        attempts = JobAttempt.objects.using(jobs_alias()).filter(
            job_id=job_id, version=int(version)
        )
        if attempt := attempts.first():
            return attempt.traceback
    raise Http404(_("A job has no such part."))
