"""The answer to a monitor that asks over HTTP."""

from __future__ import annotations

from typing import Any

from django.db import Error, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pyjobkit_django.monitor.health import findings

HEALTHY, UNHEALTHY = 200, 503


@transaction.non_atomic_requests
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 where jobs are being worked off, 503 with what stalls where not.

    Everybody gets the names of the findings; the sentences, which name kinds and queues,
    are for who may view workers.
    """
    found = findings()
    answer: dict[str, Any] = {
        "status": "unhealthy" if found else "healthy",
        "findings": [finding.name for finding in found],
    }
    if found and _may_view(request):
        answer["details"] = [finding.text for finding in found]
    return JsonResponse(answer, status=UNHEALTHY if found else HEALTHY)


def _may_view(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    try:
        return user is not None and user.has_perm("pyjobkit_django.view_workerrecord")
    except Error:
        # The database that does not answer may be the one that knows the users.
        return False
