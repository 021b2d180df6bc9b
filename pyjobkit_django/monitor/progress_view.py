"""Tells how far a job is to whoever has its token, and to staff that may see jobs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.monitor.progress import JobProgress, is_token_of

#: When a page asks again, in milliseconds: while the job runs, and while it waits.
RUNNING_MS, WAITING_MS = 1_000, 2_000

_PERMISSION: Final = "pyjobkit_django.view_job"


@never_cache
@require_GET
def job_progress(request: HttpRequest, job_id: UUID) -> JsonResponse:
    """Return the job's progress as JSON."""
    token = request.GET.get("token", "")
    # The token comes first: with one, nobody's session is looked up.
    if not is_token_of(job_id, token) and not _is_operator(request):
        raise PermissionDenied
    found = JobProgress.of(job_id)
    pause_ms = RUNNING_MS if found.status == JobStatus.RUNNING else WAITING_MS
    return JsonResponse({**found.as_json(), "pause_ms": pause_ms})


def _is_operator(request: HttpRequest) -> bool:
    user: Any = getattr(request, "user", None)
    return user is not None and user.is_staff and user.has_perm(_PERMISSION)
