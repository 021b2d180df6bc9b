"""Workers in the admin: who is there, what each runs, and the button that drains one."""

from __future__ import annotations

from typing import Any, override

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pyjobkit_django.admin import worker_columns as columns
from pyjobkit_django.admin.draining import DrainingAdmin
from pyjobkit_django.monitor.workers import current_jobs, workers


class WorkerChangeList(ChangeList):
    """Workers with the jobs that each runs, if the user may see those."""

    @override
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ours: Any = self.model_admin
        may_view_jobs = ours.may(request, "view_job")
        may_drain = ours.may_drain(request)
        ids = [worker.pk for worker in self.result_list] if may_view_jobs else []
        running = current_jobs(ids)
        for worker in self.result_list:
            worker.current = running.get(worker.pk)
            worker.is_drainable = may_drain and columns.is_drainable(worker)


class WorkerAdmin(DrainingAdmin):
    """The list of workers, the last heard of first."""

    list_display = (
        "process",
        "presence",
        "slots",
        "current",
        "jobs_done",
        "memory",
        "takes",
        "started",
    )
    list_display_links = None
    list_per_page = 100
    actions = None
    change_list_template = "admin/pyjobkit_django/workerrecord/list.html"

    def get_urls(self) -> list[Any]:
        """Return the address of the list; there is nothing more to a worker."""
        view = self.admin_site.admin_view(self.changelist_view)
        name = "pyjobkit_django_workerrecord_changelist"
        return [path("", view, name=name), *self.draining_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Show the list."""
        ours = {
            "title": _("Workers"),
            "may_view_jobs": self.may(request, "view_job"),
        }
        return super().changelist_view(request, {**ours, **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Return the list that knows what its workers run."""
        return WorkerChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the workers with the database's time."""
        return workers()

    def get_ordering(self, request: HttpRequest) -> Any:
        """Keep the order of ``get_queryset``."""
        return ("-seen_at", "pk")

    @admin.display(description=gettext_lazy("worker"))
    def process(self, worker: Any) -> Any:
        """Show where it runs, with its id and its release."""
        return columns.process(worker, self.address("job_changelist"))

    @admin.display(description=gettext_lazy("state"))
    def presence(self, worker: Any) -> Any:
        """Show whether it is alive, when it was heard last, and what drains it."""
        return columns.state(worker, self.address("workerrecord_drain"))

    @admin.display(description=gettext_lazy("slots busy"))
    def slots(self, worker: Any) -> Any:
        """Show how many of its slots are in use."""
        return columns.slots(worker)

    @admin.display(description=gettext_lazy("current jobs"), empty_value="")
    def current(self, worker: Any) -> Any:
        """Show what it runs."""
        return columns.current(worker, self.address)

    @admin.display(description=gettext_lazy("jobs done"))
    def jobs_done(self, worker: Any) -> Any:
        """Show how many jobs it ended."""
        return columns.done(worker)

    @admin.display(description=gettext_lazy("peak memory"), empty_value="")
    def memory(self, worker: Any) -> Any:
        """Show the most memory that its process took."""
        return columns.memory(worker)

    @admin.display(description=gettext_lazy("takes"))
    def takes(self, worker: Any) -> Any:
        """Show the queues it reads, the kinds it runs, the tags it is bound to."""
        return columns.takes(worker)

    @admin.display(description=gettext_lazy("started"))
    def started(self, worker: Any) -> Any:
        """Show for how long it has worked."""
        return columns.started(worker)
