"""What the list and the pages show of a job in a word, a bar or a time."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pyjobkit_django.admin.formats import rough_span, span, status_label
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.monitor.job_details import Timeline
from pyjobkit_django.monitor.text import visible

#: How much of an id a list shows, from its end.
ID_SHOWN: Final = 12


def name(job: Any) -> SafeString:
    """Return the kind with the end of the id beneath it; the beginning is a time."""
    return titled(job.kind, job.pk)


def titled(name: str, row_id: UUID) -> SafeString:
    """Return a dotted name with the end of the id beneath it."""
    return format_html(
        '<bdi class="pyjobkit-kind">{}</bdi>'
        ' <span class="pyjobkit-id" title="{}">…{}</span>',
        dotted(name),
        row_id,
        str(row_id)[-ID_SHOWN:],
    )


def dotted(name: str) -> SafeString:
    """Return a name that may go on in the next line behind each dot."""
    return format_html_join(
        format_html("{}<wbr>", "."),
        "{}",
        ((part,) for part in visible(name).split(".")),
    )


def badge(job: Any) -> SafeString:
    """Return the status, and that a running job was asked to stop."""
    word = status_label(job.status)
    if job.status == JobStatus.RUNNING and job.cancel_requested:
        word = _("%(status)s, to be cancelled") % {"status": word}
    return marked(JobStatus(job.status).value, word)


def marked(mark: str, word: str) -> SafeString:
    """Return a word on the ground that belongs to ``mark``."""
    return format_html('<span class="pyjobkit-badge pyjobkit-{}">{}</span>', mark, word)


def progress_bar(job: Any) -> SafeString | str:
    """Return how far a job is; nothing where it never said."""
    if job.progress is None or not math.isfinite(job.progress):
        return ""
    percent = round(max(0.0, min(1.0, job.progress)) * 100)
    return format_html(
        '<progress class="pyjobkit-progress" max="100" value="{}" aria-label="{}"></progress>'
        ' <span class="pyjobkit-percent">{} %</span>',
        percent,
        _("Progress"),
        percent,
    )


def tries(job: Any) -> str:
    """Return how many attempts were made, of how many."""
    return f"{job.attempts} / {job.max_attempts}"


def age(job: Any) -> SafeString:
    """Return for how long there has been such a job."""
    return moment(job.created_at, rough_span(job.now - job.created_at))


def duration(job: Any) -> str:
    """Return for how long a job has run, or ran."""
    return span(Timeline.of(job).ran)


def moment(when: datetime, text: str = "") -> SafeString:
    """Return a time, as ``text`` where that is given."""
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(timespec="milliseconds"),
        # Django's own formats take ten times as long, and a list has a hundred of these.
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        text or f"{local:%Y-%m-%d %H:%M:%S}",
    )


def selection_cell(job: Any) -> SafeString:
    """Return the cell of the box that selects a job."""
    return format_html('<td class="action-checkbox">{}</td>', selection_box(job))


def selection_box(job: Any) -> SafeString:
    """Return the box that selects a job; Django makes a form's widget for each."""
    return format_html(
        '<input type="checkbox" name="{}" value="{}" class="action-select"'
        ' aria-label="{}">',
        ACTION_CHECKBOX_NAME,
        job.pk,
        _("Select %(job)s") % {"job": visible(str(job))},
    )
