"""Parts of a job as files: masked and harmless like on a page, but whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from pyjobkit_django.monitor.log_pages import every_line
from pyjobkit_django.monitor.redaction import Redactor
from pyjobkit_django.monitor.text import visible

#: How much of a log is sent at a time, in characters.
CHUNK: Final = 65_536
PLAIN_TEXT: Final = "text/plain; charset=utf-8"


def text_file(name: str, text: str) -> HttpResponseBase:
    """Return ``text`` as a file to keep."""
    return HttpResponse(text, content_type=PLAIN_TEXT, headers=_headers(name))


def log_file(
    request: HttpRequest, job_id: UUID, redactor: Redactor
) -> HttpResponseBase:
    """Return the whole log as a file to keep, read while it is sent."""
    chunks = _chunks(job_id, redactor)
    # Django would gather all of a sync iterator in memory before it sends it by ASGI.
    by_asgi = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(
        _awaited(chunks) if by_asgi else chunks,
        content_type=PLAIN_TEXT,
        headers=_headers(f"job-{job_id}-log.txt"),
    )


def _headers(name: str) -> Mapping[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }


def _chunks(job_id: UUID, redactor: Redactor) -> Iterator[bytes]:
    chunk, size = [], 0
    for line in every_line(job_id):
        written = line.written_at.isoformat(timespec="milliseconds")
        text = visible(redactor.text(line.text))
        chunk.append(f"{written} v{line.version} {visible(line.stream)} {text}\n")
        size += len(text)
        if size > CHUNK:
            yield "".join(chunk).encode()
            chunk, size = [], 0
    yield "".join(chunk).encode()


async def _awaited(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk
