"""What the page of a job shows, ready to be written down: masked, visible, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pyjobkit_django.admin.columns import moment
from pyjobkit_django.admin.formats import json_text, span
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.monitor.job_details import JobDetails, Timeline
from pyjobkit_django.monitor.log_pages import Line
from pyjobkit_django.monitor.redaction import Redactor
from pyjobkit_django.monitor.text import Excerpt, excerpt, visible

#: The parts of a job that are JSON, by the name of their download.
PARTS: Mapping[str, tuple[str, str | Promise]] = {
    "payload": ("payload", gettext_lazy("Payload")),
    "result": ("result", gettext_lazy("Result")),
    "failure": ("failure", gettext_lazy("Failure")),
    "progress": ("progress_meta", gettext_lazy("Progress details")),
    "chain": ("chain", gettext_lazy("Steps that follow")),
    "webhooks": ("webhooks", gettext_lazy("Webhooks")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A titled text; ``name`` is that of its download."""

    name: str
    title: str
    shown: Excerpt

    @property
    def is_json(self) -> bool:
        """Whether the text is laid out as JSON is."""
        return self.name in PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One run that did not succeed."""

    number: int
    version: int
    worker: UUID | None
    finished: Any
    ran: str
    message: Excerpt
    traceback: Part | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of log as it is shown."""

    version: int
    at: Any
    stream: str
    shown: Excerpt

    @property
    def stream_class(self) -> str:
        """Which of the two styles of lines it has."""
        return "stderr" if self.stream == "stderr" else "stdout"


def value_of(job: Any, name: str, redactor: Redactor) -> Any:
    """Return the part of a job that is called ``name``, masked."""
    value = getattr(job, PARTS[name][0])
    if name == "webhooks" and value:
        return {word: redactor.url(url) for word, url in value.items()}
    return redactor.value(value)


def parts_of(
    job: Any, redactor: Redactor, names: Iterable[str] = tuple(PARTS)
) -> list[Part]:
    """Return the parts of a job that hold something, all of them or those of ``names``."""
    return [
        Part(name=name, title=str(PARTS[name][1]), shown=excerpt(json_text(value)))
        for name in names
        if (value := value_of(job, name, redactor)) not in (None, {}, [])
    ]


def why_of(job: Any, redactor: Redactor) -> Excerpt | None:
    """Return what made a job fail; nothing of one that did not, or that does not say."""
    if job.status not in {JobStatus.FAILED, JobStatus.TIMEOUT}:
        return None
    told = _told_by(job.failure)
    return excerpt(redactor.text(told), limit=500) if told else None


def attempts_of(details: JobDetails, redactor: Redactor) -> list[AttemptView]:
    """Return the attempts of a job."""
    return [
        AttemptView(
            number=attempt.attempt,
            version=attempt.version,
            worker=attempt.worker_id,
            finished=moment(attempt.finished_at),
            ran=span(_between(attempt.started_at, attempt.finished_at)),
            message=excerpt(redactor.text(_told_by(attempt.failure)), limit=500),
            traceback=_traceback(attempt, redactor),
        )
        for attempt in details.attempts
    ]


def lines_of(lines: Sequence[Line], redactor: Redactor) -> list[LineView]:
    """Return lines of log."""
    return [
        LineView(
            line.version,
            moment(line.written_at),
            visible(line.stream),
            excerpt(redactor.text(line.text)),
        )
        for line in lines
    ]


def facts_of(details: JobDetails) -> Iterator[tuple[str, Any]]:
    """Yield what is told of a job in a word each, with its title."""
    job = details.job
    yield _("Queue"), visible(job.queue)
    yield _("Priority"), str(job.priority)
    made = {"made": job.attempts, "max": job.max_attempts}
    yield _("Attempts"), _("%(made)d of %(max)d") % made
    if job.lost_runs:
        yield _("Runs lost with their worker"), str(job.lost_runs)
    if job.timeout_s is not None:
        yield _("Time limit"), span(timedelta(seconds=job.timeout_s))
    for title, text in (
        (_("Retry policy"), job.retry_policy),
        (_("Idempotency key"), job.idempotency_key),
        (_("Unique key"), job.unique_key),
    ):
        if text:
            yield title, visible(text)
    if job.shadow:
        yield _("Shadow"), _("its result is thrown away")
    yield _("Version"), str(job.version)


def timeline_of(job: Any) -> Iterator[tuple[str, Any]]:
    """Yield the moments of a job, and how long it waited and ran."""
    times = Timeline.of(job)
    is_retried = job.status == JobStatus.SCHEDULED and job.attempts
    for title, when in (
        (_("Created"), times.created),
        (_("Next attempt") if is_retried else _("Due"), times.due),
        (_("Started"), times.started),
        (_("Finished"), times.finished),
        (_("Lease until"), job.lease_until),
    ):
        if when is not None:
            yield title, moment(when)
    for title, lasted in (
        (_("Due in"), _until_due(job)),
        (_("Waited"), times.waited),
        (_("Ran"), times.ran),
    ):
        if lasted is not None:
            yield title, span(lasted)
    if job.attempts > 1:
        retries = job.attempts - 1
        told = ngettext("%(count)d time", "%(count)d times", retries)
        yield _("Retried"), told % {"count": retries}


def _until_due(job: Any) -> timedelta | None:
    if job.status != JobStatus.SCHEDULED or job.scheduled_for <= job.now:
        return None
    left: timedelta = job.scheduled_for - job.now
    return left


def _traceback(attempt: Any, redactor: Redactor) -> Part | None:
    if not attempt.traceback:
        return None
    return Part(
        name=f"traceback-{attempt.version}",
        title=_("Traceback"),
        shown=excerpt(redactor.text(attempt.traceback)),
    )


def _told_by(failure: Any) -> str:
    told = failure if isinstance(failure, dict) else {}
    text = told.get("message") or told.get("error") or ""
    kind = told.get("exception_type")
    return f"{kind}: {text}" if kind else str(text)


def _between(start: Any, end: Any) -> timedelta | None:
    return None if start is None or end is None else end - start
