"""Asks a worker to drain, and tells what became of the workers since."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import results
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import override as language

from pyjobkit_django.admin.read_only import ReadOnlyAdmin
from pyjobkit_django.admin.worker_columns import is_drainable
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.text import visible
from pyjobkit_django.monitor.workers import workers

PERMISSION: Final = "drain_workerrecord"
#: When the list of workers asks again, in milliseconds.
PAUSE_MS: Final = 2_000


class DrainingAdmin(ReadOnlyAdmin):
    """Leads to the question whether a worker is to drain, by POST and with a token."""

    def draining_urls(self) -> list[Any]:
        """Return the addresses of the question, and of what the list asks."""
        name = "pyjobkit_django_workerrecord_"
        drain = self.admin_site.admin_view(self.drain_view)
        live = self.admin_site.admin_view(self.live_view)
        return [
            path("drain/", drain, name=f"{name}drain"),
            path("live/", live, name=f"{name}live"),
        ]

    def may_drain(self, request: HttpRequest) -> bool:
        """Tell whether the user sees workers and has the right to drain them."""
        return self.has_view_permission(request) and self.may(request, PERMISSION)

    def drain_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whether a worker is to drain, or ask the worker where that was confirmed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_drain(request):
            raise PermissionDenied
        back = self.address("workerrecord_changelist")
        worker = _worker(request.POST.get("worker", ""))
        if worker is None or not is_drainable(worker):
            told = _("This worker is not alive, or was asked already; nothing changed.")
            messages.warning(request, told)
            return HttpResponseRedirect(back)
        if "confirmed" not in request.POST:
            name = visible(str(worker))
            context = {
                "title": _("Drain the worker %(name)s?") % {"name": name},
                "worker": worker,
                "name": name,
                "back": back,
            }
            return self.page(request, "drain.html", context)
        self._ask(request, worker)
        return HttpResponseRedirect(back)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """Return the rows of the list as it is now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        try:
            changelist: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return JsonResponse({}, status=400)
        # Django's tag asks for it; before 6.0 only the list's own view sets it.
        changelist.formset = None
        ids = [str(worker.pk) for worker in changelist.result_list]
        rows = ("".join(row) for row in results(changelist))
        told = {"rows": dict(zip(ids, rows, strict=True)), "here": ids}
        return JsonResponse({**told, "pause_ms": PAUSE_MS})

    def _ask(self, request: HttpRequest, worker: Any) -> None:
        user: Any = request.user
        if workers().ask_to_drain(worker.pk):
            with language(None):
                entry = str(_("Asked to drain."))
                LogEntry.objects.log_actions(user.pk, [worker], CHANGE, entry)
            told = _(
                "The worker %(name)s was asked to drain, and hears so at its next beat."
            )
            messages.success(request, told % {"name": visible(str(worker))})


def _worker(text: str) -> Any:
    worker_id = parsed_id(text)
    return None if worker_id is None else workers().filter(pk=worker_id).first()
