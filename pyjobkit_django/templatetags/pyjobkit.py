"""``{% load pyjobkit %}{% job_progress job %}``: a bar that moves by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from pyjobkit_django.ids import job_id_of
from pyjobkit_django.monitor.progress import JobProgress, progress_token

register = template.Library()


@register.inclusion_tag("pyjobkit_django/job_progress.html", takes_context=True)
def job_progress(context: Context, job: Any, label: str = "") -> dict[str, Any]:
    """Show how far a job is: a bar, its status and its text, which move by themselves.

    ``job`` is a job, what ``get_job`` returns, or an id; ``label`` names the bar to those
    who do not see it. Whoever gets the page may ask about this job for a week. At the end
    the element fires ``pyjobkit:ended``.
    """
    job_id = _id_of(job)
    return {
        "found": JobProgress.of(job_id),
        "address": f"{_address(context, job_id)}?{_token(job_id)}",
        "name": label,
        "csp_nonce": context.get("csp_nonce"),
    }


def _id_of(job: Any) -> UUID:
    if isinstance(job, Mapping):
        job = job["id"]
    return job_id_of(getattr(job, "pk", job))


def _token(job_id: UUID) -> str:
    return urlencode({"token": progress_token(job_id)})


def _address(context: Context, job_id: UUID) -> str:
    request = context.get("request")
    try:
        return reverse(
            "pyjobkit:job-progress",
            args=[job_id],
            current_app=getattr(request, "current_app", None),
        )
    except NoReverseMatch as error:
        raise ImproperlyConfigured(
            '{% job_progress %} needs path("jobs/", include("pyjobkit_django.urls")) in '
            "the site's URLs"
        ) from error
