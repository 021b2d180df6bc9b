"""Send a notice through a job, receive it, list what came in."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from pyjobkit_django import aenqueue
from reports.models import Notice
from reports.notices import greeting, is_genuine, keep

#: How many notices the page shows.
LATEST = 20


@never_cache
@require_GET
def list_notices(request: HttpRequest) -> HttpResponse:
    """List the notices that came in, newest first."""
    return render(
        request,
        "reports/notices.html",
        {
            "notices": Notice.objects.all()[:LATEST],
            "can_sign": bool(settings.WEBHOOK_SECRET),
        },
    )


@require_POST
async def send_notice(request: HttpRequest) -> HttpResponse:
    """Have a worker send a signed notice to this site."""
    # One at a time: while a notice is on its way, another click joins it.
    await aenqueue("http", greeting(), unique_key="reports.greeting", max_attempts=3)
    messages.success(request, "A notice is on its way; a worker delivers it.")
    return redirect("reports:notices")


@csrf_exempt
@require_POST
def receive_notice(request: HttpRequest) -> JsonResponse:
    """Keep a notice that was signed with our secret, refuse every other."""
    if not is_genuine(request.body, request.headers):
        return JsonResponse({"error": "the signature is missing or wrong"}, status=403)
    try:
        keep(request.body)
    except ValueError:
        return JsonResponse({"error": "send a JSON object"}, status=400)
    return JsonResponse({"kept": True})
