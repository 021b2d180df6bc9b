from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncRequestFactory

from pyjobkit_django.admin import downloads
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.monitor.redaction import site_redactor
from tests.admin import addresses
from tests.admin.scenes import job_of, log
from tests.marks import committed


@pytest.mark.django_db
def test_a_long_log_is_sent_in_chunks(root, monkeypatch):
    monkeypatch.setattr(downloads, "CHUNK", 30)
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, *(f"line {number:03}" for number in range(100)))

    chunks = list(root.get(addresses.job(job_id, "download", "log")))

    assert len(chunks) == 26
    lines = b"".join(chunks).decode().splitlines()
    assert [line[-8:] for line in lines] == [
        f"line {number:03}" for number in range(100)
    ]
    assert " v1 stdout line 000" in lines[0]


@committed
async def test_a_log_is_sent_in_chunks_by_asgi_too(monkeypatch):
    monkeypatch.setattr(downloads, "CHUNK", 30)

    def stored():
        job_id = job_of(JobStatus.RUNNING)
        log(job_id, *["line"] * 100)
        return job_id

    job_id = await sync_to_async(stored)()
    request = AsyncRequestFactory().get("/")

    response = downloads.log_file(request, job_id, site_redactor())

    chunks = [chunk async for chunk in response]
    assert len(chunks) > 10
    assert b"".join(chunks).count(b"line") == 100
    await sync_to_async(connections.close_all)()
