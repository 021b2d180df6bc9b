"""The table of counters: what runs came to, by the minute for a day, then by the hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connections, models, transaction
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.contracts import JobCount
from pyjobkit_django.histograms import added
from pyjobkit_django.job_fields import MAX_NAME
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now
from pyjobkit_django.models.columns import ExactCharField

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
#: How long the counters of minutes are kept before they become one of an hour.
MINUTES_KEPT: Final = timedelta(days=1)
#: The worker of hours, which are those of all workers.
ALL_WORKERS: Final = UUID(int=0)
#: The most rows in one write or one roll-up.
BATCH: Final = 1_000

#: What a counter is of; in this order the index has them, and no lock has to sort.
ONCE: Final = ("seconds", "starts_at", "worker_id", "queue", "kind", "outcome")

type Key = tuple[datetime, str, str, str]


class JobCounterQuerySet(models.QuerySet[Any]):
    """The verbs of the table of counters."""

    def record(self, worker_id: UUID, counts: Sequence[JobCount]) -> None:
        """Keep the counts of a worker's minutes; what is there already stays as it is.

        A minute at a worker is counted once, so a repeated write changes nothing.
        """
        rows = [
            JobCounter(
                starts_at=count.starts_at,
                seconds=MINUTE_S,
                worker_id=worker_id,
                queue=count.queue,
                kind=count.kind,
                outcome=count.outcome,
                count=count.count,
                waited=added([count.waited]),
                ran=added([count.ran]),
            )
            for count in counts
        ]
        self.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)

    def roll_up(self) -> int:
        """Add the minutes of hours older than a day to their hours; return how many.

        Several workers may do so at once: whoever locks the minutes first has them.
        """
        count = 0
        while rolled := self._roll_up_some():
            count += rolled
        return count

    def forget(self, older_than: timedelta) -> int:
        """Delete the counters that began ``older_than`` ago or earlier."""
        return self.filter(starts_at__lte=seconds_from_now(-older_than)).delete()[0]

    def locked(self, *, skip: bool) -> Any:
        """Return the rows under a lock, where there are locks; pass over others' locks."""
        features = connections[self.db].features
        if not features.has_select_for_update:
            return self
        skip = skip and features.has_select_for_update_skip_locked
        return self.select_for_update(skip_locked=skip)

    def _roll_up_some(self) -> int:
        minutes = self.filter(seconds=MINUTE_S).order_by(*ONCE)
        oldest = minutes.annotate(now=DatabaseNow()).values("starts_at", "now").first()
        if oldest is None:
            return 0
        end = hour_of(oldest["now"] - MINUTES_KEPT)
        if oldest["starts_at"] >= end:
            return 0
        with transaction.atomic(using=self.db):
            rows = list(minutes.filter(starts_at__lt=end).locked(skip=True)[:BATCH])
            self.filter(pk__in=[row.pk for row in rows]).delete()
            self._add_to_hours(_by_hour(rows))
        return len(rows)

    def _add_to_hours(self, groups: Mapping[Key, Sequence[JobCounter]]) -> None:
        hours = [_empty_hour(key) for key in sorted(groups)]
        self.bulk_create(hours, batch_size=BATCH, ignore_conflicts=True)
        starts = {key[0] for key in groups}
        there = self.filter(
            seconds=HOUR_S, starts_at__in=starts, worker_id=ALL_WORKERS
        ).order_by("pk")
        touched = [row for row in there.locked(skip=False) if _key_of(row) in groups]
        for row in touched:
            _add(row, groups[_key_of(row)])
        self.bulk_update(touched, ["count", "waited", "ran"], batch_size=100)


class JobCounter(models.Model):
    """How often runs of a kind came to an outcome, in one minute or one hour.

    ``waited`` and ``ran`` are histograms, see ``histograms``.
    """

    id = models.BigAutoField(primary_key=True)
    starts_at = models.DateTimeField(_("starts at"))
    seconds = models.PositiveIntegerField(_("length in seconds"))
    worker_id = models.UUIDField(_("worker"))
    queue = ExactCharField(_("queue"), max_length=MAX_NAME)
    kind = ExactCharField(_("kind"), max_length=MAX_NAME)
    outcome = models.CharField(_("outcome"), max_length=16)
    count = models.PositiveBigIntegerField(_("count"))
    waited: Any = models.JSONField(_("waiting times"), default=list)
    ran: Any = models.JSONField(_("run times"), default=list)

    objects = JobCounterQuerySet.as_manager()

    class Meta:
        verbose_name = _("job counter")
        verbose_name_plural = _("job counters")
        default_permissions = []  # who may see jobs sees how many there were
        constraints = [
            models.UniqueConstraint(fields=ONCE, name="pyjobkit_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.kind} {self.outcome} from {self.starts_at}"


def hour_of(moment: datetime) -> datetime:
    """Return when the hour of a moment began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _by_hour(rows: Iterable[JobCounter]) -> dict[Key, list[JobCounter]]:
    groups = defaultdict(list)
    for row in rows:
        groups[hour_of(row.starts_at), row.queue, row.kind, row.outcome].append(row)
    return dict(groups)


def _key_of(hour: JobCounter) -> Key:
    return hour.starts_at, hour.queue, hour.kind, hour.outcome


def _empty_hour(key: Key) -> JobCounter:
    starts_at, queue, kind, outcome = key
    return JobCounter(
        starts_at=starts_at,
        seconds=HOUR_S,
        worker_id=ALL_WORKERS,
        queue=queue,
        kind=kind,
        outcome=outcome,
        count=0,
    )


def _add(hour: JobCounter, minutes: Sequence[JobCounter]) -> None:
    hour.count += sum(minute.count for minute in minutes)
    hour.waited = added([hour.waited, *(minute.waited for minute in minutes)])
    hour.ran = added([hour.ran, *(minute.ran for minute in minutes)])
