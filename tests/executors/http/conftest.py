from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.executors import HTTPExecutor
from pyjobkit_django.executors.http.options import HTTPOptions
from tests.executors.http.fakes import Notes
from tests.executors.http.server import serving


@pytest.fixture
async def server():
    async with serving() as running:
        yield running


@pytest.fixture
def ctx():
    return Notes()


@pytest.fixture(scope="session")
def tls():
    """What every executor makes for itself by default; it takes 30 ms each time."""
    return HTTPOptions().tls()


@pytest.fixture
async def make(tls):
    """Make executors that are closed after the test."""
    made = []

    def build(**options):
        made.append(HTTPExecutor(**{"verify": tls, **options}))
        return made[-1]

    yield build
    for executor in made:
        await executor.close()


@pytest.fixture
def run(make, ctx):
    """Run a payload, by default in a new executor."""

    async def run_payload(payload, *, by=None, **options):
        executor = by or make(**options)
        return await executor.run(job_id=uuid4(), payload=payload, ctx=ctx)

    return run_payload


@pytest.fixture
def send(server, run):
    """Send a request to a path of the server and return the result."""

    async def send_request(path="/", *, by=None, options=None, **payload):
        given = {"url": server.url(path), **payload}
        return await run(given, by=by, **(options or {}))

    return send_request
