"""Enqueues a job anew, perhaps with another payload; its kind stays."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from pyjobkit_django.admin.formats import json_text
from pyjobkit_django.admin.live_job import LiveJobAdmin, not_there
from pyjobkit_django.admin.order_executor import KIND
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.redaction import MASK, site_redactor
from pyjobkit_django.monitor.text import escaped, visible
from pyjobkit_django.shortcuts import enqueue

PERMISSION: Final = "clone_job"
#: What a clone takes over besides kind and payload. Keys belong to one job; the steps that
#: follow, and the webhooks, to what was enqueued with it.
COPIED: Final = (
    *(
        "queue",
        "priority",
        "max_attempts",
        "timeout_s",
        "retry_policy",
        "tags",
        "shadow",
    ),
)


class CloningAdmin(LiveJobAdmin):
    """Shows the payload to be edited, with secrets masked, and enqueues what comes back."""

    def may_clone(self, request: HttpRequest, job: Any) -> bool:
        """Tell whether the user may clone this job; what was ordered is ordered anew."""
        return self.may(request, PERMISSION) and job.kind != KIND

    def clone_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the payload; on POST enqueue the clone."""
        job_id = self.viewed(request, object_id)
        if not self.may(request, PERMISSION):
            raise PermissionDenied
        job = Job.objects.using(jobs_alias()).filter(pk=job_id).first()
        if job is None:
            raise not_there(job_id)
        if not self.may_clone(request, job):
            raise PermissionDenied
        shown = site_redactor().value(job.payload)
        text = request.POST.get("payload", escaped(json_text(shown)))
        fault = ""
        if request.method == "POST":
            try:
                clone_id = _cloned(job, _payload(text, shown, job.payload), request)
            except ValueError as error:
                fault = visible(str(error))
            else:
                messages.success(request, _("Enqueued anew; this is the new job."))
                return HttpResponseRedirect(self.address("job_change", clone_id))
        context = {
            "title": _("Clone %(kind)s") % {"kind": visible(job.kind)},
            "kind": visible(job.kind),
            "job": job,
            "text": text,
            "fault": fault,
            "is_masked": MASK in json_text(shown),
        }
        return self.page(request, "clone.html", context)


def _payload(text: str, shown: Any, stored: Any) -> Any:
    """Return the payload that a text means; ValueError says why it cannot be taken."""
    try:
        payload = json.loads(text)
    except RecursionError:
        raise ValueError(_("This is nested too deeply.")) from None
    except ValueError as error:
        told = _("This is not JSON: %(error)s") % {"error": error}
        raise ValueError(told) from None
    if payload == shown:
        return stored
    # Put back by itself, a secret could be sent to wherever the rest now says.
    if MASK in json_text(payload):
        told = _("A changed payload takes over no masked values: write them anew.")
        raise ValueError(told)
    return payload


def _cloned(job: Any, payload: Any, request: HttpRequest) -> UUID:
    user: Any = request.user
    options = {name: getattr(job, name) for name in COPIED}
    with transaction.atomic(using=jobs_alias()):
        clone_id = enqueue(job.kind, payload, **options)
        clone = Job(pk=clone_id, kind=job.kind)
        # Kept untranslated, as Django keeps its own: others read it than who acts.
        told = f"Cloned from {job.pk}."
        LogEntry.objects.log_actions(user.pk, [clone], ADDITION, told)
    return clone_id
