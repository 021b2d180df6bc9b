"""The filters beside the list; what they filter by is read from the address as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.admin.formats import STATUS_LABELS, span
from pyjobkit_django.conf import current
from pyjobkit_django.monitor.job_filter import MADE_WITHIN
from pyjobkit_django.monitor.job_pages import KnownNames, known_names
from pyjobkit_django.monitor.text import visible
from pyjobkit_django.monitor.workers import Presence, workers

#: The most workers that are offered.
MAX_WORKERS = 50


class _Choice(SimpleListFilter):
    """Offers choices, the one in force among them; JobFilter does the filtering."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        names = {*self.names(request), self.value() or ""} - {""}
        return [(name, visible(name)) for name in sorted(names)]

    def names(self, request: HttpRequest) -> Collection[str]:
        """Return what there is to choose from."""
        return ()


class StatusFilter(_Choice):
    """By status, which the tabs above the list choose."""

    title = _("status")
    parameter_name = "status"

    def has_output(self) -> bool:
        return False

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        return [(status.value, label) for status, label in STATUS_LABELS.items()]


class KindFilter(_Choice):
    """By kind: the kinds of the newest jobs are offered."""

    title = _("kind")
    parameter_name = "kind"

    def names(self, request: HttpRequest) -> Collection[str]:
        return _known(request).kinds


class QueueFilter(_Choice):
    """By queue: those in the settings and those of the newest jobs are offered."""

    title = _("queue")
    parameter_name = "queue"

    def names(self, request: HttpRequest) -> Collection[str]:
        return {*current().queues, *_known(request).queues}


class TagFilter(_Choice):
    """By tag: the tags of the newest jobs are offered."""

    title = _("tag")
    parameter_name = "tag"

    def names(self, request: HttpRequest) -> Collection[str]:
        return _known(request).tags


class WorkerFilter(_Choice):
    """By the worker that holds the job: those heard last are offered."""

    title = _("worker")
    parameter_name = "worker"

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        offered = {}
        if is_shown(request) and model_admin.may(request, "view_workerrecord"):
            heard = workers().exclude(state=Presence.STOPPED)[:MAX_WORKERS]
            offered = {str(each.pk): visible(str(each)) for each in heard}
        chosen = self.value()
        if chosen and chosen not in offered:
            offered[chosen] = chosen
        return sorted(offered.items(), key=lambda pair: pair[1])


class TimeFilter(_Choice):
    """By when the job was made."""

    title = _("age")
    parameter_name = "made"

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        return [
            (word, gettext("in the last %(span)s") % {"span": span(lasted)})
            for word, lasted in MADE_WITHIN.items()
        ]


FILTERS = (
    StatusFilter,
    TimeFilter,
    KindFilter,
    QueueFilter,
    TagFilter,
    WorkerFilter,
)
NAMES = tuple(str(each.parameter_name) for each in FILTERS)


def leave_out_choices(request: Any) -> None:
    """Have the filters offer nothing: what is asked for is the rows alone."""
    request._pyjobkit_names = KnownNames()  # noqa: SLF001 - what _known keeps there


def is_shown(request: Any) -> bool:
    """Tell whether anybody will see what the filters offer."""
    return getattr(request, "_pyjobkit_names", None) != KnownNames()


def _known(request: Any) -> KnownNames:
    if not hasattr(request, "_pyjobkit_names"):
        request._pyjobkit_names = known_names()  # noqa: SLF001 - one look for all filters
    names: KnownNames = request._pyjobkit_names  # noqa: SLF001 - the same
    return names
