"""The dashboard in the admin: whether work flows, on one page that keeps itself up to date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext as _

from pyjobkit_django.admin.dashboard_charts import charts_of
from pyjobkit_django.admin.dashboard_parts import (
    failure_lines,
    kind_lines,
    number_tables,
    queue_lines,
    tiles,
    worker_lines,
)
from pyjobkit_django.admin.dashboard_words import RANGE_LABELS, words
from pyjobkit_django.admin.formats import number
from pyjobkit_django.admin.read_only import ReadOnlyAdmin
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models.clock import database_now
from pyjobkit_django.monitor.backlog import CAP, backlog
from pyjobkit_django.monitor.failures import LOOK, recent_failures
from pyjobkit_django.monitor.figures import RANGES, Range, overview
from pyjobkit_django.monitor.workers import living_workers

FOLDER: Final = "admin/pyjobkit_django/dashboard"
#: The parts of the page that are replaced as time goes by.
PARTS: Final = ("tiles", "numbers", "queues", "kinds", "workers", "failures")


class DashboardAdmin(ReadOnlyAdmin):
    """One page, and the same as JSON for the script that refreshes it."""

    @property
    def media(self) -> forms.Media:
        """Return what the page loads: a chart library and what drives it."""
        ours = "pyjobkit_django"
        return forms.Media(
            css={
                "all": [
                    f"{ours}/uplot/uPlot.min.css",
                    f"{ours}/dashboard.css",
                ]
            },
            js=[
                f"{ours}/uplot/uPlot.iife.min.js",
                f"{ours}/dashboard-charts.js",
                f"{ours}/dashboard.js",
            ],
        )

    def get_urls(self) -> list[Any]:
        """Return the addresses of the page and of its numbers."""
        page = self.admin_site.admin_view(self.changelist_view)
        data = self.admin_site.admin_view(self.data_view)
        return [
            path("", page, name="pyjobkit_django_dashboard_changelist"),
            path("data/", data, name="pyjobkit_django_dashboard_data"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may view jobs."""
        return self.may(request, "view_job")

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Show the page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = _range_of(request)
        numbers = self._numbers(request, wanted)
        context = {
            "title": _("Dashboard"),
            "range": wanted.name,
            "has_table": "table" in request.GET,
            "ranges": [(name, RANGE_LABELS[name]) for name in RANGES],
            "data": numbers,
            "words": words(),
            "sees_workers": self.may(request, "view_workerrecord"),
            "data_url": self.address("dashboard_data"),
            **numbers["parts"],
        }
        return self.page(request, "dashboard.html", context)

    def data_view(self, request: HttpRequest) -> HttpResponse:
        """Return the numbers of the page, and its parts ready to be put in."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        # The admin's own wrapper has it never cached.
        return JsonResponse(self._numbers(request, _range_of(request)))

    def _numbers(self, request: HttpRequest, wanted: Range) -> dict[str, Any]:
        # The links in the parts are those of the site that this page is on.
        request.current_app = self.admin_site.name
        now = database_now(jobs_alias())
        found = overview(wanted, now)
        waiting = backlog()
        sees_workers = self.may(request, "view_workerrecord")
        workers = living_workers() if sees_workers else None
        context = {
            "now": now,
            "found": found,
            "tiles": tiles(found, waiting, workers),
            "range": wanted.name,
            "tables": number_tables(found) if "table" in request.GET else None,
            "queues": queue_lines(waiting),
            "kinds": kind_lines(found),
            "workers": workers and worker_lines(workers),
            "sees_workers": sees_workers,
            "failures": failure_lines(recent_failures(), now),
            "cap": number(CAP),
            "look": number(LOOK),
        }
        return {
            "range": wanted.name,
            "charts": charts_of(found),
            "parts": {name: _rendered(name, context, request) for name in PARTS},
        }


def _rendered(name: str, context: Mapping[str, Any], request: HttpRequest) -> str:
    return render_to_string(f"{FOLDER}/{name}.html", dict(context), request)


def _range_of(request: HttpRequest) -> Range:
    return RANGES.get(request.GET.get("range", ""), RANGES["1h"])
