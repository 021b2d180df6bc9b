"""The pages of one job: all of it, its log, and downloads of what is too long for a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _

from pyjobkit_django.admin.cloning import CloningAdmin
from pyjobkit_django.admin.confirming import SELECTED
from pyjobkit_django.admin.downloads import log_file, text_file
from pyjobkit_django.admin.job_context import brief_context, seen_of, whole_context
from pyjobkit_django.admin.job_page import PARTS, lines_of, value_of
from pyjobkit_django.admin.live_job import not_there
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models import Job, JobAttempt
from pyjobkit_django.monitor import log_pages
from pyjobkit_django.monitor.job_details import job_details
from pyjobkit_django.monitor.log_pages import Spot, log_page, log_tail
from pyjobkit_django.monitor.redaction import site_redactor
from pyjobkit_django.monitor.text import visible

#: How many lines of log a page keeps while they stream in.
MOST_LINES: Final = 5_000
_TRACEBACK: Final = "traceback-"
_DIGITS: Final = 9


class JobViewsAdmin(CloningAdmin):
    """Shows one job; its address is that of Django's change form, which is not there."""

    def job_urls(self) -> list[Any]:
        """Return the addresses of one job."""
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "change": ("change/", self.change_view),
            "live": ("live/", self.live_view),
            "clone": ("clone/", self.clone_view),
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
        job_id = self.viewed(request, object_id)
        details = job_details(job_id)
        if details is None:
            raise not_there(job_id)
        redactor = site_redactor()
        log = log_tail(job_id, count=log_pages.TAIL_LINES)
        context = {
            "title": visible(details.job.kind),
            **brief_context(details.job, redactor),
            **whole_context(details, redactor),
            "may_clone": self.may_clone(request, details.job),
            "may_view_workers": self.may(request, "view_workerrecord"),
            "operations": self.operations_on(request, details.job),
            "seen": seen_of(details.job),
            "lines": lines_of(log.lines, redactor),
            "cursor": log.end or "",
            "has_earlier_lines": log.has_earlier,
            "most_lines": MOST_LINES,
            "selected": SELECTED,
        }
        return self.page(request, "job.html", {**context, **(extra_context or {})})

    def log_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show one page of the job's log."""
        job_id = self.viewed(request, object_id)
        jobs = Job.objects.using(jobs_alias()).only("id", "kind", "status")
        job = jobs.filter(pk=job_id).first()
        if job is None:
            raise not_there(job_id)
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
        job_id = self.viewed(request, object_id)
        job = Job.objects.using(jobs_alias()).filter(pk=job_id).first()
        if job is None:
            raise not_there(job_id)
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


def _traceback(job_id: UUID, part: str) -> str:
    version = part.removeprefix(_TRACEBACK)
    if version.isascii() and version.isdigit() and len(version) <= _DIGITS:
        attempts = JobAttempt.objects.using(jobs_alias()).filter(
            job_id=job_id, version=int(version)
        )
        if attempt := attempts.first():
            return attempt.traceback
    raise Http404(_("A job has no such part."))
