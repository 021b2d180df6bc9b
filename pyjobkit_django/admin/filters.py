"""The filters beside the list; what they filter by is read from the address as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.admin.formats import STATUS_LABELS
from pyjobkit_django.conf import current
from pyjobkit_django.monitor.job_pages import known_names


class _Choice(SimpleListFilter):
    """Offers choices, the one in force among them; JobFilter does the filtering."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        names = {*self.names(request), self.value() or ""} - {""}
        return [(name, name) for name in sorted(names)]

    def names(self, request: HttpRequest) -> Collection[str]:
        """Return what there is to choose from."""
        return ()


class StatusFilter(_Choice):
    """By status."""

    title = _("status")
    parameter_name = "status"

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        return [(status.value, label) for status, label in STATUS_LABELS.items()]


class KindFilter(_Choice):
    """By kind: the kinds of the newest jobs are offered."""

    title = _("kind")
    parameter_name = "kind"

    def names(self, request: HttpRequest) -> Collection[str]:
        return _known(request)[0]


class QueueFilter(_Choice):
    """By queue: those in the settings and those of the newest jobs are offered."""

    title = _("queue")
    parameter_name = "queue"

    def names(self, request: HttpRequest) -> Collection[str]:
        return {*current().queues, *_known(request)[1]}


class TagFilter(_Choice):
    """By tag, once a tag was followed from a job."""

    title = _("tag")
    parameter_name = "tag"


class WorkerFilter(_Choice):
    """By the worker that holds the job, once a worker was followed."""

    title = _("worker")
    parameter_name = "worker"


FILTERS = (StatusFilter, KindFilter, QueueFilter, TagFilter, WorkerFilter)
NAMES = tuple(str(each.parameter_name) for each in FILTERS)


def _known(request: Any) -> tuple[Collection[str], Collection[str]]:
    if not hasattr(request, "_pyjobkit_names"):
        request._pyjobkit_names = known_names()  # noqa: SLF001 - one look for both filters
    names: tuple[Collection[str], Collection[str]] = request._pyjobkit_names  # noqa: SLF001 - the same
    return names
