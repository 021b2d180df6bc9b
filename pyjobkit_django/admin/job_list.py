"""The list of jobs: Django's own, except that it neither counts nor skips rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, override
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.translation import gettext as _

from pyjobkit_django.admin.filters import NAMES
from pyjobkit_django.admin.formats import STATUS_LABELS, number
from pyjobkit_django.admin.operations import OPERATIONS, Operation
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.job_pages import Place, parsed_id, read_page
from pyjobkit_django.monitor.windows import WINDOW

SEARCH = "q"


@dataclass(frozen=True, slots=True)
class StatusTab:
    """A status that the list may be narrowed to; none for all jobs."""

    status: str
    label: str
    url: str
    is_here: bool


class JobChangeList(ChangeList):
    """A page of jobs with the way to the older, to the newer and further back."""

    def __init__(self, request: HttpRequest, *arguments: Any, **options: Any) -> None:
        self.place = Place.read(request.GET)
        self._request = request
        super().__init__(request, *arguments, **options)
        self.title = _("Jobs")

    @override
    def get_queryset(self, request: HttpRequest, *_: Any, **__: Any) -> Any:
        # Of the address only our own filters count: a lookup of any column could ask for
        # what pages mask, and have the whole table read.
        asked = {**self.params, "search": self.query}
        self.wanted, faults = JobFilter.read(asked)
        self.faults = list(faults.values())
        kept = {*NAMES, SEARCH}.difference(faults)
        for params in (self.params, self.filter_params):
            for name in set(params) - kept:
                del params[name]
        return super().get_queryset(request)

    @override
    def get_results(self, request: HttpRequest) -> None:
        self.page = read_page(self.wanted, self.place, size=self.list_per_page)
        self.result_list = self.page.jobs
        # Django tells of further pages by these; ours are told by the page itself.
        self.result_count = self.full_result_count = len(self.page.jobs)
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.page.jobs)
        self.can_show_all = self.multi_page = False
        self.paginator = None

    @property
    def status_tabs(self) -> list[StatusTab]:
        """The statuses there are, with where their jobs are of this search."""
        here = self.wanted.status
        tabs = [StatusTab("", _("all"), self._status_url(None), is_here=here is None)]
        for status, label in STATUS_LABELS.items():
            url = self._status_url(status.value)
            tabs.append(
                StatusTab(status.value, str(label), url, is_here=here is status)
            )
        return tabs

    @property
    def order_operations(self) -> list[Operation]:
        """What the user may do to all jobs of this search; nothing to keys and ids."""
        ours: Any = self.model_admin
        here = self.wanted.status
        if self.wanted.search or not self.page.jobs:
            return []
        return [
            operation
            for operation in OPERATIONS.values()
            if (here is None or here in operation.sources)
            and ours.may_do(self._request, operation)
        ]

    @property
    def holds_still(self) -> bool:
        """Whether it begins elsewhere than at the newest jobs."""
        return self.place != Place()

    @property
    def window_size(self) -> str:
        """How many jobs a search looks at."""
        return number(WINDOW)

    @property
    def newer_url(self) -> str | None:
        """Where the newer jobs of this search are; None at its top."""
        return self._url(after=self.page.newer)

    @property
    def older_url(self) -> str | None:
        """Where the older jobs of this search are; None at its end."""
        return self._url(before=self.page.older)

    @property
    def further_url(self) -> str | None:
        """Where the search goes on beyond what it looked at; None where that was all."""
        oldest = self.page.window.oldest
        return self.get_query_string({"below": oldest}) if oldest else None

    @property
    def top_url(self) -> str | None:
        """Where the newest jobs of this search are; None on their page."""
        is_top = self.place == Place() or not (self.page.newer or self.place.below)
        return None if is_top else self.get_query_string()

    @property
    def kind_url(self) -> str | None:
        """Where the jobs are of the kind that has been searched for; None for an id."""
        if not self.page.by_key or parsed_id(self.wanted.search):
            return None
        return self.get_query_string({"kind": self.wanted.search, SEARCH: None})

    def _status_url(self, status: str | None) -> str:
        return self.get_query_string({"status": status})

    def _url(self, **end: UUID | None) -> str | None:
        if not any(end.values()):
            return None
        return self.get_query_string({**end, "below": self.page.window.newest})
