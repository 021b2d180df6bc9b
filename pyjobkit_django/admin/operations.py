"""What a person may do to jobs: each operation with its permission, its words and its verb."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib.admin.models import CHANGE, DELETION
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from pyjobkit_django import shortcuts
from pyjobkit_django.backends.orm import moves
from pyjobkit_django.jobs import FINAL, MOVES, JobStatus, Verb

type Text = Any  # a text of gettext_lazy


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``verb`` moves one job, or raises; ``sources`` are the statuses that it moves.

    ``verb_of_many`` moves those of many jobs that it can, and returns which.
    """

    name: str
    permission: str
    verb: Callable[[UUID], None]
    verb_of_many: Callable[[Collection[UUID]], frozenset[UUID]]
    sources: frozenset[JobStatus]
    label: Text
    of_selected: Text
    question: Any
    effect: Text
    answer: Any
    done: Any
    logged: Text
    is_deletion: bool = False

    @property
    def flag(self) -> int:
        """How the admin's log marks it."""
        return DELETION if self.is_deletion else CHANGE

    def moves(self, job: Any) -> bool:
        """Tell whether a job is where this operation takes it from."""
        return job.status in self.sources


def _cancel(job_ids: Collection[UUID]) -> frozenset[UUID]:
    for job_id in sorted(job_ids):
        moves.cancel(job_id)
    return frozenset(job_ids)


CANCEL: Final = Operation(
    name="cancel",
    permission="cancel_job",
    verb=shortcuts.cancel,
    verb_of_many=_cancel,
    sources=MOVES[Verb.CANCEL].sources | MOVES[Verb.REQUEST_CANCEL].sources,
    label=_("Cancel"),
    of_selected=_("Cancel selected jobs"),
    question=ngettext_lazy("Cancel this job?", "Cancel these %(count)d jobs?", "count"),
    effect=_(
        "What waits is cancelled at once. What runs is asked to stop; its worker stops it "
        "within moments, and what it has done by then stays done."
    ),
    answer=ngettext_lazy("Yes, cancel it", "Yes, cancel all %(count)d", "count"),
    done=ngettext_lazy(
        "%(count)d job was cancelled or asked to stop.",
        "%(count)d jobs were cancelled or asked to stop.",
        "count",
    ),
    logged=_("Cancelled."),
)
REQUEUE: Final = Operation(
    name="requeue",
    permission="requeue_job",
    verb=shortcuts.requeue,
    verb_of_many=moves.requeue,
    sources=MOVES[Verb.REQUEUE].sources,
    label=_("Requeue"),
    of_selected=_("Requeue selected jobs"),
    question=ngettext_lazy(
        "Requeue this job?", "Requeue these %(count)d jobs?", "count"
    ),
    effect=_(
        "A requeued job runs again as soon as a worker is free, with at least one attempt "
        "left. Its result and failure are cleared; records of attempts and its log stay."
    ),
    answer=ngettext_lazy("Yes, requeue it", "Yes, requeue all %(count)d", "count"),
    done=ngettext_lazy(
        "%(count)d job was requeued.", "%(count)d jobs were requeued.", "count"
    ),
    logged=_("Requeued."),
)
RUN_NOW: Final = Operation(
    name="run-now",
    permission="run_job",
    verb=shortcuts.run_now,
    verb_of_many=moves.run_now,
    sources=MOVES[Verb.RUN_NOW].sources,
    label=_("Run now"),
    of_selected=_("Run selected jobs now"),
    question=ngettext_lazy(
        "Run this job now?", "Run these %(count)d jobs now?", "count"
    ),
    effect=_("It no longer waits for its time, and runs as soon as a worker is free."),
    answer=ngettext_lazy("Yes, run it now", "Yes, run all %(count)d now", "count"),
    done=ngettext_lazy(
        "%(count)d job was queued to run now.",
        "%(count)d jobs were queued to run now.",
        "count",
    ),
    logged=_("Run before its time."),
)
DELETE: Final = Operation(
    name="delete",
    permission="delete_job",
    verb=shortcuts.delete_job,
    verb_of_many=moves.erase,
    sources=FINAL,
    label=_("Delete"),
    of_selected=_("Delete selected jobs"),
    question=ngettext_lazy("Delete this job?", "Delete these %(count)d jobs?", "count"),
    effect=_(
        "A deleted job is gone for good, with its records of attempts and its log. "
        "An idempotency key that it held can be used again."
    ),
    answer=ngettext_lazy("Yes, delete it", "Yes, delete all %(count)d", "count"),
    done=ngettext_lazy(
        "%(count)d job was deleted.", "%(count)d jobs were deleted.", "count"
    ),
    logged=_("Deleted."),
    is_deletion=True,
)
OPERATIONS: Final = {each.name: each for each in (CANCEL, REQUEUE, RUN_NOW, DELETE)}
