"""How far a job is, as a page that is not the admin's may show it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.monitor.job_details import job_in_brief
from pyjobkit_django.monitor.redaction import Redactor, site_redactor
from pyjobkit_django.monitor.status_labels import status_label
from pyjobkit_django.monitor.text import excerpt

#: How much of a progress's text is shown, in characters.
MAX_TEXT: Final = 200
#: For how long a token that a page carries lets it ask, in seconds.
TOKEN_AGE_S: Final = 7 * 86_400
#: The status of a job that is not there.
GONE: Final = "gone"

_SALT: Final = "pyjobkit_django.progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """A job's status and how far it is: ``progress`` from 0 to 1, None where it is unknown.

    ``text`` is what its run said of that, ``label`` the status in the reader's language.
    """

    job: UUID
    status: str
    label: str
    progress: float | None
    text: str
    ended: bool

    @classmethod
    def of(cls, job_id: UUID) -> Self:
        """Return how far the job is; its status is ``gone`` where there is none."""
        job = job_in_brief(job_id)
        if job is None:
            return cls(
                job=job_id,
                status=GONE,
                label=_("no longer there"),
                progress=None,
                text="",
                ended=True,
            )
        return cls(
            job=job_id,
            status=job.status,
            label=status_label(job.status),
            progress=_fraction(job),
            text=progress_text(job, site_redactor()),
            ended=job.status in FINAL,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as its page's script reads it."""
        names = ("status", "label", "progress", "text", "ended")
        return {"job": str(self.job), **{name: getattr(self, name) for name in names}}


def progress_text(job: Any, redactor: Redactor) -> str:
    """Return what a run said of its progress in words, in one line."""
    text = (job.progress_meta or {}).get("text")
    if not isinstance(text, str):
        return ""
    return excerpt(redactor.text(text).replace("\n", " "), limit=MAX_TEXT).text


def progress_token(job_id: UUID) -> str:
    """Return what lets whoever has it ask how far this one job is, for a week."""
    return signing.TimestampSigner(salt=_SALT).sign(job_id.hex)


def is_token_of(job_id: UUID, token: str) -> bool:
    """Tell whether a token is for this job, of ours, and young enough."""
    signer = signing.TimestampSigner(salt=_SALT)
    try:
        return signer.unsign(token, max_age=TOKEN_AGE_S) == job_id.hex
    except signing.BadSignature:
        return False


def _fraction(job: Any) -> float | None:
    if job.status == JobStatus.SUCCESS:
        return 1.0
    if job.progress is None or not math.isfinite(job.progress):
        return None
    return float(max(0.0, min(1.0, job.progress)))
