"""Jobs in the admin: the list, the pages of one, and what may be done to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.admin import columns
from pyjobkit_django.admin.confirming import SELECTED
from pyjobkit_django.admin.filters import FILTERS
from pyjobkit_django.admin.job_list import JobChangeList
from pyjobkit_django.admin.job_views import JobViewsAdmin
from pyjobkit_django.admin.live_list import LiveListAdmin
from pyjobkit_django.admin.operations import (
    CANCEL,
    DELETE,
    REQUEUE,
    RUN_NOW,
)
from pyjobkit_django.admin.ordering import OrderingAdmin
from pyjobkit_django.admin.pruning import PruningAdmin
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.text import visible


class JobAdmin(JobViewsAdmin, LiveListAdmin, OrderingAdmin, PruningAdmin):
    """The list of jobs, the newest first, with the operations that a user may do."""

    list_display = ("job", "state", "in_queue", "done", "tries", "age", "duration")
    list_display_links = ("job",)
    list_filter = FILTERS
    list_per_page = 100
    search_fields = ("id",)
    search_help_text = _(
        "An id, a key or a kind, in full. Keys and ids are found however old the job is."
    )
    actions = ("cancel_selected", "requeue_selected", "run_selected", "delete_selected")
    actions_selection_counter = True
    change_list_template = "admin/pyjobkit_django/job/list.html"

    def get_urls(self) -> list[Any]:
        """Return our own addresses: nothing here adds or edits."""
        list_view = self.admin_site.admin_view(self.changelist_view)
        return [
            path("", list_view, name="pyjobkit_django_job_changelist"),
            *self.live_list_urls(),
            *self.prune_urls(),
            *self.order_urls(),
            *self.operation_urls(),
            *self.job_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[JobChangeList]:
        """Return the list that neither counts nor skips."""
        return JobChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Leave the search to the list, which looks where indexes lead."""
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Show the list."""
        ours = {
            "may_prune": self.may_prune(request),
            "may_view_workers": self.may(request, "view_workerrecord"),
        }
        return super().changelist_view(request, {**ours, **(extra_context or {})})

    def response_action(
        self, request: HttpRequest, queryset: Any, *rest: Any, **options: Any
    ) -> HttpResponse | None:
        """Carry out the chosen action; what is no id counts as not selected."""
        # Django would look for it, and fail.
        sent = request.POST.copy()
        ids = [text for text in sent.getlist(SELECTED) if parsed_id(text)]
        sent.setlist(SELECTED, ids)
        request.POST = sent  # type: ignore[assignment] # the stubs know its getter only
        return super().response_action(request, queryset, *rest, **options)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may delete ended jobs."""
        return self.may_do(request, DELETE)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Who may cancel."""
        return self.may_do(request, CANCEL)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        """Who may requeue."""
        return self.may_do(request, REQUEUE)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Who may run jobs before their time."""
        return self.may_do(request, RUN_NOW)

    @admin.action(permissions=["cancel"], description=CANCEL.of_selected)
    def cancel_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Ask whether to cancel."""
        return self.confirmed(request, CANCEL)

    @admin.action(permissions=["requeue"], description=REQUEUE.of_selected)
    def requeue_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Ask whether to requeue."""
        return self.confirmed(request, REQUEUE)

    @admin.action(permissions=["run"], description=RUN_NOW.of_selected)
    def run_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Ask whether to run now."""
        return self.confirmed(request, RUN_NOW)

    @admin.action(permissions=["delete"], description=DELETE.of_selected)
    def delete_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Ask whether to delete."""
        return self.confirmed(request, DELETE)

    def action_checkbox(self, obj: Any) -> Any:
        """Show the box that selects it."""
        return columns.selection_box(obj)

    @admin.display(description=_("job"))
    def job(self, job: Any) -> Any:
        """Show the kind and the id."""
        return columns.name(job)

    @admin.display(description=_("status"))
    def state(self, job: Any) -> Any:
        """Show the status."""
        return columns.badge(job)

    @admin.display(description=_("queue"))
    def in_queue(self, job: Any) -> Any:
        """Show the queue."""
        return visible(job.queue)

    @admin.display(description=_("progress"), empty_value="")
    def done(self, job: Any) -> Any:
        """Show how far it is."""
        return columns.progress_bar(job)

    @admin.display(description=_("attempts"))
    def tries(self, job: Any) -> Any:
        """Show the attempts made, and allowed."""
        return columns.tries(job)

    @admin.display(description=_("age"))
    def age(self, job: Any) -> Any:
        """Show for how long it has been there."""
        return columns.age(job)

    @admin.display(description=_("duration"), empty_value="")
    def duration(self, job: Any) -> Any:
        """Show for how long it ran."""
        return columns.duration(job)
