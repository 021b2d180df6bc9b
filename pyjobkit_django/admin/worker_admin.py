"""Workers in the admin: who is there, what they take, when they were heard last."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pyjobkit_django.admin.columns import marked, moment, titled
from pyjobkit_django.admin.formats import PRESENCE_LABELS, span
from pyjobkit_django.admin.read_only import ReadOnlyAdmin
from pyjobkit_django.monitor.text import excerpt
from pyjobkit_django.monitor.workers import presence, workers

#: How much of a list of names a cell shows, in characters.
MAX_NAMES = 120


class WorkerAdmin(ReadOnlyAdmin):
    """The list of workers, the last heard of first."""

    list_display = (
        "process",
        "presence",
        "heard",
        "slots",
        "done",
        "queue_names",
        "kind_names",
        "tag_names",
        "started",
    )
    list_display_links = None
    list_per_page = 100
    actions = None

    def get_urls(self) -> list[Any]:
        """Return the address of the list; there is nothing more to a worker."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="pyjobkit_django_workerrecord_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Show the list."""
        ours = {"title": _("Workers")}
        return super().changelist_view(request, {**ours, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the workers with the database's time."""
        return workers()

    def get_ordering(self, request: HttpRequest) -> Any:
        """Keep the order of ``get_queryset``."""
        return ("-seen_at", "pk")

    @admin.display(description=gettext_lazy("worker"))
    def process(self, worker: Any) -> Any:
        """Show where it runs, with its id."""
        return format_html(
            '<a href="{}?worker={}">{}</a>',
            self.address("job_changelist"),
            worker.pk,
            titled(f"{worker.host}:{worker.pid}", worker.pk),
        )

    @admin.display(description=gettext_lazy("state"))
    def presence(self, worker: Any) -> Any:
        """Show whether it is alive."""
        found = presence(worker)
        return marked(found.value, str(PRESENCE_LABELS[found]))

    @admin.display(description=gettext_lazy("last heard"))
    def heard(self, worker: Any) -> Any:
        """Show for how long nothing was heard of it, by the database's clock."""
        since = span(worker.now - worker.seen_at)
        return moment(worker.seen_at, _("%(span)s ago") % {"span": since})

    @admin.display(description=gettext_lazy("slots busy"))
    def slots(self, worker: Any) -> Any:
        """Show how many of its slots are in use."""
        return f"{worker.busy} / {worker.max_concurrency}"

    @admin.display(description=gettext_lazy("queues"))
    def queue_names(self, worker: Any) -> Any:
        """Show the queues it reads."""
        return _names(worker.queues) or _("all")

    @admin.display(description=gettext_lazy("kinds"))
    def kind_names(self, worker: Any) -> Any:
        """Show the kinds it runs."""
        return _names(worker.kinds)

    @admin.display(description=gettext_lazy("tags"), empty_value="")
    def tag_names(self, worker: Any) -> Any:
        """Show the tags it is bound to."""
        return _names(worker.tags)

    @admin.display(description=gettext_lazy("started"))
    def started(self, worker: Any) -> Any:
        """Show when it started."""
        return moment(worker.started_at)


def _names(names: Any) -> str:
    return excerpt(", ".join(map(str, names or ())), limit=MAX_NAMES * 8).text
