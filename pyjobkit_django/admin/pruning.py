"""The page that prunes: it says what RETENTION keeps no longer, and deletes it when told."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.utils.translation import override as language

from pyjobkit_django.admin.columns import marked
from pyjobkit_django.admin.formats import number, span, status_label
from pyjobkit_django.admin.read_only import ReadOnlyAdmin
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.job_pages import parsed_id
from pyjobkit_django.monitor.retention import LOOK, PRUNE_LIMIT, estimate, prune

PERMISSION: Final = "prune_job"


class PruningAdmin(ReadOnlyAdmin):
    """Prunes as ``manage.py pyjobkit_prune`` does, in bites that a request can take."""

    def prune_urls(self) -> list[Any]:
        """Return the address of the page."""
        view = self.admin_site.admin_view(self.prune_view)
        return [path("prune/", view, name="pyjobkit_django_job_prune")]

    def may_prune(self, request: HttpRequest) -> bool:
        """Tell whether the user sees jobs and has the right to prune."""
        return self.has_view_permission(request) and self.may(request, PERMISSION)

    def prune_view(self, request: HttpRequest) -> HttpResponse:
        """Say what would go; on POST let it go."""
        if not self.may_prune(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._pruned(request)
        start = parsed_id(request.GET.get("from", ""))
        found = estimate(start)
        context = {
            "title": _("Prune ended jobs"),
            "found": found,
            "start": start,
            "lines": [
                (
                    marked(line.status.value, status_label(line.status)),
                    None if line.kept is None else span(line.kept),
                    number(line.count),
                )
                for line in found.lines
            ],
            "look": number(LOOK),
            "limit": number(PRUNE_LIMIT),
        }
        return self.page(request, "prune.html", context)

    def _pruned(self, request: HttpRequest) -> HttpResponse:
        pruned = prune(parsed_id(request.POST.get("from", "")))
        if pruned.count:
            _enter_in_log(request, pruned.count)
        told = ngettext(
            "%(count)d job was removed.", "%(count)d jobs were removed.", pruned.count
        )
        messages.success(request, told % {"count": pruned.count})
        if pruned.following is None:
            return HttpResponseRedirect(self.address("job_changelist"))
        messages.info(request, _("There may be more; this page goes on from there."))
        return HttpResponseRedirect(
            f"{self.address('job_prune')}?from={pruned.following}"
        )


def _enter_in_log(request: HttpRequest, count: int) -> None:
    user: Any = request.user
    with language(None):
        told = ngettext(
            "Pruned %(count)d ended job.", "Pruned %(count)d ended jobs.", count
        )
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(Job),
            object_repr=told % {"count": count},
            action_flag=DELETION,
        )
