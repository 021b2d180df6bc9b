"""What the list of jobs asks for while somebody looks at it, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from pyjobkit_django.admin.columns import selection_cell
from pyjobkit_django.admin.confirming import ConfirmingAdmin
from pyjobkit_django.admin.filters import leave_out_choices
from pyjobkit_django.admin.formats import number
from pyjobkit_django.monitor.counts import Count, status_counts
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.job_pages import listed_jobs, parsed_id

#: When the list asks again, in milliseconds.
PAUSE_MS: Final = 2_000
#: The most jobs that the page keeps though they have left the list; what an address holds.
MAX_KEPT: Final = 60

_OURS: Final = ("kept", "counts")
_BOX: Final = "action_checkbox"


class LiveListAdmin(ConfirmingAdmin):
    """Tells what became of the jobs of a list since it was last told."""

    def live_list_urls(self) -> list[Any]:
        """Return the address; it is asked as the list is, and for ``kept`` jobs."""
        view = self.admin_site.admin_view(self.live_list_view)
        return [path("live/", view, name="pyjobkit_django_job_live_list")]

    def live_list_view(self, request: HttpRequest) -> HttpResponse:
        """Return the rows of the list as it is now, of what is kept, and the pager."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        leave_out_choices(request)
        try:
            changelist: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return JsonResponse({}, status=400)
        changelist.preserved_filters = _preserved(request)
        here = [str(job.pk) for job in changelist.result_list]
        changelist.result_list = [*changelist.result_list, *_kept(request, here)]
        told: dict[str, Any] = {
            "pause_ms": PAUSE_MS,
            "here": here,
            "rows": {
                str(job.pk): self._row(job, changelist)
                for job in changelist.result_list
            },
            "pager": render_to_string(
                "admin/pyjobkit_django/job/pager.html", {"cl": changelist}, request
            ),
        }
        if "counts" in request.GET:
            told["counts"] = _counts(changelist.wanted)
        return JsonResponse(told)

    def _row(self, job: Any, changelist: Any) -> str:
        # As Django's own tag writes it, in a fifth of the time; a test compares both.
        names = [name for name in changelist.list_display if name != _BOX]
        filters = changelist.preserved_filters
        link = format_html(
            '<th class="field-{}"><a href="{}{}">{}</a></th>',
            names[0],
            self.address("job_change", job.pk),
            f"?{filters}" if filters else "",
            getattr(self, names[0])(job),
        )
        cells = format_html_join(
            "",
            '<td class="field-{}">{}</td>',
            ((name, getattr(self, name)(job)) for name in names[1:]),
        )
        if len(names) == len(changelist.list_display):
            return link + cells
        return selection_cell(job) + link + cells


def _preserved(request: HttpRequest) -> str:
    # The same links as on the list: only what the list itself was asked for.
    asked = request.GET.copy()
    for name in _OURS:
        asked.pop(name, None)
    return urlencode({"_changelist_filters": asked.urlencode()}) if asked else ""


def _kept(request: HttpRequest, here: list[str]) -> list[Any]:
    texts = request.GET.get("kept", "").split(",")[:MAX_KEPT]
    ids = {job_id for text in texts if (job_id := parsed_id(text))}
    return listed_jobs([job_id for job_id in ids if str(job_id) not in here])


def _counts(wanted: JobFilter) -> Mapping[str, str]:
    counts = status_counts(wanted)
    return {status.value: _count_text(count) for status, count in counts.items()}


def _count_text(count: Count) -> str:
    return f"{number(count.number)}+" if count.or_more else number(count.number)
