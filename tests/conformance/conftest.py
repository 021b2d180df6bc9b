from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.engine import Engine
from tests.conformance.on_django import django_stage
from tests.conformance.probes import MemoryProbe
from tests.conformance.stage import Stage

#: Only our tables are emptied after a test, which saves most of its time.
own_tables = pytest.mark.django_db(transaction=True, available_apps=["pyjobkit_django"])


@pytest.fixture(params=["memory", pytest.param("django", marks=own_tables)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "memory":
        memory = MemoryBackend()
        yield Stage(memory, MemoryProbe(memory))
        return
    async with django_stage() as stage:
        yield stage


@pytest.fixture
def backend(stage: Stage) -> QueueBackend:
    return stage.backend


@pytest.fixture
def engine(backend: QueueBackend) -> Engine:
    return Engine(backend=backend)
