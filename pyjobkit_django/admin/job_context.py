"""What the templates of a job's page are given: what changes all the time, and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.admin.columns import badge, progress_bar
from pyjobkit_django.admin.job_page import (
    PARTS,
    Part,
    attempts_of,
    facts_of,
    parts_of,
    timeline_of,
    why_of,
)
from pyjobkit_django.monitor.job_details import MAX_ATTEMPTS, MAX_CHILDREN, JobDetails
from pyjobkit_django.monitor.progress import progress_text
from pyjobkit_django.monitor.redaction import Redactor
from pyjobkit_django.monitor.text import visible

#: The part that changes while a job runs.
_PROGRESS: Final = "progress"


def brief_context(job: Any, redactor: Redactor) -> Mapping[str, Any]:
    """Return what is shown of a job while it waits and runs."""
    return {
        "job": job,
        "badge": badge(job),
        "progress": progress_bar(job),
        "progress_text": progress_text(job, redactor),
        "progress_parts": _progress_parts(job, redactor),
        "timeline": list(timeline_of(job)),
    }


def whole_context(details: JobDetails, redactor: Redactor) -> Mapping[str, Any]:
    """Return what is shown of a job and changes with its moves only."""
    others = [name for name in PARTS if name != _PROGRESS]
    return {
        "why": why_of(details.job, redactor),
        "facts": list(facts_of(details)),
        "parts": parts_of(details.job, redactor, others),
        "attempts": attempts_of(details, redactor),
        "more_attempts": details.has_more_attempts and MAX_ATTEMPTS,
        "parent": _relative(details.parent),
        "children": [_relative(child) for child in details.children],
        "more_children": len(details.children) == MAX_CHILDREN,
    }


def seen_of(job: Any) -> str:
    """Return a word that changes whenever the job moves."""
    moved = (job.version, job.status, int(job.cancel_requested), job.max_attempts)
    return ".".join(map(str, moved))


def _progress_parts(job: Any, redactor: Redactor) -> list[Part]:
    text = (job.progress_meta or {}).get("text")
    # What the bar says already need not be said twice.
    is_told = job.progress_meta == {"text": text} and isinstance(text, str)
    return [] if is_told else parts_of(job, redactor, [_PROGRESS])


def _relative(job: Any) -> tuple[UUID, str, Any] | None:
    return None if job is None else (job.pk, visible(job.kind), badge(job))
