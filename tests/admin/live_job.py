"""What the page of a job is told."""

from __future__ import annotations

from typing import Any

from tests.admin import addresses

BRIEF = {"badge", "progress", "progress-parts", "timeline"}
WHOLE = {"why", "operations", "facts", "parts", "attempts"}


def told_of(client: Any, job_id: Any, **asked: str) -> Any:
    answer = client.get(addresses.job(job_id, "live"), asked)
    assert answer.status_code == 200
    return answer.json()
