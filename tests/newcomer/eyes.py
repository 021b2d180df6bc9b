"""What somebody sees of a job: in the database, and in the admin where it is shown there."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.newcomer.project import Project

JOBS_PAGE = "/admin/pyjobkit_django/job/"
_PATIENCE_S = 60.0

_ASKED = """
import json
from pyjobkit_django.models import Job
from pyjobkit_django.backends.orm.log_sink import read_log
jobs = [
    {"id": str(job.pk), "kind": job.kind, "status": job.status, "result": job.result,
     "log": [line.message for line in read_log(job.pk)]}
    for job in Job.objects.order_by("pk")
]
print(json.dumps(jobs))
"""


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job as the project's own database has it."""

    id: str
    kind: str
    status: str
    result: Any
    log: list[str]


def jobs_of(project: Project) -> list[SeenJob]:
    """Return the jobs of a project, oldest first."""
    return [SeenJob(**job) for job in json.loads(project.ask(_ASKED))]


def ended_jobs_of(project: Project, *, count: int = 1) -> list[SeenJob]:
    """Return the jobs once so many are there and all have ended."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        jobs = jobs_of(project)
        if len(jobs) >= count and all(
            job.status not in ("scheduled", "queued", "running") for job in jobs
        ):
            return jobs
        assert time.monotonic() < deadline, f"these have not ended: {jobs}"


class Admin:
    """Somebody who has logged in to the admin of a project that ``runserver`` serves."""

    def __init__(self, project: Project, *, username: str, password: str) -> None:
        self._browser = httpx.Client(
            base_url=f"http://127.0.0.1:{project.port}", follow_redirects=True
        )
        self._wait_until_served()
        self._browser.get("/admin/login/")
        token = self._browser.cookies["csrftoken"]
        login = {"username": username, "password": password, "next": "/admin/"}
        answer = self._browser.post(
            "/admin/login/", data={**login, "csrfmiddlewaretoken": token}
        )
        assert "Log out" in answer.text, answer.text

    def page(self, path: str) -> str:
        """Return a page that must be there."""
        answer = self._browser.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer}"
        return answer.text

    def job_pages(self, job_id: str) -> list[str]:
        """Return the list of jobs and the job's page."""
        return [self.page(JOBS_PAGE), self.page(f"{JOBS_PAGE}{job_id}/change/")]

    def close(self) -> None:
        self._browser.close()

    def _wait_until_served(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._browser.get("/admin/login/")
            except httpx.ConnectError:
                assert time.monotonic() < deadline, "the site is not served"
                time.sleep(0.05)
            else:
                return
