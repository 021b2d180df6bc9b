"""The table of counters: what runs came to, the older the coarser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
QUARTER_S: Final = 900
HOUR_S: Final = 3_600
#: What becomes of what, and how long after its end.
ROLL_UPS: Final = (
    (MINUTE_S, QUARTER_S, timedelta(minutes=75)),
    (QUARTER_S, HOUR_S, timedelta(days=1)),
)
#: The worker of quarters and hours, which are those of all workers.
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
        """Add old minutes up to quarters of an hour, and those of a day ago to hours.

        Returns how many counters were added to others. Several workers may do so at
        once: whoever locks the counters first has them.
        """
        count = 0
        for seconds, longer, kept in ROLL_UPS:
            while rolled := self._roll_up_some(seconds, longer, kept):
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

    def _roll_up_some(self, seconds: int, longer: int, kept: timedelta) -> int:
        counters = self.filter(seconds=seconds).order_by(*ONCE)
        oldest = counters.annotate(now=DatabaseNow()).values("starts_at", "now").first()
        if oldest is None:
            return 0
        end = beginning(oldest["now"] - kept, longer)
        if oldest["starts_at"] >= end:
            return 0
        with transaction.atomic(using=self.db):
            rows = list(counters.filter(starts_at__lt=end).locked(skip=True)[:BATCH])
            self.filter(pk__in=[row.pk for row in rows]).delete()
            self._add_to(longer, _grouped(rows, longer))
        return len(rows)

    def _add_to(self, seconds: int, groups: Mapping[Key, Sequence[JobCounter]]) -> None:
        empty = [_empty(key, seconds) for key in sorted(groups)]
        self.bulk_create(empty, batch_size=BATCH, ignore_conflicts=True)
        starts = {key[0] for key in groups}
        there = self.filter(
            seconds=seconds, starts_at__in=starts, worker_id=ALL_WORKERS
        ).order_by("pk")
        touched = [row for row in there.locked(skip=False) if _key_of(row) in groups]
        for row in touched:
            _add(row, groups[_key_of(row)])
        self.bulk_update(touched, ["count", "waited", "ran"], batch_size=100)


class JobCounter(models.Model):
    """How often runs of a kind came to an outcome, in so many seconds.

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


class Dashboard(JobCounter):
    """The counters as the page of the admin that shows them."""

    class Meta:
        proxy = True
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboard")
        default_permissions = []


def beginning(moment: datetime, seconds: int) -> datetime:
    """Return when the minute, quarter or hour of a moment began."""
    began = int(moment.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(began, UTC)


def _grouped(rows: Iterable[JobCounter], seconds: int) -> dict[Key, list[JobCounter]]:
    groups = defaultdict(list)
    for row in rows:
        starts_at = beginning(row.starts_at, seconds)
        groups[starts_at, row.queue, row.kind, row.outcome].append(row)
    return dict(groups)


def _key_of(row: JobCounter) -> Key:
    return row.starts_at, row.queue, row.kind, row.outcome


def _empty(key: Key, seconds: int) -> JobCounter:
    starts_at, queue, kind, outcome = key
    return JobCounter(
        starts_at=starts_at,
        seconds=seconds,
        worker_id=ALL_WORKERS,
        queue=queue,
        kind=kind,
        outcome=outcome,
        count=0,
    )


def _add(to: JobCounter, parts: Sequence[JobCounter]) -> None:
    to.count += sum(part.count for part in parts)
    to.waited = added([to.waited, *(part.waited for part in parts)])
    to.ran = added([to.ran, *(part.ran for part in parts)])
