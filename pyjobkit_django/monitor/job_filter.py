"""Which jobs are wanted, as a person asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Self
from uuid import UUID

from django.utils.translation import gettext as _

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.ids import first_job_id_at
from pyjobkit_django.job_fields import MAX_KEY, check_name
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.monitor.text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Jobs of which all this is true; None, and an empty search, leave it open.

    ``worker`` is the one that holds the job; ``made`` is for how long there may have been
    the job, by the clock of the host that made it; ``search`` is an id, a key or a kind.
    """

    status: JobStatus | None = None
    kind: str | None = None
    queue: str | None = None
    tag: str | None = None
    worker: UUID | None = None
    made: timedelta | None = None
    search: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> tuple[Self, dict[str, str]]:
        """Return the filter that ``asked`` means, and by name a sentence for each fault.

        What is at fault is left out of the filter.
        """
        found: dict[str, Any] = {}
        faults = {}
        for name, read in _READERS.items():
            text = asked.get(name, "")
            if not text:
                continue
            try:
                found[name] = read(text)
            except ValueError:
                faults[name] = _FAULTS[name]() % {"value": _short(text)}
        return cls(**found), faults

    @property
    def is_open(self) -> bool:
        """Whether it admits every job, or all that are young enough."""
        return replace(self, made=None) == type(self)()

    def apply(self, jobs: Any) -> Any:
        """Return those of ``jobs`` that are wanted, but for ``search``."""
        if self.status is not None:
            jobs = jobs.filter(status_is(self.status))
        equal = {"kind": self.kind, "queue": self.queue, "leased_by": self.worker}
        jobs = jobs.filter(
            **{name: value for name, value in equal.items() if value is not None}
        )
        if self.made is not None:
            since = time.time() - self.made.total_seconds()
            jobs = jobs.filter(pk__gte=first_job_id_at(since))
        return jobs if self.tag is None else jobs.filter(tags__has_key=self.tag)


def _name(text: str) -> str:
    try:
        check_name("name", text)
    except InvalidJobError as error:
        raise ValueError(text) from error
    return text


def _made(text: str) -> timedelta:
    if text not in MADE_WITHIN:
        raise ValueError(text)
    return MADE_WITHIN[text]


def _search(text: str) -> str:
    text = text.strip()
    if "\x00" in text or len(text) > MAX_KEY:
        raise ValueError(text)
    return text


def _short(text: str) -> str:
    shown = visible(text[:MAX_SHOWN])
    return shown if len(text) <= MAX_SHOWN else f"{shown}…"


#: How much of a refused value a sentence quotes, in characters.
MAX_SHOWN: Final = 60
#: For how long there may have been a job, by the word that asks for it.
MADE_WITHIN: Final[Mapping[str, timedelta]] = {
    "10min": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}

_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "status": JobStatus,
    "kind": _name,
    "queue": _name,
    "tag": _name,
    "worker": UUID,
    "made": _made,
    "search": _search,
}
_FAULTS: Final[Mapping[str, Callable[[], str]]] = {
    "status": lambda: _("There is no status “%(value)s”; that filter was left out."),
    "kind": lambda: _("“%(value)s” cannot be a kind; that filter was left out."),
    "queue": lambda: _("“%(value)s” cannot be a queue; that filter was left out."),
    "tag": lambda: _("“%(value)s” cannot be a tag; that filter was left out."),
    "worker": lambda: _(
        "“%(value)s” is not the id of a worker; that filter was left out."
    ),
    "made": lambda: _("“%(value)s” is no time to choose; that filter was left out."),
    "search": lambda: _("“%(value)s” cannot be an id, a key or a kind; not searched."),
}
